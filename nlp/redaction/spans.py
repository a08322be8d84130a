"""What recognizers give, and the form of the text that they look at."""

import re
import sys
import unicodedata
from functools import cache
from typing import NamedTuple

KINDS = (
    "EMAIL", "PHONE", "IBAN", "CARD", "NIR", "SIRET", "PLATE", "ID", "ADDRESS", "DOB", "IP", "URL", "ORDER",
    "PERSON",  # level `full`
    "NUMBER",  # the last resort
)  # fmt: skip
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(KINDS)})(?::[a-z]{{1,32}})?\]")


class Span(NamedTuple):
    """One identifier found: from character `start` up to `end`, its kind, its value where one is kept."""

    start: int
    end: int
    kind: str
    value: str = ""


@cache
def _look_alikes() -> dict[int, str]:
    """Characters that stand for an ASCII one, one for one, so that places in the text stay the same."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full width
    for code in range(0x80, sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category == "Nd":
            table[code] = str(unicodedata.digit(chr(code)))
        elif category == "Zs":
            table[code] = " "
        elif category == "Pd":
            table[code] = "-"
    table |= dict.fromkeys(map(ord, "‘’ʼ´`"), "'") | {0x2212: "-", 0x2024: ".", 0xFE6B: "@", 0xFF0E: "."}
    return table


_UNUSUAL = re.compile(r"[^\x00-\x7f\u00a1-\u017f€œŒ]")


def folded(text: str) -> str:
    """`text` with look-alikes of digits, spaces, hyphens and signs in ASCII; same length."""
    if text.isascii() or not (_UNUSUAL.search(text) or "\u00a0" in text):
        return text
    return text.translate(_look_alikes())


def before(text: str, start: int, width: int) -> str:
    """The `width` characters in front of `start`, in lower case: where a context word may stand."""
    return text[max(0, start - width) : start].lower()
