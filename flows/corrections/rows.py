"""A file in which people say what they think of tags, row by row: a label a row, or a whole text a row."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from configs.errors import BadRecord, ConfigError
from flows.exports.cells import original
from flows.sources.blocks import Written
from flows.sources.dates import DateReader
from flows.sources.formats import BadRow, Row, open_table
from flows.sources.formats.table import as_text
from flows.sources.profile import sniff
from flows.sources.suggest import did_you_mean
from flows.workspace import now

COLUMNS = ("source", "external_id", "label", "present")
SHEET = ("source", "external_id", "text", "labels")  # of the columns of `ressenti sample`, those that count
OPTIONAL = ("author", "at", "note")
ACCEPTED = (
    f"{', '.join(COLUMNS)}, author (or --author), and perhaps at, note; or a sheet of `ressenti sample`, "
    "with --author"
)
MOST_SHOWN = 10  # wrong rows that one message names
WORDS = {
    **dict.fromkeys(("yes", "y", "oui", "o", "true", "vrai", "1", "x"), True),
    **dict.fromkeys(("no", "n", "non", "false", "faux", "0"), False),
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """A row: what a person says of a text's labels, or in `wrong` why that can't be told."""

    line: int
    source: str
    external_id: str
    judged: Mapping[str, bool]
    author: str
    at: datetime | None
    note: str
    text: str | None  # the words that were judged, where the file has them
    wrong: str


class Rows:
    """The rows of a file of corrections, or of a labelling sheet.

    A sheet's row says of every label whether the text carries it. Its cells lose the marks that keep spreadsheets
    from calculating them.

    Args:
        file: CSV, TSV, XLSX, JSONL or Parquet with `COLUMNS`, or those of a sheet, and perhaps `OPTIONAL`.
        author: who said it, where the file does not.
        labels: ids of the taxonomy.
        zone: of moments without one.

    Raises:
        ConfigError: no such file, or a column is missing.
    """

    def __init__(self, file: Path, author: str | None, labels: Sequence[str], zone: ZoneInfo) -> None:
        if not file.is_file():
            raise ConfigError("no such file", place=file, accepted=f"a file with {ACCEPTED}")
        self.file = file
        self.wrong: list[str] = []  # the first ones
        self.refused = 0
        self._table = open_table(file, sniff(file))
        self._names = {name.strip().casefold(): name for name in self._table.columns() or ()}
        self._sheet = "label" not in self._names and set(SHEET) <= self._names.keys()
        needed = (*(SHEET if self._sheet else COLUMNS), *(() if author else ("author",)))
        if missing := [name for name in needed if name not in self._names]:
            raise ConfigError(
                "columns are missing", place=file.name, found=", ".join(missing), accepted=ACCEPTED
            )
        self._author, self._labels = author, labels
        self._dates = DateReader(Written.model_validate({"column": "at"}), (), zone, now())

    def __iter__(self) -> Iterator[Said]:
        """Each row that can be cut into columns; of the others it is noted what is wrong."""
        for row in self._table.rows():
            if isinstance(row, BadRow):
                self.refuse(row.line, row.what)
            else:
                yield self._said(row)

    def refuse(self, line: int, what: str) -> None:
        """Note what is wrong with a row."""
        self.refused += 1
        if self.refused <= MOST_SHOWN:
            self.wrong.append(f"line {line}: {what.removesuffix('; ')}")

    def _said(self, row: Row) -> Said:
        judged: Mapping[str, bool] = {}
        at, wrong = None, ""
        author = self._cell(row, "author") or self._author or ""
        try:
            judged = self._judged(row)
            at = self._moment(row)
            wrong = "" if author else "no author"
        except BadRecord as error:
            wrong = error.what
        return Said(
            line=row.line,
            source=self._cell(row, "source"),
            external_id=self._cell(row, "external_id"),
            judged=judged,
            author=author,
            at=at,
            note=self._cell(row, "note"),
            text=self._cell(row, "text") if self._sheet else None,
            wrong=wrong,
        )

    def _cell(self, row: Row, name: str) -> str:
        text = as_text(row.values.get(self._names.get(name, "")))
        return (original(text) if self._sheet else text).strip()

    def _judged(self, row: Row) -> Mapping[str, bool]:
        if self._sheet:
            found = {
                self._known(label) for label in re.split(r"[\s,;|]+", self._cell(row, "labels")) if label
            }
            return {label: label in found for label in self._labels}
        label, present = self._known(self._cell(row, "label")), self._cell(row, "present")
        if present.casefold() not in WORDS:
            raise BadRecord("bad_word", f"`present` is {present!r}; accepted: yes or no", field="present")
        return {label: WORDS[present.casefold()]}

    def _known(self, label: str) -> str:
        if label not in self._labels:
            fix = did_you_mean(label, self._labels) or ""
            raise BadRecord("bad_label", f"no label {label!r}; {fix}", field="label")
        return label

    def _moment(self, row: Row) -> datetime | None:
        written = self._dates.read(row.values.get(self._names.get("at", "")))
        if written and written.relative:  # another moment each time that the file is read
            raise BadRecord("bad_date", "`at` counts from today; accepted: a date", field="at")
        return written.at if written else None
