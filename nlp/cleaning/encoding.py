"""Texts that were read in the wrong encoding, put right where that is beyond doubt.

UTF-8 read as a single-byte encoding, once or several times, is undone by ftfy. What ftfy leaves is tried here, each
only where its own trace stands between letters: MacRoman or DOS bytes read as Windows and the reverse, UTF-8 read
as DOS, UTF-16 read as single bytes, quoted-printable, JSON and URL escapes.
"""

import quopri
import re
from collections.abc import Callable
from urllib.parse import unquote

import ftfy

LOST = "\ufffd"
_CONFIG = ftfy.TextFixerConfig(unescape_html=False, explain=False)
_WINDOWS = "sloppy-windows-1252"  # ftfy's: the five undefined bytes stand for themselves

# Texts of these characters alone can't be mojibake but by `â€`: a quick look that lets nearly all texts pass.
_ORDINARY = frozenset(map(chr, range(0x20, 0x7F))) | frozenset(
    "\n\téèêëàâäçîïôöùûüÿñœæßáíóúìò’‘“”«»…€–—°·•\u00a0\u202f😊😀😡👍❤"
)
# UTF-8 read as anything else leaves two foreign characters side by side, a C1 control, or « Ã » before a blank.
_FOREIGN = re.compile(r"[^\x00-\x7f]{2}|[\x80-\x9f]|[ÃÂâ](?:\s|$)|\ufffd")
# One single-byte encoding read as another leaves capitals and signs between small letters: « trËs », « dŽj‡ ».
_MISREAD = re.compile(
    r"(?<=[a-zà-öø-ÿ])[À-ÖØ-ÞŽŠŸŒ](?![A-ZÀ-ÖØ-Þ])|[‡†ˆ‰Š‹›Žžƒ˜˙˚˝˛ˇ˘Þþ]|(?<=[a-zà-ÿ])[‚„÷³](?=[a-zà-ÿ])"
)
_WANTED = frozenset("éèêëàâäçîïôöùûüÿñœæßáíóúãõìòåøÉÈÊËÀÂÄÇÎÏÔÖÙÛÜÑŒÆÁÍÓÚÅØ’‘“”–—…€°«»·•¿¡ºª§£²½\u00a0")
_USUAL = re.compile("[éèêàçäöüßñùôîûíóáúãâœïëòì]|(?<=[a-z])’(?=[a-z])")
_MOST_USUAL = re.compile("[éèà’]")
_FRENCH = re.compile("[éèàçêùôîû]")
_CERTAIN = re.compile("(?<=[a-z])(?:[éèêàçäöüñ’](?=[a-z])|é)|(?<=[a-z]')é(?=[a-z])")
_CONFUSED = (
    (_WINDOWS, "mac_roman"), ("mac_roman", _WINDOWS), (_WINDOWS, "cp850"), ("cp850", _WINDOWS), ("cp437", _WINDOWS),
)  # fmt: skip
_DOS = re.compile("[├┬┼][^\\x00-\\x7f]|ÔÇ|ΓÇ|Ôé")

_QUOTED = re.compile(r"=C[23]=[89AB][0-9A-F]|=E2=80=[0-9A-F]{2}|(?<=[a-z])=E[0-9A-F](?=[a-z ,.])")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_ACCENT_ESCAPED = re.compile(r"\\u(?:00[c-fC-F]|20[12]|[dD]8)")
_PERCENT = re.compile(r"%C[23]%[89AB][0-9A-F]|%E2%8[0-9A-F]%[89AB][0-9A-F]", re.IGNORECASE)


def mend(text: str) -> str:
    """`text` as it was meant; unchanged where it is not really mojibake."""
    if "\x00" in text:
        text = _from_utf16(text)
    if "=" in text and _QUOTED.search(text):
        text = _from_quoted_printable(text)
    if "\\u" in text and _ACCENT_ESCAPED.search(text):
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if "%" in text and "://" not in text and _PERCENT.search(text):
        text = _attempt(text, lambda: unquote(text, errors="strict"))
    if text.isascii() or (_ORDINARY.issuperset(text) and "â€" not in text):
        return text
    if _DOS.search(text):
        text = _from_dos(text)
    if _FOREIGN.search(text):
        text = ftfy.fix_encoding(text, _CONFIG)
    return _from_confused(text) if _MISREAD.search(text) else text


def _attempt(text: str, way: Callable[[], str]) -> str:
    try:
        return way()
    except ValueError:  # UnicodeError is one
        return text


def _from_utf16(text: str) -> str:
    """« bon » written with a NUL behind each letter; only where every second character is one."""
    order = "utf-16-le" if text[1::2].count("\x00") >= text[::2].count("\x00") else "utf-16-be"
    if text.count("\x00") < 0.4 * len(text):
        return text
    even = text[: len(text) // 2 * 2]
    return _attempt(text, lambda: even.encode(_WINDOWS).decode(order))


def _from_quoted_printable(text: str) -> str:
    raw = quopri.decodestring(text.encode("utf-8", "surrogatepass"))
    return _attempt(text, lambda: raw.decode("utf-8")) if b"\xc3" in raw else raw.decode(_WINDOWS, "replace")


def _from_dos(text: str) -> str:
    for seen in ("cp850", "cp437"):
        again = _attempt("", lambda seen=seen: text.encode(seen).decode("utf-8"))  # type: ignore[misc]
        if again:
            return again
    return text


def _from_confused(text: str) -> str:
    """The reading in which every foreign character is one that Western languages use where they use it."""
    if len(_MISREAD.findall(text)) <= len(_FRENCH.findall(text)):
        return text  # most of it reads well: a glued sentence (« parfaitÉcran »), not a wrong encoding
    readings = [found for seen, meant in _CONFUSED if (found := _reread(text, seen, meant))]
    return max(readings, key=_likeness, default=text)


def _likeness(reading: str) -> int:
    return 3 * len(_MOST_USUAL.findall(reading)) + len(_USUAL.findall(reading))


def _reread(text: str, seen: str, meant: str) -> str:
    """`text` read as `meant` instead of `seen`; empty where that can't be or makes no better sense."""
    again = _attempt("", lambda: text.encode(seen).decode(meant))
    if not _CERTAIN.search(again) or not {char for char in again if char > "\x7f"} <= _WANTED:
        return ""
    return "" if _MISREAD.search(again) else again
