"""A text on its way in: made readable, masked, cleaned. The only door by which texts come to be stored or scored.

Order matters. Masking first would miss `jean&#64;exemple.fr`, numbers cut by soft hyphens or written in full-width
digits; so the text is first made readable (encoding, HTML, entities, characters; no words dropped), then masked
once: that is the masked original. Quotes, signatures and footers are then taken out of the masked text.
"""

import re
from typing import NamedTuple

from nlp.cleaning import CLEANING_VERSION
from nlp.cleaning.clean import readable, strip
from nlp.redaction import MASKING_VERSION, Redactor

INTAKE_VERSION = f"cleaning {CLEANING_VERSION}, masking {MASKING_VERSION}"
_PSEUDONYM = re.compile(r"\[ORDER:[a-z]+\]")


class Prepared(NamedTuple):
    """One text in both forms that may be stored.

    Attributes:
        masked: the masked original: all the customer's text incl. quotes and signature, in plain characters.
        clean: what is scored; empty when `skip` is `empty`. References are plain `[ORDER]` here, so that equal
            sentences stay equal; the pseudonyms stand in `masked`.
        skip: why it is not scored (`auto_reply`, `machine_written`, `empty`), or None.
        flags: what cleaning did or found, sorted.
        counts: identifiers masked, by kind.
    """

    masked: str
    clean: str
    skip: str | None
    flags: tuple[str, ...]
    counts: dict[str, int]


def prepare(text: str, redactor: Redactor | None) -> Prepared:
    """Both forms of `text`; nothing identifying of the kinds that `redactor` knows is left in either.

    With `redactor` None (sources whose owner must keep the original) only cleaning is done. Never raises.
    """
    plain, flags = readable(text)
    masked, counts = redactor.mask(plain) if redactor else (plain, {})
    cleaned = strip(masked, flags)
    words = cleaned.text
    if redactor and words != masked:  # taking lines out may bring two halves of a number together
        words, more = redactor.mask(words)
        counts = {kind: counts.get(kind, 0) + more.get(kind, 0) for kind in counts | more}
    if "[ORDER:" in words:
        words = _PSEUDONYM.sub("[ORDER]", words)
    return Prepared(masked, words, cleaned.skip, cleaned.flags, counts)


def mask_attribute(value: str, redactor: Redactor | None) -> str:
    """A short metadata string (a subject, a tag, a city) in plain characters and masked."""
    plain = readable(value)[0]
    return redactor.mask(plain).text if redactor else plain
