"""Runs OpenStack's services in their own environment; started by bay.sandbox, which it does not import.

mypy runs in bay's environment and finds none of their packages: the modules that import them say so at their top.
"""
