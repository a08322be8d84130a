"""Single characters: what is invisible goes, what only looks different becomes the usual form."""

import re
import unicodedata

# Invisible and without meaning here. Tag characters (U+E0000 and on) could hide a whole number: they go too.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0d\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_INVISIBLE = re.compile(f"[{_UNSEEN}]+")
# The joiner stays inside an emoji made of several (family, profession, flag) and goes everywhere else.
_EMOJI = "\u2190-\u2bff\ufe0e\ufe0f\U0001f000-\U0001faff"
_LONE_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d+|\u200d+(?![{_EMOJI}])")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]+")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000 ]+")
_AROUND_BREAK = re.compile(" ?\n ?")
_BLANK_LINES = re.compile("\n{3,}")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Every character that one of the rules above touches: one look spares most texts all of them.
_TOUCHED = re.compile(
    f"[{_UNSEEN}\x00-\x09\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u3000\ud800-\udfff"
    "\ufdd0-\ufdef\ufffe\uffff]"
)
_UNTIDY = ("  ", " \n", "\n ", "\n\n\n")


def visible(text: str) -> str:
    """`text` without the characters that nobody sees (soft hyphens, zero width, direction marks, tags)."""
    if text.isascii() or not _TOUCHED.search(text):
        return text
    return _LONE_JOINER.sub("", _INVISIBLE.sub("", whole(text)))


def whole(text: str) -> str:
    """Halves of surrogate pairs put together; a half without its other becomes U+FFFD."""
    if text.isascii() or not _SURROGATES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def tidy(text: str) -> str:
    """Line ends, controls, invisible characters, NFC, usual spaces, at most one blank line in a row."""
    if _TOUCHED.search(text) is None and not any(sign in text for sign in _UNTIDY):
        return unicodedata.normalize("NFC", text).strip()
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", visible(text))
    text = _SPACES.sub(" ", text)
    return _BLANK_LINES.sub("\n\n", _AROUND_BREAK.sub("\n", text)).strip()
