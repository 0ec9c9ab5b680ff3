"""What `desk fsck` looks at, one subject a file. Verbs' floor: reads the desk, changes nothing."""
