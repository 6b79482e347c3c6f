"""From a spec to a Pulumi stack: the program that the `bay` command and `pulumi up` share."""
