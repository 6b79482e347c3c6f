"""What a change of a bay would do: made, judged, saved."""
