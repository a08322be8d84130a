"""What is kept for how long, and one customer's rights: erasure, access, retention."""
