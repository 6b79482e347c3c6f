"""What else ends with a bay than what its state knows, what is kept of it, and what is in the way."""
