"""E-mail addresses and phone numbers."""

import re
from collections.abc import Iterator

import phonenumbers

from nlp.redaction.spans import Span

_DOMAIN = re.compile(r"@(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}", re.ASCII | re.IGNORECASE)
_PROVIDERS = (
    "gmail|googlemail|hotmail|outlook|yahoo|ymail|orange|wanadoo|free|sfr|laposte|live|icloud|bbox|neuf|numericable"
    "|msn|gmx|web|aol|protonmail|proton|libero|me"
)
# People type a blank around the sign, or forget the dot: only then does the provider's name decide.
_LOOSE_DOMAIN = re.compile(
    rf"\s?@\s?(?:{_PROVIDERS})\s?[.,]\s?(?:com|fr|net|org|de|it|es|be|ch|co\.uk|me)\b|@(?:{_PROVIDERS})(?:com|fr)\b",
    re.IGNORECASE,
)
_SPELT = re.compile(
    r"([\w.+-]{1,64})\s?(?:[\[({]\s?(?:at|arobase|arobas|a|@)\s?[\])}]|\s(?:arobase?|chez)\s)\s?"
    r"(?:[\w-]{1,63}(?:\.|\s?[\[({]\s?(?:dot|point|\.)\s?[\])}]\s?|\s(?:dot|point)\s)){1,5}[a-z]{2,24}\b",
    re.IGNORECASE,
)
_SPELT_HINT = re.compile(r"[\[({]\s?(?:at|a|@|arobase?)\s?[\])}]|\barobase?\b", re.IGNORECASE)
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^{|}~-]", re.ASCII)


def emails(text: str) -> Iterator[Span]:
    """Addresses, also with blanks around the sign (known providers) or spelt out (« jean [at] exemple.fr »)."""
    if "@" in text:
        for pattern in (_DOMAIN, _LOOSE_DOMAIN):
            for found in pattern.finditer(text):
                start = _local_start(text, found.start())
                if start < found.start():
                    yield Span(start, found.end(), "EMAIL")
    if _SPELT_HINT.search(text):
        for found in _SPELT.finditer(text):
            yield Span(found.start(), found.end(), "EMAIL")


def _local_start(text: str, end: int) -> int:
    start, lowest = end, max(0, end - 64)
    while start > lowest and (text[start - 1].isalnum() or _LOCAL.match(text[start - 1])):
        start -= 1
    while start < end and not text[start].isalnum():  # punctuation in front of an address is not part of it
        start += 1
    return start


_GAP = r"[\s.\-/_·,]{0,2}"
_FRENCH = re.compile(
    rf"(?<![\d+])(?:\(?(?:\+|00)\s?33\)?[\s.\-]{{0,2}}(?:\(0\)|0)?[\s.\-]{{0,2}}|\(?33\)?\s(?:\(0\)\s?)?|\(?0\s?)"
    rf"[1-9]\)?(?:{_GAP}\d\d){{4}}(?!\d|[\s.,]?\d{{0,2}}\s?(?:€|eur))",
    re.IGNORECASE,
)
# 06 123 456 78 and 0612 345 678
_FRENCH_ODD = re.compile(
    r"(?<![\d+.,])0[1-9](?:(?:[ .-]\d{3}){2}[ .-]\d\d|\d\d(?:[ .-]\d{3}){2}|[ .-]\d{4}[ .-]?\d{4})(?!\d)"
)
_ABROAD = re.compile(r"(?<![\w+])(?:\+|00)\s?[1-9](?:[\s.\-/()]{0,3}\d){6,14}(?!\d)")
_NORTH_AMERICA = re.compile(
    r"(?<![\d.,+-])(?:1[-. ])?\(?[2-9]\d\d\)?[-. ]{1,2}[2-9]\d\d[-. ]\d{4}(?!\d|[-.,]\d)"
)
_BRITISH = re.compile(
    r"(?<![\d+])\(?0(?:7\d{3}\)?[ -]?\d{3}[ -]?\d{3}|[12]\d{2}\)?[ -]\d{3}[ -]?\d{4}|2\d\)?[ -]\d{4}[ -]?\d{4}"
    r"|1\d{3}\)?[ -]\d{5,6}|800[ -]\d{3}[ -]?\d{3,4})(?!\d)"
)
_WORD = (
    r"(?:t[ée]l(?:[ée]phone)?s?|portables?|mobiles?|phones?|cell|fixe|fax|gsm|whats ?app|sms|joignables?(?: au)?"
    r"|(?:appele[rz]|rappele[rz]|joindre|contacte[rz])(?:[ -](?:moi|nous|le|la))?(?: au| sur le)?"
    r"|call(?: me)?(?: back)?(?: (?:at|on))?|reach me (?:at|on)|ring me (?:at|on)?"
    r"|telefon(?:nummer)?|handy(?:nummer)?|rufnummer|tel[ée]fono|m[óo]vil|cellulare|numero|t[ée]l[ée]fono)"
)
_AFTER_WORD = re.compile(
    rf"\b{_WORD}\b\.?(?:\s?(?:est|is|ist|es|è|le|au|on|at|n[°ºo]|num[ée]ro|number|no|nr)\b\.?){{0,2}}[^\w\n+(]{{0,4}}"
    r"(?P<n>[+(]?\d(?:[\s.\-/()]{0,2}\d){6,14})(?!\d|\s?(?:€|eur|%))",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?<!\d)\d{1,2}[/. -]\d{1,2}[/. -](?:19|20)\d\d(?!\d)|(?:19|20)\d\d[/.-]\d\d[/.-]\d\d(?!\d)"
)


def phones(text: str) -> Iterator[Span]:
    """French numbers in every common form, numbers with a country code, and others after a word such as « tél »."""
    for pattern in (_FRENCH, _FRENCH_ODD, _NORTH_AMERICA, _BRITISH):
        for found in pattern.finditer(text):
            if not _DATE.search(found[0]):
                yield Span(found.start(), found.end(), "PHONE")
    if "+" in text or "00" in text:
        yield from _abroad(text)
    for found in _AFTER_WORD.finditer(text):
        if not _DATE.match(found["n"]):
            yield Span(found.start("n"), found.end("n"), "PHONE")


def _abroad(text: str) -> Iterator[Span]:
    for found in _ABROAD.finditer(text):
        if found[0].startswith("00") and len(found[0]) > 18 and " " not in found[0]:
            continue
        length = _valid_length(found[0])
        if length:
            yield Span(found.start(), found.start() + length, "PHONE")


def _valid_length(written: str) -> int:
    """How much of `written` is a possible number; a date or amount may have been swallowed at its end."""
    groups = [part.end() for part in re.finditer(r"\d+\)?", written)]
    for end in reversed(groups):
        number = "+" + re.sub(r"\(0\)|\D", "", written[:end]).removeprefix("00")
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(number)):
                return end
        except phonenumbers.NumberParseException:
            continue
    return 0
