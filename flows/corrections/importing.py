"""Taking in a file of corrections, or a filled labelling sheet: all of it or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from configs.errors import RessentiError
from flows.corrections.rows import Rows, Said
from flows.intake import redactor
from flows.workspace import Workspace, now
from nlp.intake import mask_attribute
from nlp.redaction import Redactor
from storage.corrections import NewCorrection, NewestText, add_corrections, newest_texts
from storage.database import writing
from storage.labels import write_labels

PAGE = 500


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
        file: CSV, TSV, XLSX, JSONL or Parquet, as `Rows` says.
        author: who said it, where the file does not.

    Raises:
        ConfigError: no such file, or a column is missing.
        WrongRows: names the first rows that are wrong, each with its line.
    """
    rows = Rows(file, author, work.taxonomy.ids, work.settings.zone)
    mask = redactor(work.keys)
    told = iter(rows)
    read = written = 0
    with writing(work.engine) as connection:
        write_labels(connection, work.taxonomy)
        while page := list(islice(told, PAGE)):
            read += len(page)
            found = list(_corrections(connection, rows, page, mask))
            if not rows.refused:
                written += add_corrections(connection, found, now())
        if rows.refused:
            raise _wrong_rows(file, rows)
    return Imported(read, written)


def _corrections(
    connection: Connection, rows: Rows, page: Sequence[Said], mask: Redactor
) -> Iterator[NewCorrection]:
    """A page's rows as corrections of the newest texts; the first thing that is wrong with a row is noted."""
    texts = newest_texts(connection, [(said.source, said.external_id) for said in page])
    for said in page:
        newest = texts.get((said.source, said.external_id))
        if newest is None:
            rows.refuse(said.line, f"no feedback {said.external_id!r} of source {said.source!r} is stored")
        elif wrong := said.wrong or _other_text(said, newest):
            rows.refuse(said.line, wrong)
        else:
            note = mask_attribute(said.note, mask) or None
            for label, present in said.judged.items():
                yield NewCorrection(
                    revision_id=newest.revision_id,
                    label=label,
                    present=present,
                    author=said.author,
                    corrected_at=said.at,
                    origin=rows.file.name,
                    note=note,
                )


def _other_text(said: Said, newest: NewestText) -> str:
    """A person judged the words of the sheet; spreadsheets change line breaks, nothing else counts as the same."""
    if said.text is None or said.text.split() == newest.masked_text.split():
        return ""
    return f"the text of {said.external_id!r} has changed since the sheet was drawn: take this row out"


def _wrong_rows(file: Path, rows: Rows) -> WrongRows:
    more = f"; and {rows.refused - len(rows.wrong)} more" if rows.refused > len(rows.wrong) else ""
    what = f"nothing was imported: {'; '.join(rows.wrong)}{more}"
    return WrongRows(what, place=file.name, fix="mend them and import again")
