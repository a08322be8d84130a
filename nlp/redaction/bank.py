"""Bank accounts and payment cards."""

import re
from collections.abc import Iterator
from itertools import accumulate

from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from nlp.redaction.spans import Span, before

# Characters of an IBAN per country (ISO 13616).
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24,
    "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21,
    "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31,
    "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VG": 24, "XK": 20,
}  # fmt: skip
_IBAN = re.compile(
    r"(?:(?<!\w)|(?<=IBAN))[A-Za-z]{2}[\s.\-_]{0,2}\d[\s.\-_]?\d(?:[\s.\-_/|]{0,2}[A-Za-z0-9]){10,32}"
)
_WORD = re.compile("[a-z]{5}")
_ALNUM = re.compile(r"[A-Za-z0-9]")
_ACCOUNT_BEFORE = re.compile(r"\b(?:iban|rib|bban|compte|bancaires?|account|konto|cuenta|conto)\b")
_NOT_SO_SURE = (
    r"comptes?(?! client)|bancaires?|bank(?:ing)? (?:account|details)|account(?: number)?|konto(?:nummer)?|cuenta"
    r"|conto|virements?|vire[rz]|rembours\w{1,10}"
)
_ACCOUNT = re.compile(
    rf"\b(?:iban|rib|bban|(?:{_NOT_SO_SURE})(?=[^\d\n]{{0,30}}(?:\d[\s.\-_/]{{0,2}}[A-Za-z]{{0,2}}){{11}}))\b[^\d\n]{{0,30}}?"
    r"(?P<n>(?:(?<!\w)[A-Za-z][\s.\-]?[A-Za-z]?[\s.\-]?)?\d(?:[\s.\-_/|]{0,2}(?:[A-Za-z]{0,2}\d)){9,33})(?!\d)",
    re.IGNORECASE,
)
# What follows a number that is one digit too long; not the amount or the date behind it.
_REST = re.compile(r"(?:[ .\-]?\d{1,5}(?![\d/:,%]|[.]\d| ?(?:€|eur|fois|mois|jours|h\b))){1,2}")
_PHONE = re.compile(r"(?:\+33|0033|0)\s?[1-9](?:[\s.\-/]?\d\d){4}")


def ibans(text: str) -> Iterator[Span]:
    """IBANs by checksum or by their country's shape, and account numbers after a word such as « RIB »."""
    at = 0
    while found := _IBAN.search(text, at):
        length = _LENGTHS.get(found[0][:2].upper())
        end = _iban_end(text, found.start(), found[0], length) if length else 0
        if end:
            yield Span(found.start(), end, "IBAN")
        at = (
            end or found.start() + 2
        )  # « le 12/03, FR76… »: the words in front may have swallowed its beginning
    for found in _ACCOUNT.finditer(text):
        if not _PHONE.fullmatch(found["n"]) and _digits(found["n"]) >= 0.6 * len(_ALNUM.findall(found["n"])):
            yield Span(found.start("n"), found.end("n"), "IBAN")


def _iban_end(text: str, start: int, written: str, length: int) -> int:
    """Where the IBAN of `length` characters that `written` begins with ends in `text`; 0 if it is none."""
    ends = [part.end() for part in _ALNUM.finditer(written)]
    end = ends[min(length, len(ends)) - 1]
    if not _has_shape(written[:end], length) and not (
        _ACCOUNT_BEFORE.search(before(text, start, 40)) and _digits(written[:end]) >= 0.5 * length
    ):
        return 0
    if _is_valid(written[:end], length):
        return start + end
    rest = _REST.match(text, start + end)
    return rest.end() if rest else start + end


def _has_shape(written: str, length: int) -> bool:
    """Right checksum; or nearly the country's length and nearly all digits: one wrong character saves nothing."""
    plain = "".join(_ALNUM.findall(written)).upper()
    if _digits(plain) < max(10, 0.6 * length) or _WORD.search(written):  # words pass once in 97 times
        return False
    letters = "".join(filter(str.isalpha, written[2:]))
    if letters != letters.upper() and letters != letters.lower():
        return False
    return _is_valid(written, length) or (len(plain) >= length - 1 and _digits(plain) >= 0.7 * length)


