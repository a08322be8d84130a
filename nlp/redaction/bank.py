"""Bank accounts and payment cards."""

import re
from collections.abc import Iterator

from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from nlp.redaction.spans import Span, before

# Characters of an IBAN per country (ISO 13616); longest first matters nowhere: the country decides.
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18,
    "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21,
    "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28,
    "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24,
    "TR": 26, "UA": 29, "VG": 24, "XK": 20,
}  # fmt: skip
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}[\s.\-_]{0,2}\d[\s.\-_]?\d(?:[\s.\-_/]{0,2}[A-Za-z0-9]){10,32}", re.ASCII
)
_ALNUM = re.compile(r"[A-Za-z0-9]")
_ACCOUNT = re.compile(
    r"\b(?:iban|rib|bban|bic|comptes?|bancaires?|bank|account|konto|kontonummer|cuenta|conto|virements?)\b[^\d\n]{0,30}"
    r"(?P<n>(?:[A-Za-z]{2}[\s.\-]?)?\d(?:[\s.\-_/]{0,2}[A-Za-z]?\d){9,33})",
    re.IGNORECASE,
)


def ibans(text: str) -> Iterator[Span]:
    """IBANs by checksum; French ones by their shape alone; and account numbers after a word such as « RIB »."""
    for found in _IBAN.finditer(text):
        length = _LENGTHS.get(found[0][:2].upper())
        if length is None:
            continue
        ends = [part.end() for part in _ALNUM.finditer(found[0])]
        end = ends[min(length, len(ends)) - 1]
        if _is_iban(found[0][:end], length, len(ends)) or _says_account(text, found.start()):
            yield Span(found.start(), found.start() + _word_end(found[0], end, length, ends), "IBAN")
    for found in _ACCOUNT.finditer(text):
        yield Span(found.start("n"), found.end("n"), "IBAN")


def _is_iban(written: str, length: int, available: int) -> bool:
    plain = "".join(_ALNUM.findall(written)).upper()
    if len(plain) == length and mod_97_10.is_valid(plain[4:] + plain[:4]):
        return True
    # One wrong or missing character must not save the rest: enough digits in the shape of the country.
    digits = sum(char.isdigit() for char in plain)
    return available >= length - 1 and digits >= 0.7 * length


def _word_end(written: str, end: int, length: int, ends: list[int]) -> int:
    """Digits that follow the last character at once belong to it (one digit too many)."""
    while end < len(written) and written[end].isdigit():
        end += 1
    return end


def _says_account(text: str, start: int) -> bool:
    return (
        re.search(r"\b(?:iban|rib|compte|account|konto|cuenta|conto)\b", before(text, start, 40)) is not None
    )


_CARD = re.compile(r"(?<![\dA-Za-z])\d(?:[ \-.\u00a0]{0,2}\d){12,18}(?!\d)")
_CARD_WORD = re.compile(
    r"\b(?:cartes?|cb|cards?|visa|master ?card|amex|american express|maestro|kreditkarte|karte|tarjeta|carta"
    r"|kartennummer)\b(?!\s(?:grise|vitale|d'identit|sim|cadeau))[^\d\n]{0,40}(?P<n>\d(?:[ \-./]{0,3}\d){11,19})(?!\d)",
    re.IGNORECASE,
)
_STARRED = re.compile(r"(?<![\w*])(?:\d{4}[ -]?)?(?:[xX*•]{4}[ -]?){2,3}\d{3,4}(?!\d)")
_FOURS = re.compile(r"[2-6]\d{3}([ \-.])\d{4}\1\d{4}\1\d{4}")


def cards(text: str) -> Iterator[Span]:
    """Payment cards: by checksum and issuer, by their four groups of four, or after a word such as « carte »."""
    for found in _CARD.finditer(text):
        digits = re.sub(r"\D", "", found[0])
        if (_issuer(digits) and luhn.is_valid(digits)) or _FOURS.fullmatch(found[0]):
            yield Span(found.start(), found.end(), "CARD")
    for found in _CARD_WORD.finditer(text):
        yield Span(found.start("n"), found.end("n"), "CARD")
    for found in _STARRED.finditer(text):
        yield Span(found.start(), found.end(), "CARD")


def _issuer(digits: str) -> bool:
    """Whether the first digits and the length go together for a card (parcel and IMEI numbers do not)."""
    size, head = len(digits), int(digits[:4])
    if digits[0] == "4":
        return size in (13, 16, 19)
    if (
        5100 <= head <= 5599
        or 2221 <= head <= 2720
        or 6500 <= head <= 6599
        or head == 6011
        or 3528 <= head <= 3589
    ):
        return size == 16
    if digits[:2] in ("34", "37"):
        return size == 15
    if digits[:2] in ("30", "36", "38", "39"):
        return size == 14
    return digits[0] in "56" and size in (16, 18, 19)
