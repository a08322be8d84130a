"""A view as one CSV file: UTF-8 with a mark for spreadsheets, comma, every text in quotes and safe from formulas.

The rows stand day after day, and the state knows where each day begins: a new file takes the days that have not
changed from the old one. It gets its name when it is whole.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Connection

from flows.exports.cells import formula_safe
from flows.exports.rows import batches
from flows.exports.state import Kept, State, as_json, read
from flows.saving import saved
from storage.export import Part, View

MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something else
OPTIONS = csv.WriteOptions(include_header=False, quoting_style="needed")
BLOCK = 1 << 20


class CsvFile:
    """The file of one view.

    Args:
        out: the export's folder.
        view: the view.
    """

    def __init__(self, out: Path, view: View) -> None:
        self._view = view
        self._file = out / f"{view.name}.csv"
        self._state_file = out / f".{view.name}.csv.json"
        found = read(self._state_file)
        self.state = found if found.file == _stamp(self._file) else State()

    def write(self, connection: Connection, parts: Iterator[tuple[Part, bool]]) -> None:
        """Write parts, each with whether it has changed; all others go.

        Args:
            connection: the snapshot that the parts are from.
            parts: as `exporting` finds them.
        """
        kept = {}
        with tempfile.NamedTemporaryFile(
            dir=self._file.parent, prefix=f".{self._file.name}.", delete=False
        ) as stream:
            header = ",".join(f'"{name}"' for name in self._view.columns)
            stream.write(f"{MARK}{header}\n".encode())
            for part, changed in parts:
                start = stream.tell()
                if changed:
                    self._write_part(connection, part, stream)
                else:
                    _copy(self._file, self.state.parts[part.day], stream)
                kept[part.day] = Kept(part.rows, part.digest, start, stream.tell())
        new = Path(stream.name)
        new.chmod(0o644)
        new.replace(self._file)
        with saved(self._state_file) as text:
            text.write(as_json(State(dict(self._view.columns), kept, _stamp(self._file))))

    def clear(self) -> None:
        """Remove what a killed export left."""
        for left in self._file.parent.glob(f".{self._file.name}.*"):
            if left != self._state_file:
                left.unlink()

    def _write_part(self, connection: Connection, part: Part, stream: IO[bytes]) -> None:
        for batch in batches(connection, self._view, part.day):
            buffer = pa.BufferOutputStream()
            csv.write_csv(_safe(batch), buffer, OPTIONS)
            stream.write(buffer.getvalue())


def _safe(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        formula_safe(column) if pa.types.is_string(column.type) else column for column in batch.columns
    ]
    return pa.record_batch(columns, schema=batch.schema)


def _copy(file: Path, kept: Kept, stream: IO[bytes]) -> None:
    with file.open("rb") as old:
        old.seek(kept.start)
        left = kept.end - kept.start
        while left:
            block = old.read(min(BLOCK, left))
            stream.write(block)
            left -= len(block)


def _stamp(file: Path) -> tuple[int, int] | None:
    """Size and time of a file; None where there is none."""
    if not file.exists():
        return None
    found = file.stat()
    return found.st_size, found.st_mtime_ns
