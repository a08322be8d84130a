"""What people say of tags: taken in from a file, shown, held against the models, given out for training."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from configs.errors import BadRecord, ConfigError, RessentiError
from flows.intake import redactor
from flows.saving import saved
from flows.sources.blocks import Written
from flows.sources.dates import DateReader
from flows.sources.formats import BadRow, Row, open_table
from flows.sources.formats.table import as_text
from flows.sources.profile import sniff
from flows.sources.suggest import did_you_mean
from flows.tagging import UNCLEAR, corrected, tags_by
from flows.workspace import Workspace, now
from nlp.intake import mask_attribute
from nlp.redaction import Redactor
from storage.corrections import (
    Agreement,
    Judged,
    Listed,
    NewCorrection,
    add_corrections,
    agreement,
    judged_texts,
    list_corrections,
    newest_texts,
)
from storage.database import reading, writing
from storage.labels import write_labels
from storage.registry import DEFAULT, Active, active, overrides
from storage.tags import corrections_of

COLUMNS = ("source", "external_id", "label", "present")
OPTIONAL = ("author", "at", "note")
PAGE = 500
MOST_SHOWN = 10  # wrong rows that one message names
WORDS = {
    **dict.fromkeys(("yes", "y", "oui", "o", "true", "vrai", "1", "x"), True),
    **dict.fromkeys(("no", "n", "non", "false", "faux", "0"), False),
}


class WrongRows(RessentiError):
    """Rows of a file of corrections that can't be taken in; none of the file was."""


@dataclass(frozen=True)
class Imported:
    """What became of a file's rows."""

    read: int
    written: int


def import_corrections(work: Workspace, file: Path, author: str | None) -> Imported:
    """Take in a file of corrections, all of it or nothing.

    Args:
        work: opened on the database.
        file: CSV, TSV, XLSX, JSONL or Parquet with the columns `source`, `external_id`, `label` and `present`, and
            perhaps `author`, `at` (of a moment without a zone: the project's) and `note`.
        author: who said it, where the file does not.

    Raises:
        ConfigError: no such file, or a column is missing.
        WrongRows: names the first rows that are wrong, each with its line.
    """
    rows = _Rows(work, file, author)
    told = iter(rows)
    read = written = 0
    with writing(work.engine) as connection:
        write_labels(connection, work.taxonomy)
        while page := list(islice(told, PAGE)):
            read += len(page)
            found = rows.corrections(connection, page)
            if not rows.refused:
                written += add_corrections(connection, found, now())
        if rows.refused:
            raise _wrong_rows(file, rows)
    return Imported(read, written)


class _Rows:
    """A file's rows, turned into corrections; what is wrong is gathered in `wrong`, line by line."""

    def __init__(self, work: Workspace, file: Path, author: str | None) -> None:
        if not file.is_file():
            raise ConfigError("no such file", place=file, accepted=f"a CSV with {', '.join(COLUMNS)}")
        self.wrong: list[str] = []  # the first ones
        self.refused = 0
        self._table = open_table(file, sniff(file))
        self._columns = {name.strip().casefold(): name for name in self._table.columns() or ()}
        needed = COLUMNS if author else (*COLUMNS, "author")
        if missing := [name for name in needed if name not in self._columns]:
            accepted = f"{', '.join(COLUMNS)}, author (or --author), and perhaps at, note"
            raise ConfigError(
                "columns are missing", place=file.name, found=", ".join(missing), accepted=accepted
            )
        self._file, self._author, self._labels = file, author, work.taxonomy.ids
        self._redactor: Redactor = redactor(work.keys)
        self._dates = DateReader(Written.model_validate({"column": "at"}), (), work.settings.zone, now())

    def __iter__(self) -> Iterator[tuple[int, dict[str, str], datetime | None]]:
        """(line, its cells as text by our names, its moment) of each row that can be read at all."""
        for row in self._table.rows():
            if isinstance(row, BadRow):
                self._refuse(row.line, row.what)
                continue
            try:
                yield row.line, self._cells(row), self._moment(row)
            except BadRecord as error:
                self._refuse(row.line, error.what)

    def _cells(self, row: Row) -> dict[str, str]:
        return {
            name: as_text(row.values.get(self._columns.get(name, ""))).strip()
            for name in (*COLUMNS, *OPTIONAL)
        }

    def _moment(self, row: Row) -> datetime | None:
        written = self._dates.read(row.values.get(self._columns.get("at", "")))
        if written and written.relative:  # another moment each time that the file is read
            raise BadRecord("bad_date", "`at` counts from today; accepted: a date", field="at")
        return written.at if written else None

    def corrections(
        self, connection: Connection, page: Sequence[tuple[int, dict[str, str], datetime | None]]
    ) -> list[NewCorrection]:
        """A page's rows as corrections of the newest texts."""
        texts = newest_texts(connection, [(cells["source"], cells["external_id"]) for _, cells, _ in page])
        made = []
        for line, cells, at in page:
            number = texts.get((cells["source"], cells["external_id"]))
            wrong = self._wrong(cells, number)
            if wrong or number is None:
                self._refuse(line, wrong)
            else:
                made.append(self._correction(number, cells, at))
        return made

    def _wrong(self, cells: Mapping[str, str], number: int | None) -> str:
        if number is None:
            return f"no feedback {cells['external_id']!r} of source {cells['source']!r} is stored"
        if cells["label"] not in self._labels:
            return f"no label {cells['label']!r}; {did_you_mean(cells['label'], self._labels) or ''}"
        if cells["present"].casefold() not in WORDS:
            return f"`present` is {cells['present']!r}; accepted: yes or no"
        return "" if cells["author"] or self._author else "no author"

    def _correction(self, number: int, cells: Mapping[str, str], at: datetime | None) -> NewCorrection:
        return NewCorrection(
            revision_id=number,
            label=cells["label"],
            present=WORDS[cells["present"].casefold()],
            author=cells["author"] or self._author or "",
            corrected_at=at,
            origin=self._file.name,
            note=mask_attribute(cells["note"], self._redactor) or None,
        )

    def _refuse(self, line: int, what: str) -> None:
        self.refused += 1
        if self.refused <= MOST_SHOWN:
            self.wrong.append(f"line {line}: {what.removesuffix('; ')}")


