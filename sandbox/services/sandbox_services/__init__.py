"""Runs OpenStack's services in their own environment; started by bay.sandbox, which it does not import."""
