"""Personal data out of texts: placeholders in square brackets that keep the sentence readable.

One small file per family of identifiers; `redactor.py` runs them and settles overlaps.
"""

from nlp.redaction.redactor import MASKING_VERSION, Masked, Redactor
from nlp.redaction.spans import KINDS, PLACEHOLDER

__all__ = ["KINDS", "MASKING_VERSION", "PLACEHOLDER", "Masked", "Redactor"]
