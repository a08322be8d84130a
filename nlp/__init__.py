"""Text in, labelled scores out: cleaning, masking, language, and the model."""
