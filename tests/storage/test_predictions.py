import pytest

from storage import schema
from storage.database import writing
from storage.predictions import NewPrediction, NewTag, write_tags

from .world import (
    add_model,
    add_run,
    add_source,
    counts,
    erase,
    item,
    later,
    predict,
    rows,
    scored,
    store,
    waiting,
)


@pytest.fixture
def run(engine):
    run_id = add_run(engine)
    store(engine, add_source(engine), run_id, item("a"), item("b", "Bof"), item("c", "Top"))
    add_model(engine)
    return run_id


def test_scores_tags_and_counts_are_written_once(engine, run):
    a, b, c = waiting(engine)
    refused = NewPrediction(
        revision_id=c.revision_id, model_version="m1", outcome="refused", reason="unsupported_language"
    )
    said = [scored(b), scored(a, "anger", "joy"), refused]
    assert predict(engine, run, *said) == 3
    first, _, third = rows(engine, schema.prediction)
    assert first["scores"] == {"joy": 0.12346, "anger": 0.9}
    assert (first["outcome"], first["reason"], first["run_id"]) == ("scored", None, run)
    assert (third["outcome"], third["reason"], third["scores"]) == ("refused", "unsupported_language", None)
    assert [
        (row["prediction_id"], row["label"], row["threshold_set"]) for row in rows(engine, schema.tag)
    ] == [
        (first["id"], "anger", "t-m1"),
        (first["id"], "joy", "t-m1"),
    ]
    counted = counts(engine, run)
    assert counted["scored", ""] == 2
    assert counted["refused", "unsupported_language"] == 1
    assert (counted["tagged", "anger"], counted["tagged", "joy"]) == (1, 1)
    assert waiting(engine) == []


def test_a_second_writer_changes_nothing_and_counts_nothing(engine, run):
    a, b, _ = waiting(engine)
    predict(engine, run, scored(a, "anger"))
    before = rows(engine, schema.prediction), rows(engine, schema.tag)
    assert predict(engine, run, scored(a, "joy"), scored(b), now=later(days=1)) == 1
    after = rows(engine, schema.prediction), rows(engine, schema.tag)
    assert (after[0][:1], after[1]) == before
    assert counts(engine, run)["scored", ""] == 2
    assert ("tagged", "joy") not in counts(engine, run)


def test_two_versions_speak_of_one_text_side_by_side(engine, run):
    add_model(engine, "m2", active=False)
    [a, *_] = waiting(engine)
    assert predict(engine, run, scored(a), scored(a, "joy", version="m2")) == 2
    assert predict(engine, run, scored(a), scored(a, version="m2")) == 0
    assert [row["model_version"] for row in rows(engine, schema.prediction)] == ["m1", "m2"]


def test_the_same_text_twice_in_one_call_is_one_prediction(engine, run):
    [a, *_] = waiting(engine)
    assert predict(engine, run, scored(a), scored(a)) == 1


def test_a_text_erased_while_it_was_scored_is_left_out(engine, run):
    a, b, _ = waiting(engine)
    with writing(engine) as connection:
        erase(connection, schema.revision, id=a.revision_id)
    assert predict(engine, run, scored(a), scored(b)) == 1


def test_nothing_to_write_writes_nothing(engine, run):
    assert predict(engine, run) == 0


def test_a_version_that_is_not_registered_is_refused(engine, run):
    [a, *_] = waiting(engine)
    with pytest.raises(Exception, match=r"(?i)foreign"):
        predict(engine, run, scored(a, version="unknown"))
    assert len(waiting(engine)) == 3


def test_new_thresholds_add_their_own_tags_and_make_nothing_pending(engine, run):
    predict(engine, run, *(scored(text, "joy") for text in waiting(engine)))
    ids = [row["id"] for row in rows(engine, schema.prediction)]
    with writing(engine) as connection:
        connection.execute(
            schema.threshold_set.insert(),
            {"id": "t-new", "model_version": "m1", "values": {}, "registered_at": later()},
        )
        for _ in range(2):
            assert write_tags(connection, "t-new", [(ids[0], [NewTag("joy", 0.4, False)]), (ids[1], [])]) == 1
    assert len(rows(engine, schema.tag)) == 4
    assert waiting(engine) == []
