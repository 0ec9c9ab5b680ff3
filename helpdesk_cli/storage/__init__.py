"""Edge. Knows tickets and mail. The only code that reads and writes a desk's files, its git and its index."""
