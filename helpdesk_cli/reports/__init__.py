"""Reports: what the tickets of a desk come to. Each module here is one; what they share is in `figures`."""
