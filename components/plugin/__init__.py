"""The Bay as a component of Pulumi that programs in any language use: a plugin, with its schema."""
