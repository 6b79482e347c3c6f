"""placement.conf."""

from bay.sandbox.config.common import Sections, Settings, authtoken, database


def placement(settings: Settings) -> Sections:
    """Candidates in random order, so that servers spread over the compute hosts."""
    return {
        "api": {"auth_strategy": "keystone"},
        "placement": {"randomize_allocation_candidates": True},
        "placement_database": database(settings, "placement"),
        **authtoken(settings, "placement"),
    }
