"""Several cells as one text: what says nothing is left out, a title that only repeats the text too."""

import re
import string
import unicodedata
from collections.abc import Mapping

from flows.sources.blocks import Text, TextColumn
from flows.sources.formats.table import Cell, as_text

_EDGES = string.punctuation + string.whitespace + "…«»“”‘’¡¿\u00a0\u202f"
_ACCENTS = re.compile("[\u0300-\u036f]+")
_SIGNS = re.compile(r"[\W_]+")
_LONGEST_NOTHING = 200  # characters: comparing a whole page with « Rien » would only take time
_CUT = re.compile(r"\s*(?:…|\.\.\.)$")


class Wording:
    """Joins a row's text columns as its source says."""

    def __init__(self, told: Text) -> None:
        self._told = told
        everywhere = set(map(plain, told.empty))
        columns = [*told.columns, *([told.title] if told.title else [])]
        self._empty = {each.column: everywhere | set(map(plain, each.empty)) for each in columns}

    def text(self, cells: Mapping[str, Cell]) -> str:
        """The text of a row; empty when no column says anything."""
        body = [self._part(column, cells) for column in self._told.columns]
        title = self._part(self._told.title, cells) if self._told.title else ""
        joined = self._told.join.join(filter(None, body))
        if not title or repeats(title, joined):
            return joined
        return self._told.join.join(filter(None, [title, joined]))

    def _part(self, column: TextColumn, cells: Mapping[str, Cell]) -> str:
        value = as_text(cells.get(column.column)).strip()
        empty = self._empty[column.column]
        if not value or (empty and len(value) <= _LONGEST_NOTHING and plain(value) in empty):
            return ""
        return f"{column.label} {value}" if column.label else value


def plain(text: str) -> str:
    """A text without case, accents and edge punctuation, for comparing; « . » stays what it is."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return bare.strip(_EDGES) or bare.strip()


def repeats(title: str, text: str) -> bool:
    """Whether a title, perhaps cut with « … », says only what the text starts with."""
    start = _words(_CUT.sub("", title))
    return bool(start) and _words(text[: 4 * len(title) + 20]).startswith(start)


def _words(text: str) -> str:
    """Letters and digits only: texts of the web lose and gain spaces and signs on their way."""
    return _SIGNS.sub("", plain(text))
