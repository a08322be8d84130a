"""A view as a folder of Parquet files, one for each day: `OUT/VIEW/day=2026-11-20/part.parquet`.

`OUT/VIEW` is a link to a hidden folder that holds the files and their state. An export fills another folder beside
it, with hard links to the files that stay as they are, and turns the link: readers and a kill find the old folder or
the new one.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import Connection

from configs.errors import ConfigError
from flows.exports.rows import batches, schema_of
from flows.exports.state import Kept, State, as_json, read
from storage.export import DAY, Part, View

STATE = "_state.json"  # readers of Parquet leave out what begins with _
PART = "part.parquet"


class ParquetFolder:
    """The files of one view.

    Args:
        out: the export's folder.
        view: the view.

    Raises:
        ConfigError: something else stands in its place.
    """

    def __init__(self, out: Path, view: View) -> None:
        self._out, self._view = out, view
        self._link = out / view.name
        if self._link.exists() and not self._link.is_symlink():
            raise ConfigError(
                "this is no export",
                place=self._link,
                accepted="what `ressenti export` made",
                fix="name another --out",
            )
        self.state = read(self._link / STATE)

    def write(self, connection: Connection, parts: Iterator[tuple[Part, bool]]) -> None:
        """Write parts, each with whether it has changed; all others go.

        Args:
            connection: the snapshot that the parts are from.
            parts: as `exporting` finds them.
        """
        folder = Path(tempfile.mkdtemp(dir=self._out, prefix=f".{self._view.name}."))
        folder.chmod(0o755)
        kept = {}
        for part, changed in parts:
            file = folder / _place(part.day)
            file.parent.mkdir(exist_ok=True)
            if changed:
                self._write_part(connection, part, file)
            else:
                _link_or_copy(self._link / _place(part.day), file)
            kept[part.day] = Kept(part.rows, part.digest)
        (folder / STATE).write_text(as_json(State(dict(self._view.columns), kept)), encoding="utf-8")
        self._show(folder)

    def clear(self) -> None:
        """Remove what a killed export left."""
        shown = os.readlink(self._link) if self._link.is_symlink() else ""
        for left in self._out.glob(f".{self._view.name}.*"):
            if left.is_dir() and not left.is_symlink() and left.name != shown:
                shutil.rmtree(left)
            elif left.is_symlink():
                left.unlink()

    def _write_part(self, connection: Connection, part: Part, file: Path) -> None:
        """The day stands in the folder's name, so it is left out of the file."""
        schema = schema_of(self._view)
        if part.day is not None:
            schema = schema.remove(schema.get_field_index(DAY))
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for batch in batches(connection, self._view, part.day):
                writer.write_batch(batch.select(schema.names))

    def _show(self, folder: Path) -> None:
        link = folder.with_name(f"{folder.name}.link")
        link.symlink_to(folder.name)
        link.replace(self._link)
        self.clear()


def _place(day: date | None) -> Path:
    return Path(PART) if day is None else Path(f"day={day.isoformat()}", PART)


def _link_or_copy(old: Path, new: Path) -> None:
    try:
        os.link(old.resolve(), new)
    except OSError:  # a file system without hard links
        shutil.copyfile(old, new)
