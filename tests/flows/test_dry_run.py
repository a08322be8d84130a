"""`run --dry-run`: says what a run would do, and writes nothing."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from flows.dry_run import COLUMNS, preview

from .night import TABLES, row, rows
from .test_night import FEED

MORE = (
    row("a", "Je suis furieux !", customer="c1", rating=2),
    row("b", "Finalement, bof"),
    row("z", "Merci"),
)


def _everything(room):
    with room.open() as work:
        return [rows(work.engine, table) for table in TABLES]


@pytest.mark.parametrize("limit", [None, 3])
def test_it_counts_what_the_run_then_does_and_writes_nothing(room, limit):
    room.feed(*FEED)
    room.feed(*MORE, source="survey")
    before = _everything(room)
    told = preview(room.config, (), limit)
    assert _everything(room) == before
    done = room.night(limit=limit)
    for source, counts in told.sources.items():
        assert {name: counts[name] for name in COLUMNS} == {
            name: done.of_source(source).get(name, 0) for name in COLUMNS
        }
    assert told.to_score == done.total("scored") + done.total("refused")


def test_it_compares_with_what_is_stored(room):
    room.feed(*FEED)
    room.night()
    room.feed(*MORE, file="2.csv")
    told = preview(room.config, (), None)
    assert told.sources["reviews"] == {
        "read": 3, "new": 1, "revised": 1, "updated": 1, "duplicate": 0, "skipped": 0, "quarantined": 0,
    }  # fmt: skip
    done = room.night()
    assert [done.total(name) for name in COLUMNS] == [3, 1, 1, 1, 0, 0, 0]


def test_what_waits_for_another_model_version_is_counted(room):
    room.feed(*FEED)
    room.night()
    room.model("other", seed=1)
    assert preview(room.config, (), None).to_score == 4


def test_no_byte_of_the_database_changes(small_room):
    small_room.feed(*FEED)
    small_room.night()
    small_room.feed(*MORE, file="2.csv")
    file = Path(str(make_url(small_room.database_url).database))
    before = file.read_bytes()
    preview(small_room.config, (), None)
    assert file.read_bytes() == before


def test_it_does_not_load_the_model(small_room, monkeypatch):
    small_room.feed(*FEED)
    monkeypatch.setattr("flows.workspace.load_model", lambda *_args: pytest.fail("loaded"))
    assert preview(small_room.config, (), None).to_score == 4


def test_the_command_prints_it_and_says_that_nothing_was_written(ressenti, small_room):
    small_room.feed(*FEED)
    said = ressenti("run", "--dry-run")
    assert (said.code, said.err) == (0, "")
    assert "4 texts would be scored. Nothing was written." in said.out
    assert "reviews" in said.out


def test_a_source_that_can_not_be_read_fails_it_as_it_fails_the_run(ressenti, small_room):
    small_room.feed(*FEED)
    small_room.source("survey", path="/nowhere/feed.csv")
    said = ressenti("run", "--dry-run")
    assert said.code == 1
    assert "4 texts would be scored" in said.out
    assert said.err.startswith("ressenti: failed: source survey: /nowhere/feed.csv: no such file")
    assert said.err.count("\n") == 1
