"""Noun. Pure. Knows errors and values. Service levels: calendars, targets, and how a person says them."""
