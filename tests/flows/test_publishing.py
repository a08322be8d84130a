"""Publishing: what readers see changes in one row, once everything behind it is there."""

import pytest

from flows.publishing import publish, settle_version
from flows.scoring import score_and_tag, waiting
from storage import schema
from storage.database import reading
from storage.registry import active

from .night import counts, external_ids, row, rows

FEED = [
    row(number, text) for number, text in enumerate(["Merci", "bof", "Je suis furieux", "rien", "merci bien"])
]


def _shown(work):
    with reading(work.engine) as connection:
        return active(connection).get("default")


def _tags(work):
    """{external id: labels} by what is shown."""
    shown, ids = _shown(work), external_ids(work.engine)
    revisions = {found["id"]: ids[found["feedback_id"]] for found in rows(work.engine, schema.revision)}
    predictions = {
        found["id"]: revisions[found["revision_id"]]
        for found in rows(work.engine, schema.prediction)
        if found["model_version"] == shown.model_version
    }
    told: dict[str, set[str]] = {}
    for found in rows(work.engine, schema.tag):
        if found["threshold_set"] == shown.threshold_set and found["prediction_id"] in predictions:
            told.setdefault(predictions[found["prediction_id"]], set()).add(found["label"])
    return told


def _no_scoring(monkeypatch):
    monkeypatch.setattr("nlp.model.Model.score", lambda *_args: pytest.fail("scored again"))


def test_the_first_run_shows_its_model_from_the_first_record_on(room, work):
    assert _shown(work) is None
    settle_version(work, "a run")
    assert _shown(work) == work.configured
    assert not publish(work, "a run")  # there already


def test_another_model_version_is_shown_only_when_it_has_seen_everything(room):
    room.settings(chunk_texts=2)
    room.feed(*FEED)
    room.night()
    with room.open() as work:
        before, old = rows(work.engine, schema.prediction), work.configured
    room.model("other", seed=1)
    with room.open() as work:
        run_id = before[0]["run_id"]
        settle_version(work, run_id)
        for texts in waiting(work):
            assert _shown(work) == old
            score_and_tag(work, run_id, texts)
        assert _shown(work) == old
        assert publish(work, run_id)
        assert _shown(work) == work.configured != old
        after = rows(work.engine, schema.prediction)
        assert after[: len(before)] == before
        assert len(after) == 2 * len(before)


def test_a_model_change_that_was_interrupted_goes_on_where_it_stopped(room, monkeypatch):
    room.settings(chunk_texts=2)
    room.feed(*FEED)
    room.night()
    room.model("other", seed=1)
    with room.open() as work:
        run_id = rows(work.engine, schema.run)[0]["id"]
        settle_version(work, run_id)
        score_and_tag(work, run_id, next(waiting(work)))
    assert counts(room.night())["scored", ""] == len(FEED) - 2
    with room.open() as work:
        assert _shown(work) == work.configured


def test_what_comes_in_while_a_model_changes_is_scored_once_by_the_new_one(room):
    room.feed(*FEED)
    room.night()
    room.model("other", seed=1)
    room.feed(row("new", "Merci"), file="2.csv")
    assert counts(room.night())["scored", ""] == len(FEED) + 1
    with room.open() as work:
        versions = [found["model_version"] for found in rows(work.engine, schema.prediction)]
        assert versions.count(work.version.id) == len(FEED) + 1


def test_going_back_to_a_version_scores_nothing(room, monkeypatch):
    room.feed(*FEED)
    room.night()
    with room.open() as work:
        old, before = work.configured, _tags(work)
    first = str(work.settings.model)
    room.model("other", seed=1)
    room.night()
    room.settings(model=first)
    _no_scoring(monkeypatch)
    assert counts(room.night()) == {}
    with room.open() as work:
        assert _shown(work) == old
        assert _tags(work) == before


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (0.99, {"0": {"unclear"}, "2": {"unclear"}, "4": {"unclear"}}),
        (0.4, {"0": {"gratitude"}, "1": {"disappointment"}, "2": {"anger"}, "4": {"gratitude"}}),
    ],
)
def test_other_thresholds_derive_the_tags_again_without_scoring(room, monkeypatch, tag, expected):
    room.settings(chunk_texts=2)
    room.feed(*FEED)
    room.night()
    with room.open() as work:
        scores, version = rows(work.engine, schema.prediction), work.version.id
    room.model("thresholds", tag=tag)
    _no_scoring(monkeypatch)
    assert counts(room.night()) == {}
    with room.open() as work:
        assert work.version.id == version
        assert _shown(work) == work.configured
        assert _tags(work) == expected
        assert rows(work.engine, schema.prediction) == scores


def test_new_feedback_and_old_have_tags_by_the_same_thresholds(room):
    room.feed(*FEED)
    room.night()
    room.model("thresholds", tag=0.4)
    room.feed(row("new", "bof"), file="2.csv")
    room.night()
    with room.open() as work:
        told = _tags(work)
        assert told["new"] == told["1"] == {"disappointment"}


def test_a_label_that_the_model_lacks_is_not_in_its_scores(room):
    room.model("small", labels=("gratitude", "anger"))
    room.feed(*FEED, row("x", "C'est injuste"))
    told = counts(room.night())
    assert ("tagged", "injustice") not in told
    with room.open() as work:
        for found in rows(work.engine, schema.prediction):
            assert sorted(found["scores"]) == ["anger", "gratitude"]
