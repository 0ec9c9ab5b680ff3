"""Verbs: the public Python API. Knows every floor below; never typer, print or sys."""
