"""E-mail addresses and phone numbers."""

import re
from collections.abc import Iterator

import phonenumbers

from nlp.redaction.spans import Span, before

_DOMAIN = re.compile(r"@(?:[\w-]{1,63}\.){1,6}(?:[a-z]{2,24}|[A-Z]{2,24}|[^\W\d_]{2,24})")
_PROVIDERS = (
    "gmail|googlemail|hotmail|outlook|yahoo|ymail|orange|wanadoo|free|sfr|laposte|live|icloud|bbox|neuf|numericable"
    "|msn|gmx|web|aol|protonmail|proton|libero|me"
)
# People type a blank around the sign, or forget the dot: only then does the provider's name decide.
_LOOSE_DOMAIN = re.compile(
    rf"@\s?(?:{_PROVIDERS})\s?[.,]\s?(?:com|fr|net|org|de|it|es|be|ch|co\.uk|me)\b|@(?:{_PROVIDERS})(?:com|fr)\b",
    re.IGNORECASE,
)
_SPELT_HINT = re.compile(r"[\[({]\s?(?:at|a|@|arobase?)\s?[\])}]|\barobase?\b", re.IGNORECASE)
_SPELT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}\s?(?:[\[({]\s?(?:at|arobase|arobas|a|@)\s?[\])}]|\sarobase?\s)\s?"
    r"(?:[\w-]{1,63}(?:\.|\s?[\[({]\s?(?:dot|point|\.)\s?[\])}]\s?|\s(?:dot|point)\s)){1,5}[a-z]{2,24}\b",
    re.IGNORECASE,
)
_LOCAL = frozenset(".!#$%&'*+/=?^_{|}~-")


def emails(text: str) -> Iterator[Span]:
    """Addresses, also with blanks around the sign (known providers) or spelt out: « jean [at] exemple.fr »."""
    if "@" in text:
        for pattern in (_DOMAIN, _LOOSE_DOMAIN):
            for found in pattern.finditer(text):
                start = _local_start(text, found.start(), loose=pattern is _LOOSE_DOMAIN)
                if start < found.start():
                    yield Span(start, found.end(), "EMAIL")
    if (
        "(" in text or "[" in text or "robas" in text or "ROBAS" in text or "{" in text
    ) and _SPELT_HINT.search(text):
        for found in _SPELT.finditer(text):
            yield Span(found.start(), found.end(), "EMAIL")


def _local_start(text: str, sign: int, *, loose: bool) -> int:
    """Where the part before the `@` at `sign` begins; `sign` where there is none."""
    end = sign - 1 if loose and text[sign - 1 : sign] == " " else sign
    start, lowest = end, max(0, end - 64)
    while start > lowest and (text[start - 1].isalnum() or text[start - 1] in _LOCAL):
        start -= 1
    while start < end and not text[start].isalnum():  # punctuation in front of an address is not part of it
        start += 1
    return start if start < end else sign


