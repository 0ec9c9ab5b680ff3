"""Noun. Pure. What happens to tickets by itself: rules, when they hold, and what they do."""
