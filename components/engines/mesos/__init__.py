"""Mesos with Marathon."""
