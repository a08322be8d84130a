"""Words written without their accents, read with them where only one word can be meant.

Hurried customers type « tres decu du probleme », and word pieces are learnt from « très déçu du problème ». A model
folder may hold a list of accented words: the bare spelling of each is read as that word, in the case it is written.
Which words are unambiguous enough for the list is decided once, from what people write (`nlp/training/spelling.py`).
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from configs.errors import ModelMismatch

ACCENTS = "accents.json"
_WORD = re.compile(r"\w+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


class Accents:
    """The accented words of a list, put in the place of their bare spellings; an empty list changes nothing."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        """Take accented words in small letters; of two with one bare spelling, the last counts."""
        self._meant = {bare(word): word for word in words}

    def restore(self, text: str) -> str:
        """The text with the accents of the list's words."""
        if self._meant.keys().isdisjoint(_WORD.findall(text.lower())):
            return text
        return _WORD.sub(self._restored, text)

    def _restored(self, found: re.Match[str]) -> str:
        written = found[0]
        meant = self._meant.get(written.lower())
        if meant is None:
            return written
        if written.islower():
            return meant
        if written.isupper():
            return meant.upper()
        return meant.capitalize() if written.istitle() and not _within(found) else written


def _within(found: re.Match[str]) -> bool:
    """Does the word follow another within its sentence? There a capital makes a name, or a German noun."""
    before = found.string[max(0, found.start() - 2) : found.start()]
    return len(before) == 2 and before[1] == " " and (before[0].isalnum() or before[0] == ",")


def bare(word: str) -> str:
    """The word as typed on a keyboard without accents."""
    spelt = unicodedata.normalize("NFD", word.translate(_LIGATURES))
    return "".join(letter for letter in spelt if unicodedata.category(letter) != "Mn")


def read_accents(folder: Path) -> Accents:
    """The folder's list; where it has none, texts are read as written.

    Raises:
        ModelMismatch: it is no JSON list of words.
    """
    path = folder / ACCENTS
    if not path.is_file():
        return Accents()
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        words = str(error)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ModelMismatch("the list of accented words cannot be read", place=path, found=str(words)[:100],
                            accepted="a JSON list of words")  # fmt: skip
    return Accents(words)
