"""What a bay owns in OpenStack, also beyond its state."""
