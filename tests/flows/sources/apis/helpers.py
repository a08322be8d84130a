"""Short ways to describe an API of a test and to read it."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.sources.reader import Position
from flows.sources.record import Record
from flows.sources.registry import parse_source, reader

SEEN = datetime(2025, 3, 10, 3, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
REST = {
    "kind": "rest",
    "path": "/export.json",
    "auth": {"type": "bearer", "env": "EXAMPLE_TOKEN"},
    "rows": "data",
    "paging": {"type": "cursor", "param": "cursor", "next": "meta.next"},
    "retry": {"tries": 6, "first_wait": 0.01, "longest_wait": 2},
    "timeout": 5,
    "channel": "ticket",
    "text": "body",
    "id": "ticket",
}


def source(**told):
    return parse_source(told, "feed.yml", "feed")


def reader_of(**told):
    """A reader of a source with these keys; its secret is in the environment."""
    return reader(source(**told), Path(), PARIS, b"k" * 32)


def items(rows, after=None):
    [part] = rows.parts()
    return list(rows.read(part, SEEN, after or Position()))


def records(found):
    return [item for item in found if isinstance(item, Record)]


def texts(found):
    return [item.text for item in records(found)]


def done(found, before=None):
    """The position that is stored once all these items are, and the reading came to its end."""
    return (
        Position(found[-1].row, True, found[-1].mark) if found else Position(0, True, before and before.mark)
    )


def behind(item):
    """The position that is stored with an item, when the reading was cut there."""
    return Position(item.row, False, item.mark)
