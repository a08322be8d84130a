"""Cleaning: what the customer wrote, and nothing that machines, mail clients or encodings added.

`readable` makes any text plain (encoding, HTML, characters) and drops no words; `clean` then drops quoted
replies, signatures and footers, and says what is no feedback at all. Cleaning a cleaned text changes nothing.
"""

from nlp.cleaning.clean import CLEANING_VERSION, Cleaned, clean, readable

__all__ = ["CLEANING_VERSION", "Cleaned", "clean", "readable"]
