"""CSV and TSV, streamed: physical lines, lone carriage returns and broken quotes taken seriously."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from configs.errors import ConfigError
from flows.sources.blocks import Format
from flows.sources.formats.encoding import open_text
from flows.sources.formats.table import LINE, BadRow, Row, named

# A carriage return inside a line is text, but Python's csv ends a row at it. It travels as a code point
# that no decoded file can hold: surrogateescape makes only U+DC80 to U+DCFF.
_CARRIAGE_RETURN = "\udc0d"
_LONGEST_FIELD = 16 * 2**20  # characters: a quote that nobody closed stops here, and memory with it
_Fields = list[str]


class _Lines(Iterator[str]):
    """Physical lines. Those of the row being read are kept, so that they can be shown or read again."""

    def __init__(self, stream: Iterator[str]) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self.number = 0  # of the last line given
        self.taken: list[str] = []

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else _protected(next(self._stream))
        self.number += 1
        self.taken.append(line)
        return line

    def read_again_from_second(self) -> None:
        again = self.taken[1:]
        self.number -= len(again)
        self._again.extendleft(reversed(again))
        del self.taken[1:]


def _protected(line: str) -> str:
    if "\r" not in line:
        return line
    body, end = (line[:-2], "\r\n") if line.endswith("\r\n") else (line, "")
    return body.replace("\r", _CARRIAGE_RETURN) + end


def _restored(fields: _Fields) -> _Fields:
    return [field.replace(_CARRIAGE_RETURN, "\r") for field in fields]


@dataclass(frozen=True)
class Delimited:
    """A delimited text file with quotes by the usual rule ("" inside quotes is one quote)."""

    file: Path
    form: Format
    delimiter: str

    def columns(self) -> list[str] | None:
        """Names in the header line, or those that the description gives."""
        with open_text(self.file, self.form.encoding) as stream:
            return self._header(_Lines(stream))

    def rows(self) -> Iterator[Row | BadRow]:
        """Rows as dicts of strings; a row with too few or too many fields is a BadRow `wrong_columns`."""
        with open_text(self.file, self.form.encoding) as stream:
            lines = _Lines(stream)
            names = self._header(lines)
            for number, (line, fields) in enumerate(self._cut(lines, len(names)), 1):
                if fields is not None and len(fields) == len(names):
                    yield Row(number, line, dict(zip(names, fields, strict=True)))
                else:
                    yield self._broken(number, line, fields, names, lines)

    def _header(self, lines: _Lines) -> list[str]:
        if self.form.header == 0:
            return named(self.form.columns)
        for _ in range(self.form.header - 1):
            next(lines, "")
        header = next(self._reader(lines), None)
        if not header:
            place = f"{self.file.name}:{self.form.header}"
            raise ConfigError("no column names here", place=place, fix="set `format: {header: LINE}`")
        return named(_restored(header))

    def _reader(self, lines: Iterator[str]) -> Iterator[_Fields]:
        csv.field_size_limit(_LONGEST_FIELD)
        return csv.reader(lines, delimiter=self.delimiter)

    def _cut(self, lines: _Lines, width: int) -> Iterator[tuple[int, _Fields | None]]:
        """Each row's first line and fields; None where a quote is opened and never closed."""
        reader = self._reader(lines)
        while True:
            lines.taken.clear()
            line = lines.number + 1
            fields = _next(reader)
            if fields is _END:
                return
            if fields == []:
                continue
            if fields is None or self._has_eaten(lines.taken, len(fields) == width, width):
                lines.read_again_from_second()
                fields = None
            elif any(_CARRIAGE_RETURN in each for each in lines.taken):
                fields = _restored(fields)
            yield line, fields

    def _has_eaten(self, taken: list[str], fits: bool, width: int) -> bool:
        """Whether a stray quote in the first line has eaten the lines after it, rows of their own."""
        if len(taken) == 1:
            return False
        quotes = self._quotes(taken)
        if quotes == "open":
            return True
        if quotes == "clean" and fits:
            return False
        try:
            whole = [len(fields) == width for fields in self._reader(iter(taken[1:])) if fields]
        except csv.Error:
            return False
        return all(whole) if fits else any(whole)

    def _quotes(self, taken: list[str]) -> Literal["clean", "open", "sloppy"]:
        """How a row's lines look to the strict reader; the lenient one closes an open quote in silence."""
        try:
            list(csv.reader(taken, delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            return "open" if "unexpected end of data" in str(error) else "sloppy"
        return "clean"

    def _broken(
        self, number: int, line: int, fields: _Fields | None, names: list[str], lines: _Lines
    ) -> BadRow:
        raw: dict[str, Any] = {LINE: "".join(_restored(lines.taken))}
        if fields is None:
            return BadRow(number, line, "bad_quotes", "a quote is opened and not closed by its field", raw)
        what = f"{len(fields)} columns instead of {len(names)}"
        return BadRow(number, line, "wrong_columns", what, raw)


_END: _Fields = ["end of file"]  # a marker, told apart by identity


def _next(reader: Iterator[_Fields]) -> _Fields | None:
    """The next row's fields, `_END`, or None where an open quote ran on for too long."""
    try:
        return next(reader, _END)
    except csv.Error:
        return None
