"""What a source says is deleted goes out of every view, and comes back when the source has it again."""

import pytest

from configs.errors import ConfigError
from flows.quarantine import chosen, replay_records
from storage import schema

from .night import counts, current, night, row, rows

DELETED = {"deleted": {"column": "kind", "equals": "deleted"}, "skip": None}
SAD = "je suis déçu"


def gone(work):
    return {
        each["external_id"] for each in rows(work.engine, schema.feedback) if each["deleted_at"] is not None
    }


def test_a_deleted_feedback_is_marked_and_its_words_are_still_there(room, work):
    room.source(**DELETED)
    room.feed(row(1, SAD), row(2, "ravi"), file="a.csv")
    night(work)
    room.feed(row(1, "", kind="deleted"), row(9, "", kind="deleted"), file="b.csv")
    told = counts(night(work))
    assert told["skipped", "deleted"] == 2
    assert gone(work) == {"1"}
    assert len(rows(work.engine, schema.feedback)) == len(rows(work.engine, schema.revision)) == 2
    assert "1" not in current(work.engine)


def test_a_feedback_that_the_source_has_again_comes_back(room, work):
    room.source(**DELETED)
    room.feed(row(1, SAD), file="a.csv")
    room.feed(row(1, "", kind="deleted"), file="b.csv")
    night(work)
    assert gone(work) == {"1"}
    room.feed(row(1, SAD, city="Lyon"), file="c.csv")
    night(work)
    assert gone(work) == set()


def test_a_deletion_needs_the_feeds_own_id(small_room):
    small_room.source(**DELETED, id={"derive": ["text"]})
    with small_room.open() as work, pytest.raises(ConfigError, match="`deleted` needs `id: COLUMN`"):
        night(work)


def test_a_deletion_without_an_id_is_mended_in_quarantine(small_room):
    small_room.source(**DELETED)
    small_room.feed(row(1, SAD), row("", "", kind="deleted"))
    with small_room.open() as work:
        assert counts(night(work))["quarantined", "missing_id"] == 1
        replayed = list(replay_records(work, chosen(work, [], None), ["id=1"], discard=False, dry_run=False))
        assert replayed == [("1: left out: deleted", True)]
        assert gone(work) == {"1"}
