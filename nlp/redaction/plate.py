"""Licence plates."""

import re
from collections.abc import Iterator

from nlp.redaction.spans import Span, before

_LETTERS = "[A-HJ-NP-TV-Za-hj-np-tv-z]{2}"
_MIDDLE = re.compile(rf"(?<=[- .])\d{{3}}(?=[- .]{_LETTERS}(?![\w-]))")
_HEAD = re.compile(rf"(?:^|(?<![\w-])){_LETTERS}[- .]$")
_UNITS = frozenset(("GB", "GO", "TB", "MB", "MO", "KM", "KG", "CM", "MM", "ML", "CL", "DE", "ET", "LE", "EN"))
_HINTS = (
    "immat", "plaque", "hicule", "voiture", "auto", "moto", "scooter", "camion", "plate", "registration",
    "kennzeichen", "matr", "targa", "car",
)  # fmt: skip
_VEHICLE = re.compile(
    r"\b(?:v[ée]hicules?|voitures?|auto|moto|scooter|camion\w*|car|carte grise)\b|\b(?:immat|plaque)"
)
_NAMED = re.compile(
    r"\b(?:immat|plaque|(?:number |licen[cs]e )?plate|registration|kennzeichen|matr[íi]cula|targa)"
)
_GLUED = r"[A-HJ-NP-TV-Z]{2}\d{3}[A-HJ-NP-TV-Z]{2}"
_BEFORE_2009 = r"\d{1,4}[ -]?[A-Z]{2,3}[ -]?(?:0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6])"
_NEIGHBOURS = r"[A-Z]{2}\d\d ?[A-Z]{3}|[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?\d{2,4}|\d{4}[- ]?[B-DF-HJ-NP-TV-Z]{3}"
_AFTER_VEHICLE = re.compile(rf"(?<![\w-])(?:{_GLUED}|{_BEFORE_2009})(?![\w-])")
_AFTER_NAME = re.compile(
    rf"(?<![\w-])(?:{_NEIGHBOURS}|(?i:{_GLUED}|{_LETTERS} \d{{3}} {_LETTERS}|{_BEFORE_2009}))(?![\w-])"
)


def plates(text: str) -> Iterator[Span]:
    """AB-123-CD anywhere; glued ones, those before 2009 and of neighbours after a word such as « voiture »."""
    for found in _MIDDLE.finditer(text):
        head = _HEAD.search(text, max(0, found.start() - 4), found.start())
        if head and _is_plate(text[head.start() : found.end() + 3]):
            yield Span(head.start(), found.end() + 3, "PLATE")
    low = text.lower()
    if not any(hint in low for hint in _HINTS):
        return
    for words, pattern in ((_VEHICLE, _AFTER_VEHICLE), (_NAMED, _AFTER_NAME)):
        for found in pattern.finditer(text):
            if found[0][-2:].upper() not in _UNITS and words.search(before(text, found.start(), 60)):
                yield Span(found.start(), found.end(), "PLATE")


def _is_plate(written: str) -> bool:
    """Small letters only with hyphens; « XS 256 GB » and « de 300 km » are none."""
    if written[2] != written[6]:
        return False
    return written[2] == "-" or (written == written.upper() and written[-2:] not in _UNITS)
