"""Pages of figures in HTML: whole in one file, without scripts, with nothing loaded from anywhere."""
