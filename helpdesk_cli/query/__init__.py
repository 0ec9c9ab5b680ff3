"""Noun. Pure. Knows tickets. One language in which tickets are asked for, and two ways to answer."""
