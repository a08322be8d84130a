"""Sources of kind `files`: one file, a folder, or a glob of CSV, TSV, XLSX, JSON, JSON lines or Parquet."""

import glob
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo

from configs.errors import ConfigError, SourceUnavailable
from flows.sources.config import SUFFIXES, FilesConfig
from flows.sources.formats import open_table
from flows.sources.formats.encoding import check_encoding
from flows.sources.keys import COLLISION, KeyIndex, Verdict
from flows.sources.mapping import RowMapper
from flows.sources.reader import START, Part, Position
from flows.sources.record import Duplicate, Item, Record, Rejected
from flows.sources.suggest import did_you_mean

PARIS = ZoneInfo("Europe/Paris")
_WAITING = 8 * 2**20  # bytes of a text file whose items may wait in memory: about 100 MB of them


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart(Part):
    """One file of a source, as it is now. Its key is of content and mapping: read once, it is not read again."""

    bytes: int
    path: Path
    modified: int  # ns: a file that changes between being hashed and being read is not read


class FilesReader:
    """Reads a source's files in parts. Memory is bounded whatever a file's length, but for workbooks: a sheet.

    Args:
        config: the source's description.
        root: where relative paths start.
        zone: of dates that name none, where the description names none either.
        key: secret that derived ids are hashed with.
    """

    def __init__(self, config: FilesConfig, root: Path, zone: ZoneInfo = PARIS, key: bytes = b"") -> None:
        self.config, self._root, self._zone, self._key = config, root, zone, key

    def check(self) -> None:
        """Stop before anything is written when a file can't be read as described.

        Raises:
            SourceUnavailable: no such file, not readable, cut short.
            ConfigError: a wrong encoding, an unknown column, sheet or list.
        """
        for path in self._files():
            self.check_file(path)

    def check_file(self, path: Path) -> None:
        """The same for one file."""
        kind = self.config.format_of(path)
        if path.stat().st_size == 0 and kind != "jsonl":
            raise SourceUnavailable("the file is empty, without even a header", place=path.name)
        if kind in ("csv", "tsv", "json", "jsonl"):
            check_encoding(path, self.config.format.encoding)
        columns = open_table(path, self.config.format).columns()
        if columns is not None:
            self._check_columns(path, columns)

    def parts(self) -> list[FilePart]:
        """The files as they are now, by name.

        Raises:
            SourceUnavailable: no such file, or one that can't be opened.
        """
        return [self._part(path) for path in self._files()]

    def read(self, part: Part, first_seen: datetime, after: Position = START) -> Iterator[Item]:
        """One item for each data row of the part after row `after.row`, in the order of rows.

        Which rows repeat or contradict each other is known only at the file's end: a small file's items wait
        for it in memory, a larger file is read twice.

        Args:
            part: what `parts` gave.
            first_seen: when this part was first seen, with a time zone; relative dates count from it.
            after: its `row` is the number of the last row that needs no reading any more.

        Raises:
            SourceUnavailable: the file changed or went away since `parts`.
        """
        assert isinstance(part, FilePart)
        self._refuse_changed(part)
        mapper = RowMapper(self.config, first_seen, self._zone, self._key)
        waiting: list[Item] | None = [] if self._is_small(part) else None
        with KeyIndex() as keys:
            for item in self._mapped(part, mapper):
                if isinstance(item, Record):
                    keys.add(item.row, item.external_id, item.text)
                if waiting is not None:
                    waiting.append(item)
            items = self._mapped(part, mapper) if waiting is None else iter(waiting)
            yield from _settled(items, keys.verdicts(), after.row)
        self._refuse_changed(part)

    def _is_small(self, part: FilePart) -> bool:
        packed = self.config.format_of(part.path) in ("xlsx", "parquet")
        return part.bytes <= (_WAITING // 8 if packed else _WAITING)

    def _mapped(self, part: FilePart, mapper: RowMapper) -> Iterator[Item]:
        for row in open_table(part.path, self.config.format).rows():
            yield mapper.item(row, part.file)

    def _files(self) -> list[Path]:
        place = self._root / self.config.path
        if place.is_dir():
            found = [each for each in place.iterdir() if each.is_file() and belongs(self.config, each)]
            return sorted(found, key=lambda path: path.name)
        found = [Path(each) for each in glob.glob(str(place), recursive=True) if Path(each).is_file()]
        found = [place] if place.is_file() else found
        if not found:
            fix = f"mend `path` of source {self.config.name}, or put the file there"
            raise SourceUnavailable("no such file", place=self.config.path, fix=fix)
        return sorted(found, key=lambda path: (path.name, str(path)))

    def _part(self, path: Path) -> FilePart:
        try:
            stat = path.stat()
            with path.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise SourceUnavailable("the file can't be read", place=path.name, found=error.strerror) from None
        key = hashlib.sha256(f"{content}:{self.config.fingerprint()}".encode()).hexdigest()
        return FilePart(key=key, file=path.name, bytes=stat.st_size, path=path, modified=stat.st_mtime_ns)

    def _refuse_changed(self, part: FilePart) -> None:
        try:
            stat = part.path.stat()
        except OSError:
            raise SourceUnavailable("the file went away", place=part.file, fix="run again") from None
        if (stat.st_size, stat.st_mtime_ns) != (part.bytes, part.modified):
            raise SourceUnavailable("the file changed while it was read", place=part.file, fix="run again")

    def _check_columns(self, path: Path, columns: list[str]) -> None:
        missing = [name for name in self.config.columns() if name not in columns]
        missing = [name for name in missing if name not in self.config.optional]
        if missing:
            fix = did_you_mean(missing[0], columns) or "mend the source's YAML, or name it under `optional`"
            raise ConfigError("no such column", place=path.name, found=missing[0], accepted=columns, fix=fix)


def belongs(config: FilesConfig, path: PurePath) -> bool:
    """Whether a file of the source's folder is meant: no hidden file, no lock of an office program."""
    meant = config.format.type is not None or path.suffix.lower() in SUFFIXES
    return meant and not path.name.startswith((".", "~"))


def _settled(
    items: Iterator[Item], verdicts: Iterator[tuple[int, Verdict]], after_row: int
) -> Iterator[Item]:
    """The items, with what the index knows of their rows; both come in the order of rows."""
    last: tuple[int, Verdict | None] = (2**63, None)
    ahead = chain(verdicts, [last])
    row, verdict = next(ahead)
    for item in items:
        while row < item.row:
            row, verdict = next(ahead)
        if item.row <= after_row:
            continue
        if row != item.row or not isinstance(item, Record):
            yield item
        elif verdict == "duplicate":
            yield Duplicate(item.place, item.row)
        else:
            yield Rejected(item.place, item.row, "id_collision", None, COLLISION, item.raw)
