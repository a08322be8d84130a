"""The kinds of source that pass the contract suite: a later kind joins by adding one entry to KINDS.

An entry puts records where its kind finds them and gives a reader with `check`, `parts` and `read`; it takes them
away again; and it says what its messages call the place.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow
from pyarrow import parquet

from flows.sources.files import FilesReader
from flows.sources.registry import parse_source
from tests.contract import apis
from tests.contract.databases import database, postgresql_url, sqlite_url, unreachable
from tests.contract.objects import objects, taker

MAPPING = {
    "channel": "ticket",
    "text": {"columns": ["body"], "empty": ["n/a"]},
    "id": "ticket",
    "customer": "who",
    "date": {"column": "at"},
    "rating": {"column": "stars", "scale": [1, 5]},
    "skip": [{"column": "who", "equals": "agent", "reason": "company_reply"}],
}
COLUMNS = ["ticket", "who", "at", "stars", "body"]


def _columns(records):
    return list(dict.fromkeys([*COLUMNS, *(name for record in records for name in record)]))


def _delimited(delimiter):
    def write(file: Path, records):
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, _columns(records), delimiter=delimiter, restval="")
            writer.writeheader()
            writer.writerows(records)

    return write


def _sheet(file: Path, records):
    book = openpyxl.Workbook()
    names = _columns(records)
    book.active.append(names)
    for record in records:
        book.active.append([record.get(name) for name in names])
    for row in book.active.iter_rows():
        for cell in row:
            cell.data_type = "s" if cell.value else "n"  # « =1+1 » is what a customer wrote, no formula
    book.save(file)


def _whole(records):
    """A field that no record has is an unknown column: exports write null."""
    return [{name: record.get(name) for name in _columns(records)} for record in records]


def _json(file: Path, records):
    file.write_text(json.dumps(_whole(records), ensure_ascii=False), encoding="utf-8")


def _json_lines(file: Path, records):
    lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in _whole(records)]
    file.write_text("".join(lines), encoding="utf-8")


def _parquet(file: Path, records):
    columns = {
        name: pyarrow.array([each.get(name) for each in records], pyarrow.string())
        for name in _columns(records)
    }
    parquet.write_table(pyarrow.table(columns), file)


def _files(suffix: str, write):
    def serve(folder: Path, records, **told):
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / f"export.{suffix}", records)
        return FilesReader(
            parse_source({"path": f"export.{suffix}"} | MAPPING | told, "feed.yml", "feed"), folder
        )

    return serve


@dataclass(frozen=True)
class Kind:
    """How one kind of source is tried out."""

    serve: Callable  # (folder, records, **keys of the YAML) -> reader
    take_away: Callable[[Path], None]  # what `serve` put into the folder, so that the source is not there
    place: str  # what messages call it
    gone: str = "no such file"  # what is said where it is not there
    longest: int = 2**20  # characters of a text that the format can hold


def _no_file(folder: Path) -> None:
    for file in folder.glob("export.*"):
        file.unlink()


def _file(suffix: str, write, **told) -> Kind:
    return Kind(_files(suffix, write), _no_file, "export.", **told)


def _sql(url_of, gone) -> Kind:
    return Kind(database(url_of, MAPPING, _columns), unreachable, "query of source feed", gone)


KINDS: dict[str, Kind] = {
    "csv": _file("csv", _delimited(",")),
    "tsv": _file("tsv", _delimited("\t")),
    "xlsx": _file("xlsx", _sheet, longest=32_767),
    "json": _file("json", _json),
    "jsonl": _file("jsonl", _json_lines),
    "parquet": _file("parquet", _parquet),
    "rest": Kind(apis.rest(_columns, MAPPING), apis.take_away, "export.", "no answer after 6 tries"),
    "zendesk": Kind(
        apis.zendesk(_columns, MAPPING), apis.take_away, "tickets/cursor", "no answer after 6 tries"
    ),
    "object_memory": Kind(objects("memory", _delimited(","), MAPPING), taker("memory"), "export."),
    "object_s3": Kind(objects("s3", _delimited(","), MAPPING), taker("s3"), "export."),
    "sql_sqlite": _sql(sqlite_url, "no such file"),
    "sql_postgresql": _sql(postgresql_url, "can't be reached"),
}
