"""Runs the recognizers, settles overlaps, writes the placeholders."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from nlp.cleaning.characters import visible
from nlp.redaction import bank, contact, identity, network, place, reference
from nlp.redaction.spans import PLACEHOLDER, Span, folded

MASKING_VERSION = "1"
_MOST_ROUNDS = 6  # one round masks, the next finds nothing; more only in texts made to trick
_DIGIT = re.compile(r"\d")
_MANY_DIGITS = re.compile(r"\d(?:[^\w\n]{0,4}[A-Za-z]?[^\w\n]{0,2}\d){5}")
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_BARE_DIGITS = re.compile(r"\d+")

# In order of right: where two overlap, the earlier one wins.
_LONG_NUMBERS = (bank.ibans, bank.cards, identity.nirs, identity.documents, identity.sirets, identity.births)
_NUMBERS = (place.streets, identity.plates, network.addresses)


class Masked(NamedTuple):
    """A masked text and how many identifiers of each kind were masked in it, such as `{"EMAIL": 1}`."""

    text: str
    counts: dict[str, int]


class Redactor:
    """Masks what identifies a person by its structure (level `structured`); names need another level.

    Args:
        pseudonym: keyed function from a reference (`A123456`) to a short hexadecimal or lower-case word; the
            same reference then always gives the same `[ORDER:…]`. Without it references become `[ORDER]`.
    """

    def __init__(self, pseudonym: Callable[[str], str] | None = None) -> None:
        self._pseudonym = pseudonym

    def mask(self, text: str) -> Masked:
        """`text` with placeholders. Never raises; masking a masked text changes nothing."""
        counts: Counter[str] = Counter()
        text = visible(text)
        for _ in range(_MOST_ROUNDS):
            spans = find(text)
            if not spans:
                return Masked(text, dict(counts))
            counts.update(span.kind for span in spans)
            text = self._replace(text, spans)
        return Masked(_without_digits(text), dict(counts))

    def _replace(self, text: str, spans: list[Span]) -> str:
        parts, at = [], 0
        for span in spans:
            parts += [text[at : span.start], self._placeholder(span)]
            at = span.end
        return "".join((*parts, text[at:]))

    def _placeholder(self, span: Span) -> str:
        if span.kind != "ORDER" or self._pseudonym is None:
            return f"[{span.kind}]"
        # Letters only: digits of a pseudonym must never look like a number to mask, or be one.
        letters = re.sub(r"[^a-z]", "", self._pseudonym(span.value).lower().translate(_LETTERS))
        return f"[ORDER:{letters[:32]}]" if letters else "[ORDER]"


def find(text: str) -> list[Span]:
    """The identifiers of `text`, from left to right, without overlaps and none inside a placeholder."""
    if not (
        "@" in text
        or _DIGIT.search(text)
        or "://" in text
        or "www." in text
        or "(" in text
        or "[" in text
        or "arobas" in text
    ):
        return []
    seen = folded(text)
    taken: list[Span] = (
        [Span(*found.span(), "") for found in PLACEHOLDER.finditer(seen)] if "[" in seen else []
    )
    return sorted(span for span in _settle(_candidates(seen), taken) if span.kind)


def _candidates(text: str) -> Iterator[Span]:
    """From the surest to the least sure; cheap looks at the text before expensive ones."""
    if "://" in text or "www." in text or "/" in text:
        yield from network.links(text)
    yield from contact.emails(text)
    if not _DIGIT.search(text):
        return
    if _MANY_DIGITS.search(text):
        for recognizer in _LONG_NUMBERS:
            yield from recognizer(text)
    else:
        yield from identity.births(text)
    yield from reference.references(text)
    if _MANY_DIGITS.search(text):
        yield from contact.phones(text)
    for recognizer in _NUMBERS:
        yield from recognizer(text)


def _settle(candidates: Iterable[Span], taken: list[Span]) -> list[Span]:
    """Of overlapping spans the first one given stays."""
    kept = list(taken)
    for span in candidates:
        if span.start < span.end and all(
            span.end <= other.start or other.end <= span.start for other in kept
        ):
            kept.append(span)
    return kept


def _without_digits(text: str) -> str:
    """The last resort for a text that never settles: safe rather than readable."""
    return _BARE_DIGITS.sub("[NUMBER]", text.replace("@", " "))
