"""What a bay is made of: Pulumi components, and the plain data they are built from.

A program of one's own imports the parts from their modules, for example
``from bay.components.bay import Bay``; nothing is imported here, so that the
pulumi-free parts (``spec``, ``engines``, ``cloudinit``) stay cheap.
"""
