"""The running cluster: readiness, health, quorum."""
