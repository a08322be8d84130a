"""What people said over what models said: the views that everything reads."""

import pytest
from sqlalchemy import select, table, text

from storage import schema
from storage.database import reading, writing

from .world import (
    NOW,
    add_model,
    add_run,
    add_source,
    item,
    predict,
    scored,
    store,
    waiting,
)


@pytest.fixture
def room(engine):
    """Two texts of which m1 says anger and nothing; m2 is known and not shown."""
    source, run = add_source(engine), add_run(engine)
    add_model(engine)
    add_model(engine, "m2", active=False)
    store(engine, source, run, item("a"), item("b", "Bof", batch="W1"))
    a, b = waiting(engine)
    predict(
        engine, run, scored(a, "anger"), scored(b), scored(a, "joy", version="m2"), scored(b, version="m2")
    )
    return a.revision_id, b.revision_id


def _correct(engine, revision_id, label, present, at=NOW, author="lea"):
    values = {"revision_id": revision_id, "label": label, "present": present, "author": author}
    with writing(engine) as connection:
        connection.execute(schema.correction.insert(), values | {"corrected_at": at, "origin": "a test"})


def _read(engine, view):
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(select(text("*")).select_from(table(view)))]


def _current(engine):
    return {(row["revision_id"], row["label"]) for row in _read(engine, "current_tag")}


def test_without_corrections_the_shown_tags_are_the_current_ones(engine, room):
    a, _ = room
    [tag] = _read(engine, "current_tag")
    assert (tag["revision_id"], tag["label"], tag["score"], bool(tag["sure"])) == (a, "anger", 0.9, True)
    assert (tag["model_version"], tag["threshold_set"], tag["correction_id"]) == ("m1", "t-m1", None)


def test_what_a_person_said_wins(engine, room):
    a, b = room
    _correct(engine, a, "anger", False)
    _correct(engine, b, "joy", True)
    [tag] = _read(engine, "current_tag")
    assert (tag["revision_id"], tag["label"], tag["score"], bool(tag["sure"])) == (b, "joy", None, True)
    assert (tag["model_version"], tag["correction_id"]) == ("m1", 2)
