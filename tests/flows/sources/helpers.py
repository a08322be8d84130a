"""Short ways to write a source and read it."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.sources.files import FilesReader
from flows.sources.formats.table import Row
from flows.sources.mapping import RowMapper
from flows.sources.preview import outcome
from flows.sources.reader import Position
from flows.sources.registry import parse_source

SEEN = datetime(2025, 3, 10, 3, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def source(**told):
    told = {"path": "feed.csv", "channel": "review", "text": "text"} | told
    return parse_source(told, "feed.yml", "feed")


def mapped(cells, **told):
    """One row of a source with these settings, mapped."""
    return RowMapper(source(**told), SEEN, PARIS).item(Row(1, 2, cells), "feed.csv")


def read(folder: Path, after_row: int = 0, seen: datetime = SEEN, **told):
    reader = FilesReader(source(**told), folder)
    reader.check()
    return [item for part in reader.parts() for item in reader.read(part, seen, Position(after_row))]


def read_bytes(folder: Path, content: bytes, name: str = "feed.csv", **told):
    (folder / name).write_bytes(content)
    return read(folder, path=name, **told)


def outcomes(items):
    return [outcome(item) for item in items]


def texts(items):
    return [item.text for item in items if outcome(item) == "record"]


def lines(items):
    return [item.place.line for item in items]
