"""The follow-up policy as pure functions."""
