"""The `bay` command: a typer front-end that makes one Pulumi stack a bay."""
