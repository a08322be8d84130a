"""Ways in which exports spoil texts, each a function from the text as meant to the text as read."""

import html
import html.entities
import json
import quopri
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import ftfy  # noqa: F401  brings the `sloppy-windows-1252` codec: undefined bytes stand for themselves


def _read(meant: str, seen: str) -> Callable[[str], str]:
    return lambda text: text.encode(meant).decode(seen)


def _as_windows(text: str) -> str:
    return text.encode().decode("sloppy-windows-1252")


TYPED = str.maketrans({"’": "'", "“": '"', "”": '"', "–": "-", "…": "...", "€": "euros", "œ": "oe"})


def _typed(way: Callable[[str], str]) -> Callable[[str], str]:
    """DOS has no typographic signs: whoever wrote there typed the plain ones."""
    return lambda text: way(text.translate(TYPED))


PATHS: dict[str, Callable[[str], str]] = {
    "UTF-8 read as Windows": _as_windows,
    "UTF-8 read as Windows, twice": lambda text: _as_windows(_as_windows(text)),
    "UTF-8 read as Latin-1": _read("utf-8", "latin-1"),
    "UTF-8 read as MacRoman": _read("utf-8", "mac_roman"),
    "UTF-8 read as DOS (cp850)": _read("utf-8", "cp850"),
    "UTF-8 read as DOS (cp437)": _read("utf-8", "cp437"),
    "UTF-8 with its mark read as Windows": lambda text: _as_windows("\ufeff" + text),
    "byte order mark left over": lambda text: "\ufeff" + text,
    "Windows read as Latin-1": _read("cp1252", "latin-1"),
    "Windows read as MacRoman": _read("cp1252", "mac_roman"),
    "MacRoman read as Windows": _read("mac_roman", "sloppy-windows-1252"),
    "DOS (cp850) read as Windows": _typed(_read("cp850", "sloppy-windows-1252")),
    "Windows read as DOS (cp850)": _read("cp1252", "cp850"),
    "UTF-16 read as Windows": _read("utf-16-le", "sloppy-windows-1252"),
    "entities by name": lambda text: text.translate({ord(c): f"&{n};" for n, c in _NAMED.items()}),
    "entities by number": lambda text: "".join(c if c.isascii() else f"&#{ord(c)};" for c in text),
    "entities escaped twice": lambda text: html.escape(
        html.escape("".join(c if c.isascii() else f"&#{ord(c)};" for c in text), quote=False), quote=False
    ),
    "accents as characters of their own": lambda text: unicodedata.normalize("NFD", text),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode(),
    "JSON escapes": lambda text: json.dumps(text)[1:-1],
    "URL escapes": lambda text: quote(text, safe=" ,.!?':;«»"),
    "UTF-8 read as Windows, then escaped": lambda text: "".join(
        c if c.isascii() else f"&#{ord(c)};" for c in _as_windows(text)
    ),
}
_NAMED = {
    name.rstrip(";"): chars
    for name, chars in html.entities.html5.items()
    if name.endswith(";") and name[:-1] in html.entities.name2codepoint and ord(chars) > 127
}
