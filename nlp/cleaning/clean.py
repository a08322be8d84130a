"""The way of a text through cleaning, repeated until nothing changes any more."""

from collections.abc import Callable
from typing import NamedTuple

from nlp.cleaning import html
from nlp.cleaning.characters import tidy, whole
from nlp.cleaning.encoding import LOST, mend
from nlp.cleaning.machine import nothing_left, skip_reason
from nlp.cleaning.mail import own_words

CLEANING_VERSION = "1"
_MOST_ROUNDS = 12  # real texts need one or two


class Cleaned(NamedTuple):
    """A cleaned text.

    Attributes:
        text: what is left; empty when `skip` is `empty`.
        skip: why the text is no feedback to score: `auto_reply`, `machine_written`, `empty`; else None.
        flags: what was done or found, sorted: `forwarded`, `html`, `legal_footer`, `lost_characters`,
            `mojibake`, `quoted_reply`, `signature`.
    """

    text: str
    skip: str | None
    flags: tuple[str, ...]


def clean(text: str) -> Cleaned:
    """What the customer wrote, cleaned. Never raises, and cleaning its `text` again changes nothing."""
    plain, flags = readable(text)
    return strip(plain, flags)


def strip(plain: str, flags: tuple[str, ...] = ()) -> Cleaned:
    """The second half of `clean`, for a text that is already readable (and, on the nightly way, masked)."""
    skip = skip_reason(plain)
    if skip:
        return Cleaned(plain, skip, flags)
    found = set(flags)
    words = own_words(plain, found)
    if words != plain:
        words = _settle(words, lambda current: own_words(readable(current)[0], found))
        skip = skip_reason(words)
    if nothing_left(words):
        return Cleaned("", "empty", tuple(sorted(found)))
    return Cleaned(words, skip, tuple(sorted(found)))


def readable(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` in plain characters, no words dropped; and the flags of what was mended."""
    found: set[str] = set()
    plain = _settle(text, lambda current: _plain_once(current, found))
    if LOST in plain:
        found.add("lost_characters")
    return plain, tuple(sorted(found))


def _plain_once(text: str, found: set[str]) -> str:
    text = whole(text)
    mended = mend(text)
    if mended != text:
        found.add("mojibake")
    if html.looks_like_html(mended):
        found.add("html")
        mended = html.to_text(mended)
    resolved = html.entities(mended)
    return tidy(mend(resolved) if resolved != mended else mended)


def _settle(text: str, step: Callable[[str], str]) -> str:
    """`step` repeated until it changes nothing; a text made never to settle counts as empty."""
    for _ in range(_MOST_ROUNDS):
        after = step(text)
        if after == text:
            return text
        text = after
    return ""
