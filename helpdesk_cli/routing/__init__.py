"""Noun. Pure. Knows values. Whose turn it is: agents, their room and skills, and the path upwards."""
