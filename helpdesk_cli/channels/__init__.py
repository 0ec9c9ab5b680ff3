"""Edge. Knows mail and tickets. Where mail comes from; reads the files of others and changes none."""
