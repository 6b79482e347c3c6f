"""What a change of a bay would do: the plan, its dangers, and how it is shown."""
