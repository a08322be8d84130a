"""What people say of tags: taken in from a file, shown, held against the models, given out for training."""
