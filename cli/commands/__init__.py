"""The commands, a file each or a few of one kind; heavy imports happen inside them."""