_GAP = r"[\s.\-/_·,]{0,2}"
_FRENCH = re.compile(
    rf"(?<![\d+])(?<!\d[/.])(?:\(?(?:\+|00)\s?33\)?[\s.\-]{{0,2}}(?:\(0\)|0)?[\s.\-]{{0,2}}|\(?33\)?\s?(?:\(0\)\s?)?"
    rf"|\(?0\s?|(?<!\w)O(?=[67]))[1-9]\)?(?:{_GAP}\d\d){{4}}(?!\d|[\s.,]?\d{{0,2}}\s?(?:€|eur))",
    re.IGNORECASE,
)
# 06 123 456 78, 0612 345 678, 06 1234 5678
_FRENCH_ODD = re.compile(
    r"(?<![\d+.,])0[1-9](?:(?:[ .-]\d{3}){2}[ .-]\d\d|\d\d(?:[ .-]\d{3}){2}|[ .-]\d{4}[ .-]?\d{4}"
    r"|\d[ .-]\d\d[ .-]\d\d[ .-]\d{3})(?!\d)"
)
_ABROAD = re.compile(r"(?<![\w+])(?:\+|00)\s?[1-9](?:[\s.\-/()]{0,3}\d){6,14}(?!\d)")
_NORTH_AMERICA = re.compile(
    r"(?<![\d.,+-])(?:1[-. ])?\(?[2-9]\d\d\)?[-. ]{1,2}[2-9]\d\d[-. ]\d{4}(?!\d|[-.,]\d)"
)
_BRITISH = re.compile(
    r"(?<![\d+])\(?0(?:7\d{3}\)?[ -]?\d{3}[ -]?\d{3}|[12]\d{2}\)?[ -]\d{3}[ -]?\d{4}"
    r"|2\d\)?[ -]\d{4}[ -]?\d{4}|1\d{3}\)?[ -]\d{5,6}|800[ -]\d{3}[ -]?\d{3,4})(?!\d)"
)
_RUN = re.compile(r"(?<![\w+])[+(]?\d(?:[\s.\-/()]{0,2}\d){6,14}(?!\d|\s?(?:€|eur|%))", re.IGNORECASE)
_WORD_BEFORE = re.compile(
    r"\b(?:t[ée]l(?:[ée]phone)?s?|portables?|port|mobiles?|phones?|cell|fixe|fax|gsm|whats ?app|sms"
    r"|joignables?|(?:r?appele[rz]|joindre|contacte[rz])(?:[ -](?:moi|nous|le|la))?"
    r"|call(?: me)?(?: back)?|reach me|ring me|telefon(?:nummer)?|handy(?:nummer)?|rufnummer"
    r"|tel[ée]fono|m[óo]vil|cellulare|unter|reachable|phone number|num[ée]ro de t[ée]l[ée]phone)\b\.?"
    r"(?:\s?(?:est|is|ist|es|è|le|au|on|at|sur|mon|du|de|my|al|el|il|n[°ºo]|num[ée]ro|number|nummer|no|nr)\b\.?){0,4}"
    r"[^\w\n+(]{0,4}$"
)
_VERSION = re.compile(r"\d{1,2}\.\d{1,2}\.\d{1,6}\.\d{1,4}$|\d+\.\d(?!\d)")
_DATE = re.compile(
    r"(?<!\d)\d{1,2}([/. -])\d{1,2}\1(?:19|20)\d\d(?!\d)|(?<!\d)(?:19|20)\d\d([/.-])\d\d\2\d\d(?!\d)"
)


def phones(text: str) -> Iterator[Span]:
    """French numbers in every common form, numbers with a country code, others after a word such as « tél »."""
    if "+" in text or "00" in text:
        yield from _abroad(text)
    for pattern in (_FRENCH, _FRENCH_ODD, _NORTH_AMERICA, _BRITISH):
        for found in pattern.finditer(text):
            if not _DATE.search(found[0]):
                yield _trimmed(found[0], found.start())
    for found in _RUN.finditer(text):
        written = found[0]
        if _DATE.match(written) or _VERSION.match(written) or ("/" in written and "." in written):
            continue
        if _WORD_BEFORE.search(before(text, found.start(), 60)):
            yield _trimmed(written, found.start())


def _trimmed(written: str, start: int) -> Span:
    """Without a bracket that was opened before the number and closes after it."""
    if written[0] == "(" and ")" not in written:
        return Span(start + 1, start + len(written), "PHONE")
    return Span(start, start + len(written), "PHONE")


def _abroad(text: str) -> Iterator[Span]:
    for found in _ABROAD.finditer(text):
        length = _valid_length(found[0])
        if length:
            yield Span(found.start(), found.start() + length, "PHONE")


def _valid_length(written: str) -> int:
    """How much of `written` is a number; a date or an amount may have been swallowed at its end."""
    signed = written.startswith("+")
    for part in reversed(list(re.finditer(r"\d+\)?", written))):
        number = re.sub(r"\(0\)|\D", "", written[: part.end()])
        try:
            parsed = phonenumbers.parse("+" + (number if signed else number.removeprefix("00")))
        except phonenumbers.NumberParseException:
            continue
        possible = (
            phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
        )
        if possible if signed else phonenumbers.is_valid_number(parsed):
            return part.end()
    return 0