def _wrong_rows(file: Path, rows: _Rows) -> WrongRows:
    more = f"; and {rows.refused - len(rows.wrong)} more" if rows.refused > len(rows.wrong) else ""
    what = f"nothing was imported: {'; '.join(rows.wrong)}{more}"
    return WrongRows(what, place=file.name, fix="mend them and import again")


def listed(work: Workspace) -> Iterator[str]:
    """A line a correction: who said what of which label of which text, and whether it is in force."""
    yield "number\tat\tauthor\tsource\texternal_id\tlabel\tpresent\tcounts\torigin\tnote"
    after = 0
    while True:
        with reading(work.engine) as connection:
            page = list_corrections(connection, PAGE, after=after)
        if not page:
            return
        after = page[-1].id
        yield from (_line(work, each) for each in page)


def _line(work: Workspace, each: Listed) -> str:
    counts = "yes" if each.newest_text and each.in_force else "text changed" if each.in_force else "replaced"
    at = each.corrected_at.astimezone(work.settings.zone).strftime("%Y-%m-%d %H:%M")
    present = "yes" if each.present else "no"
    facts = (
        *(each.id, at, each.author, each.source, each.external_id, each.label, present, counts),
        *(each.origin, each.note or ""),
    )
    return "\t".join(" ".join(str(fact).split()) for fact in facts)


def figures(work: Workspace) -> list[Agreement]:
    """How often each model version and threshold set says what people say, label by label."""
    with reading(work.engine) as connection:
        return agreement(connection)


def export_corrections(work: Workspace, file: Path) -> int:
    """Write every text that people judged as a line of training data; returns how many.

    Its `labels` are the shown model's tags with people's words over them, its `judged` what people said. Texts of
    which the shown model has not spoken are left out: nothing is known of their other labels.
    """
    with saved(file) as stream:
        count = 0
        for record in _training_records(work):
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def _training_records(work: Workspace) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        with reading(work.engine) as connection:
            page = judged_texts(connection, PAGE, after=after)
            if not page:
                return
            after = page[-1].revision_id
            said = corrections_of(connection, [text.revision_id for text in page])
            tags = {
                number: found
                for shows, texts in _by_scope(connection, page)
                for number, found in tags_by(connection, shows, texts).items()
            }
        for text in page:
            if text.revision_id in tags:
                judged = said.get(text.revision_id, {})
                labels = [tag.label for tag in corrected(tags[text.revision_id], judged)]
                yield {
                    "text": text.text,
                    "lang": text.language or "",
                    "channel": text.channel,
                    "source": text.source,
                    "labels": sorted(set(labels) - {UNCLEAR}),
                    "judged": dict(judged),
                }


def _by_scope(connection: Connection, page: Iterable[Judged]) -> Iterator[tuple[Active, list[int]]]:
    shown = active(connection)
    own = overrides(shown)
    by: dict[Active, list[int]] = {}
    for text in page:
        shows = own.get(text.batch or "") or shown.get(DEFAULT)
        if shows is not None:
            by.setdefault(shows, []).append(text.revision_id)
    yield from by.items()


def print_agreement(found: Sequence[Agreement], console: Console) -> None:
    """A table for a terminal."""
    if not found:
        console.print("No text that people corrected has been scored.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("model", "thresholds", "label"):
        table.add_column(name)
    for name in ("judged", "agreed", "missed", "wrong", "agreement"):
        table.add_column(name, justify="right")
    for row in found:
        counts = (row.judged, row.agreed, row.missed, row.wrong)
        told = f"{100 * row.agreed / row.judged:.0f} %"
        table.add_row(row.model_version, row.threshold_set, row.label, *(f"{n:,}" for n in counts), told)
    console.print(table)
