from dataclasses import asdict

import pytest

from storage import schema
from storage.database import reading, writing
from storage.notes import catch_up
from storage.reader import Selection, batches, count_pending, count_revisions, select_revisions
from storage.registry import activate, roll_back, withdraw

from .world import (
    NOW,
    add_model,
    add_run,
    add_source,
    item,
    later,
    predict,
    rows,
    scored,
    store,
    waiting,
    waiting_keys,
)


@pytest.fixture
def run(engine):
    return add_run(engine)


@pytest.fixture
def source(engine):
    return add_source(engine)


def _count(engine, **filters):
    with reading(engine) as connection:
        return count_pending(connection, **filters)


def _score_all(engine, run):
    while texts := waiting(engine):
        predict(engine, run, *(scored(text, "joy") for text in texts))


def _select(engine, **choice):
    with reading(engine) as connection:
        selection = Selection(**choice)
        found = select_revisions(connection, selection, 100)
        assert count_revisions(connection, selection) == len(found)
        return [text.external_id for text in found]


def test_without_an_active_version_nothing_is_pending(engine, source, run):
    store(engine, source, run, item("a"))
    add_model(engine, active=False)
    assert waiting(engine) == []


def test_a_pending_text_brings_what_a_rule_may_ask(engine, source, run):
    add_model(engine)
    said = item("a", "Nul", customer="c", written_at=NOW, nps=1, survey="S", batch="W12", tokens=4)
    store(engine, source, run, said)
    [text] = waiting(engine)
    known = asdict(text)
    for name in ("clean_text", "language", "customer", "written_at", "rating", "nps", "survey", "batch"):
        assert known[name] == getattr(said, name), name
    assert (text.source, text.source_id, text.external_id) == ("reviews", source, "a")
    assert (text.model_version, text.threshold_set, text.discovered_at) == ("m1", "t-m1", NOW)


def test_pending_goes_on_after_what_was_predicted_in_order_and_in_pieces(engine, source, run):
    add_model(engine)
    store(engine, source, run, *(item(f"{n:02}") for n in range(25)))
    first = waiting(engine, 10)
    assert [text.external_id for text in first] == [f"{n:02}" for n in range(10)]
    assert waiting_keys(engine, limit=10, after=first[-1].revision_id)[0] == "10"
    predict(engine, run, *(scored(text) for text in first))
    assert waiting_keys(engine) == [f"{n:02}" for n in range(10, 25)]
    assert _count(engine) == 15
    _score_all(engine, run)
    assert (waiting(engine), _count(engine)) == ([], 0)


def test_a_new_revision_is_pending_and_the_old_one_is_not(engine, source, run):
    add_model(engine)
    store(engine, source, run, item("a", "1"), item("b"))
    store(engine, source, run, item("a", "2"))
    assert [(text.external_id, text.clean_text) for text in waiting(engine)] == [
        ("b", "Jamais remboursé !"),
        ("a", "2"),
    ]
    _score_all(engine, run)
    store(engine, source, run, item("a", "3"))
    assert waiting_keys(engine) == ["a"]


def test_a_deleted_feedback_is_not_pending(engine, source, run):
    add_model(engine)
    store(engine, source, run, item("a"), item("b"))
    with writing(engine) as connection:
        deleted = schema.feedback.update().where(schema.feedback.c.external_id == "a")
        connection.execute(deleted, {"deleted_at": NOW})
    assert waiting_keys(engine) == ["b"]
    assert _select(engine) == ["b"]


def test_only_the_sources_asked_for(engine, source, run):
    add_model(engine)
    other = add_source(engine, "tickets")
    store(engine, source, run, item("a"))
    store(engine, other, run, item("b"))
    assert waiting_keys(engine, sources=[other]) == ["b"]
    assert _count(engine, sources=[source]) == 1


def test_activating_a_version_makes_all_pending_and_rolling_back_none(engine, source, run):
    add_model(engine)
    store(engine, source, run, *(item(f"{n}") for n in range(5)))
    _score_all(engine, run)
    add_model(engine, "m2")
    assert waiting_keys(engine) == [f"{n}" for n in range(5)]
    predict(engine, run, *(scored(text) for text in waiting(engine, 3)))
    assert waiting_keys(engine) == ["3", "4"]
    with writing(engine) as connection:
        assert roll_back(connection, NOW, by="a test").model_version == "m1"
    assert (waiting(engine), _count(engine)) == ([], 0)
    with writing(engine) as connection:
        assert roll_back(connection, NOW, by="a test").model_version == "m2"
    assert waiting_keys(engine) == ["3", "4"]