def _is_valid(written: str, length: int) -> bool:
    plain = "".join(_ALNUM.findall(written)).upper()
    return len(plain) == length and mod_97_10.is_valid(plain[4:] + plain[:4])


def _digits(written: str) -> int:
    return sum(map(written.count, "0123456789"))


_RUN = re.compile(r"(?<!\w)\d(?:[\s\-./]{0,2}\d){12,40}")
_GROUP = re.compile(r"\d+")
_CARD_BEFORE = re.compile(
    r"\b(?:cartes?|cb|cards?|visa|master ?card|amex|american express|maestro|kreditkarten?\w*|karte|tarjeta|carta"
    r"|kartennummer)\b(?!\s(?:grise|vitale|d'identit|nationale|sim|cadeau))[^\n]{0,40}$"
)
_STARRED = re.compile(r"(?<![\w*])(?:\d{4}[ -]?)?(?:[xX*•]{4}[ -]?){2,3}\d{3,4}(?!\d)")
_SECRET = re.compile(r"\b(?:cvv2?|cvc2?|cryptogramme)\b[^\d\n]{0,15}(?P<n>\d{3,4})(?!\d)", re.IGNORECASE)
_AFTER_WORD = re.compile(r"(?<!\w)\d(?:[\s\-./]{0,3}\d){11,19}(?!\d)")


def cards(text: str) -> Iterator[Span]:
    """Payment cards: by checksum and issuer, by their four groups of four, or after a word such as « carte »."""
    for found in _RUN.finditer(text):
        yield from _cards_in(found[0], found.start())
    for found in _AFTER_WORD.finditer(text):
        if _CARD_BEFORE.search(before(text, found.start(), 60)):
            yield Span(found.start(), found.end(), "CARD")


def secrets(text: str) -> Iterator[Span]:
    """Cards whose digits are partly starred, and security codes after their name."""
    if "****" in text or "xxxx" in text.lower() or "••••" in text:
        for found in _STARRED.finditer(text):
            yield Span(found.start(), found.end(), "CARD")
    low = text.lower()
    if "cvv" not in low and "cvc" not in low and "cryptog" not in low:
        return
    for found in _SECRET.finditer(text):
        yield Span(found.start("n"), found.end("n"), "CARD")


def _cards_in(run: str, offset: int) -> Iterator[Span]:
    """The card within a run of digits, which may hold a date before it or the month of expiry behind it."""
    groups = [(found.start(), found.end()) for found in _GROUP.finditer(run)]
    sums = [0, *accumulate(end - start for start, end in groups)]
    first = 0
    while first < len(groups):
        if run[groups[first][0]] in "01789":  # no card begins so
            first += 1
            continue
        for last in range(min(len(groups), first + 8), first, -1):
            start, end = groups[first][0], groups[last - 1][1]
            if 13 <= sums[last] - sums[first] <= 19 and _is_card(run[start:end], groups[first:last]):
                if sums[last] - sums[first] not in (15, 16) and (rest := _REST.match(run, end)):
                    end = rest.end()
                yield Span(offset + start, offset + end, "CARD")
                first = last - 1
                break
        first += 1
    if len(groups) > 8 and 13 <= sums[-1] <= 19 and _is_card(run, groups):
        yield Span(offset, offset + len(run), "CARD")


def _is_card(written: str, groups: list[tuple[int, int]]) -> bool:
    digits = re.sub(r"\D", "", written)
    if [end - start for start, end in groups] == [4, 4, 4, 4] and digits[0] in "23456":
        return True
    if len(digits) == 14 and len(groups) == 4:  # a SIRET, not a Diners card
        return False
    return _issuer(digits) and luhn.is_valid(digits)


def _issuer(digits: str) -> bool:
    """Whether the first digits and the length go together for a card (those of parcels and phones do not)."""
    size, head = len(digits), int(digits[:4])
    if digits[0] == "4":
        return size in (13, 16, 19)
    if digits[:2] in ("34", "37"):
        return size == 15
    if digits[:2] in ("30", "36", "38", "39"):
        return size == 14
    if digits[0] in "56":
        return size in (16, 18, 19)
    return size == 16 and (2221 <= head <= 2720 or 3528 <= head <= 3589)
