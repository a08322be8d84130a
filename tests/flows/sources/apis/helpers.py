"""Short ways to describe an API of a test and to read it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flows.sources.reader import Position
from flows.sources.record import Record
from flows.sources.registry import parse_source, reader
from tests.flows.sources.apis.server import SECRET

SEEN = datetime(2025, 3, 10, 3, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
QUICK = {"tries": 6, "first_wait": 0.01, "longest_wait": 1}
REST = {
    "kind": "rest",
    "path": "/export.json",
    "auth": {"type": "bearer", "env": "EXAMPLE_TOKEN"},
    "rows": "data",
    "paging": {"type": "cursor", "param": "cursor", "next": "meta.next"},
    "retry": QUICK,
    "timeout": 0.4,
    "channel": "ticket",
    "text": "body",
    "id": "ticket",
}


def api_reader(monkeypatch, tmp_path, **told):
    """A reader of a source with these keys, its secret in the environment."""
    monkeypatch.setenv("EXAMPLE_TOKEN", SECRET)
    return reader(parse_source(told, "feed.yml", "feed"), tmp_path, PARIS, b"k" * 32)


def items(rows, after=None):
    [part] = rows.parts()
    return list(rows.read(part, SEEN, after or Position()))


def records(found):
    return [item for item in found if isinstance(item, Record)]


def texts(found):
    return [item.text for item in records(found)]


def done(found, before=None):
    """The position that is stored once all these items are."""
    return (
        Position(found[-1].row, True, found[-1].mark) if found else Position(0, True, before and before.mark)
    )
