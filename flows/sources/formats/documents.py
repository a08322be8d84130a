"""JSON (one list somewhere in the document) and JSON lines, both streamed."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from configs.errors import ConfigError, SourceUnavailable
from flows.sources.blocks import Format
from flows.sources.formats.encoding import open_text
from flows.sources.formats.table import LINE, BadRow, Row, Table, flat


def _names(table: Table) -> list[str] | None:
    """Every name that some record has: a field may be missing in any one of them."""
    names: dict[str, None] = {}
    for row in table.rows():
        if isinstance(row, Row):
            names |= dict.fromkeys(row.values)
    return list(names) or None


@dataclass(frozen=True)
class JsonLines:
    """One JSON object a line."""

    file: Path
    form: Format

    def columns(self) -> list[str] | None:
        """Names of all fields, nested ones dotted; reads the whole file."""
        return _names(self)

    def rows(self) -> Iterator[Row | BadRow]:
        """One row for each line that is not blank; a line that is no object is a BadRow `bad_json`."""
        number = 0
        with open_text(self.file, self.form.encoding) as stream:
            for line, text in enumerate(stream, 1):
                if text.strip():
                    number += 1
                    yield _row(number, line, text)


def _row(number: int, line: int, text: str) -> Row | BadRow:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        what = f"not JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else "not JSON"
        return BadRow(number, line, "bad_json", what, {LINE: text})
    if isinstance(record, dict):
        return Row(number, line, flat(record))
    return BadRow(number, line, "bad_json", "not an object with fields", {LINE: text})


class _Recoded:
    """A file of another encoding as the UTF-8 bytes that ijson reads; it has `read` and nothing else."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._reader = codecs.getreader(encoding)(stream)

    def read(self, size: int = -1) -> bytes:
        return self._reader.read(size).encode("utf-8", "surrogatepass")


def _as_utf8(stream: BinaryIO, encoding: str) -> BinaryIO | _Recoded:
    return stream if codecs.lookup(encoding).name == "utf-8" else _Recoded(stream, encoding)


def _kind_of_error(error: Exception) -> str:
    """The parser's words without the piece of the file that it adds: that may be a customer's."""
    return re.split(r"\\n|\n", str(error).removeprefix("b'"))[0].strip("'\" ")[:80]


@dataclass(frozen=True)
class JsonList:
    """A list of objects at `records` (dotted; empty for the document itself); `line` counts its objects."""

    file: Path
    form: Format

    def columns(self) -> list[str] | None:
        """Names of all fields, nested ones dotted; reads the whole file."""
        names = _names(self)
        if names is None:
            self._refuse_no_list()
        return names

    def rows(self) -> Iterator[Row | BadRow]:
        """One row for each element of the list."""
        for number, record in enumerate(self._parsed("items"), 1):
            if isinstance(record, dict):
                yield Row(number, number, flat(record))
            else:
                raw = {LINE: json.dumps(record, ensure_ascii=False)}
                yield BadRow(number, number, "bad_json", "not an object with fields", raw)

    def _parsed(self, how: str) -> Iterator[Any]:
        try:
            with self.file.open("rb") as stream:
                start = stream.read(3)
                stream.seek(3 if start == b"\xef\xbb\xbf" else 0)
                utf8 = _as_utf8(stream, self.form.encoding)
                if how == "events":
                    yield from ijson.parse(utf8)
                else:
                    prefix = f"{self.form.records}.item" if self.form.records else "item"
                    yield from ijson.items(utf8, prefix, use_float=True)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            found = _kind_of_error(error)
            fix = "export it again, or set `format: {type: jsonl}` if each line is an object"
            raise SourceUnavailable("not whole JSON", place=self.file.name, found=found, fix=fix) from None
        except OSError as error:
            raise SourceUnavailable(
                "the file can't be read", place=self.file.name, found=error.strerror
            ) from None

    def _refuse_no_list(self) -> None:
        """An empty list is an empty export; no list at all is a wrong description."""
        lists = [prefix for prefix, event, _ in self._parsed("events") if event == "start_array"]
        if self.form.records not in lists:
            known = sorted({place or "(the document)" for place in lists})[:10]
            raise ConfigError(
                "no list of records here",
                place=self.file.name,
                found=self.form.records or "(the document)",
                accepted=known or "a document with a list",
                fix="set `format: {records: PATH}`",
            )
