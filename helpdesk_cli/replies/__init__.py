"""Noun. Pure. Knows tickets. Reply templates and articles: what they may say, what fills them, which fits."""
