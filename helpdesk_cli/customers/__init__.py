"""Noun. Pure. Who asks: customers, their organisations, and what they are to this desk."""
