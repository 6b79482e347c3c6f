"""Magnum's cluster templates, as models."""
