"""The Pulumi program of a bay, which `bay` and plain `pulumi up` share."""
