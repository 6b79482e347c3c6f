"""Entry of the plugin where Pulumi starts it from this folder, as PulumiPlugin.yaml says."""

from bay.components.plugin.component import main

main()
