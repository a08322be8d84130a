"""Schema changes, one file each, oldest first; written by hand and never changed once released."""
