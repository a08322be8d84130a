"""Runs the recognizers, settles overlaps, writes the placeholders."""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from nlp.cleaning.characters import visible
from nlp.redaction import bank, contact, identity, network, place, plate, reference
from nlp.redaction.spans import PLACEHOLDER, Span, folded

MASKING_VERSION = "1"
_MOST_ROUNDS = 6  # one round masks, the next finds nothing; more only in texts made to trick
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_BARE_DIGITS = re.compile(r"\d+")
_SHORTEST_REST = 8


class Masked(NamedTuple):
    """A masked text and how many identifiers of each kind were masked in it, such as `{"EMAIL": 1}`."""

    text: str
    counts: dict[str, int]


class Redactor:
    """Masks what identifies a person by its structure (level `structured`); names need another level."""

    def __init__(self, pseudonym: Callable[[str], str] | None = None) -> None:
        """`pseudonym`: a keyed function from a reference (`A123456`) to a short hexadecimal or small-letter word.

        The same reference then always gives the same `[ORDER:…]`. Without it references become `[ORDER]`.
        """
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
    seen = folded(text)
    spans = list(_candidates(seen))
    if not spans:
        return []
    taken = [Span(*found.span(), "") for found in PLACEHOLDER.finditer(seen)] if "[" in seen else []
    return [span for span in _settle(spans, taken) if span.kind]


def _candidates(text: str) -> Iterator[Span]:
    """From the surest to the least sure; the number of digits decides what is worth looking for."""
    yield from network.links(text)
    yield from contact.emails(text)
    digits = sum(map(text.count, "0123456789"))
    if digits == 0:
        if "::" in text:
            yield from network.addresses(text)
        return
    if digits >= 7:
        yield from bank.ibans(text)
        yield from identity.nirs(text)
        yield from identity.sirets(text)
        yield from bank.cards(text)
    if digits >= 3:
        yield from identity.births(text)
        yield from identity.documents(text)
        yield from plate.plates(text)
        yield from reference.references(text)
    if digits >= 7:
        yield from contact.phones(text)
    yield from place.streets(text)
    yield from network.addresses(text)
    yield from bank.secrets(text)


def _settle(candidates: Iterable[Span], taken: list[Span]) -> list[Span]:
    """Of overlapping spans the first one given stays; a later one keeps what stands in front of it."""
    kept = sorted(taken)
    for span in candidates:
        at = bisect(kept, span)
        if at and kept[at - 1].end > span.start:
            continue
        if at < len(kept) and kept[at].start < span.end:
            span = span._replace(end=kept[at].start)
            if span.end - span.start < _SHORTEST_REST:
                continue
        if span.start < span.end:
            kept.insert(at, span)
    return kept


def _without_digits(text: str) -> str:
    """The last resort for a text that never settles: safe rather than readable."""
    return _BARE_DIGITS.sub("[NUMBER]", text.replace("@", " "))
