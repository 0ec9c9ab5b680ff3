"""Noun. Pure. Knows tickets. What a mail says and what kind of mail it is."""
