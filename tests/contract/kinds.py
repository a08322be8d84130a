"""The kinds of source that pass the contract suite: a later kind joins by adding one entry to KINDS.

An entry puts records where its kind finds them, and gives a reader with `check`, `parts` and `read`.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow
from pyarrow import parquet

from flows.sources.files import FilesReader
from flows.sources.registry import parse_source

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


KINDS: dict[str, Callable] = {
    "csv": _files("csv", _delimited(",")),
    "tsv": _files("tsv", _delimited("\t")),
    "xlsx": _files("xlsx", _sheet),
    "json": _files("json", _json),
    "jsonl": _files("jsonl", _json_lines),
    "parquet": _files("parquet", _parquet),
}
