"""What `desk doctor` looks at, one subject a file. Verbs' floor: looks, and changes nothing."""
