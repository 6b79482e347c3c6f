"""What a person sees: formats, progress, tables."""
