"""Noun. Pure. Knows only errors. A ticket, its entries, its changes, its merge."""
