"""Sources behind an API: `rest`, which needs no code for a new one, and vendors whose protocol does."""