def test_a_batch_shows_its_own_version(engine, source, run):
    add_model(engine)
    store(engine, source, run, item("a"), item("w", batch="W12"), item("x", batch="W13"))
    add_model(engine, "m2", scope="batch:W12")
    assert [(text.external_id, text.model_version, text.threshold_set) for text in waiting(engine)] == [
        ("a", "m1", "t-m1"),
        ("w", "m2", "t-m2"),
        ("x", "m1", "t-m1"),
    ]
    assert waiting_keys(engine, model_version="m1") == ["a", "x"]
    assert waiting_keys(engine, model_version="m2") == ["w"]
    assert _count(engine, model_version="m2") == 1
    _score_all(engine, run)
    store(engine, source, run, item("v", batch="W12"), item("b"))
    assert waiting_keys(engine) == ["v", "b"]
    with writing(engine) as connection:
        assert withdraw(connection, "W12", NOW, by="a test")
    assert waiting_keys(engine) == ["w", "v", "b"]


def test_a_batch_that_goes_back_to_a_version_which_spoke_of_it_is_not_pending(engine, source, run):
    add_model(engine)
    store(engine, source, run, item("w", batch="W12"), item("a"))
    _score_all(engine, run)
    add_model(engine, "m2", scope="batch:W12")
    _score_all(engine, run)
    with writing(engine) as connection:
        withdraw(connection, "W12", NOW, by="a test")
    assert waiting(engine) == []
    with writing(engine) as connection:
        activate(connection, "m2", "t-m2", NOW, by="a test")
    assert waiting_keys(engine) == ["a"]


def test_selections_for_reprocessing(engine, source, run):
    add_model(engine)
    tickets = add_source(engine, "tickets")
    store(
        engine, source, run, item("a", written_at=later(days=-10)), item("b", "x", language="en", batch="W12")
    )
    store(engine, tickets, run, item("c", "Top", batch="W12"))
    store(engine, tickets, run, item("c", "Top !", batch="W12"))
    assert _select(engine) == ["a", "b", "c"]
    assert _select(engine, batch="W12") == ["b", "c"]
    assert _select(engine, sources=[tickets]) == ["c"]
    assert _select(engine, language="en") == ["b"]
    assert _select(engine, since=later(days=-11), until=later(days=-10)) == []
    assert _select(engine, since=later(days=-10), until=later(days=-9)) == ["a"]
    assert _select(engine, since=later(days=-9)) == ["b", "c"]
    a, b, _ = waiting(engine)
    predict(engine, run, scored(a, "joy"), scored(b, "anger"))
    assert _select(engine, lacking="m1") == ["c"]
    assert _select(engine, tag="anger") == ["b"]
    assert _select(engine, tag="joy", batch="W12") == []
    with reading(engine) as connection:
        assert batches(connection) == ["W12"]


def test_a_selection_by_tag_follows_what_each_scope_shows(engine, source, run):
    add_model(engine)
    store(engine, source, run, item("a"), item("w", batch="W12"))
    _score_all(engine, run)
    add_model(engine, "m2", scope="batch:W12")
    assert _select(engine, tag="joy") == ["a"]
    _score_all(engine, run)
    assert _select(engine, tag="joy") == ["a", "w"]


def test_catching_up_after_a_rollback_changes_notes_but_not_what_is_pending(engine, source, run):
    def noted():
        return [row["predicted_by"] for row in rows(engine, schema.revision)]

    add_model(engine)
    store(engine, source, run, *(item(f"{n}") for n in range(4)), item("w", batch="W12"))
    _score_all(engine, run)
    add_model(engine, "m2")
    predict(engine, run, *(scored(text) for text in waiting(engine) if text.external_id != "3"))
    assert noted() == ["m2", "m2", "m2", "m1", "m2"]
    with writing(engine) as connection:
        assert catch_up(connection) == 0
        roll_back(connection, NOW, by="a test")
        activate(connection, "m2", "t-m2", NOW, by="a test", scope="batch:W12")
    store(engine, source, run, item("new"))
    with writing(engine) as connection:
        assert [catch_up(connection, 2) for _ in range(3)] == [2, 1, 0]
    assert noted() == ["m1", "m1", "m1", "m1", "m2", None]
    assert waiting_keys(engine) == ["new"]
