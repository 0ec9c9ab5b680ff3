"""Noun. Knows tickets. Whose turn it is: agents, their room and skills, and the path upwards."""
