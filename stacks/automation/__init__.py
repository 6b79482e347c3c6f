"""Pulumi itself: its process, its Automation API, its errors; the only place that knows their quirks."""
