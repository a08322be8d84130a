"""One reader per kind of feed, all yielding the same items and passing one contract suite."""
