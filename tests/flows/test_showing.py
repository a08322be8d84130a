"""What a scope shows: nothing that came in lacks its tags, a person's choice stands, a rollback is one row."""

import logging

import pytest
import yaml

import flows.tagging
from flows.publishing import register
from flows.scoring import count_waiting, score_and_tag, waiting
from flows.tagging import show
from storage import schema
from storage.database import reading, writing
from storage.registry import DEFAULT, active, batch_scope, roll_back

from .night import counts, current, row, rows

FEED = [row(number, text) for number, text in enumerate(["Merci", "bof", "Je suis furieux", "rien"])]
BY_HALF = {"0": {"gratitude"}, "1": {"unclear"}, "2": {"anger"}}
BY_LESS = {"0": {"gratitude"}, "1": {"disappointment"}, "2": {"anger"}}  # thresholds of 0.4


def _batch(room, name):
    room.source("reviews", batch={"constant": name})


def _thresholds(room, **tags):
    """A file of thresholds, set in the settings."""
    file = room.folder / "thresholds.yml"
    file.write_text(
        yaml.safe_dump({"cuts": {label: {"tag": tag, "sure": 0.9} for label, tag in tags.items()}})
    )
    room.settings(thresholds=str(file))


def _shown(engine, scope=DEFAULT):
    with reading(engine) as connection:
        return active(connection).get(scope)


def _roll_back(engine, scope=DEFAULT):
    with writing(engine) as connection:
        return roll_back(connection, flows.tagging.now(), by="lea", scope=scope)


def _show_configured(room, scope=DEFAULT):
    """What a person does: activate what the settings ask for in a scope; then the settings are as before."""
    with room.open() as work:
        register(work)
        return show(work, work.configured, scope, by="lea")


def _later(room, text, key="later", file="later.csv"):
    room.feed(row(key, text), file=file)
    return counts(room.night())


def test_other_thresholds_in_the_settings_are_shown_by_the_next_night_and_score_nothing(room, monkeypatch):
    room.feed(*FEED)
    room.night()
    _thresholds(room, disappointment=0.4)
    with monkeypatch.context() as patch:
        patch.setattr("nlp.model.Model.score", lambda *_: pytest.fail("scored again"))
        assert counts(room.night()) == {}
    with room.open() as work:
        assert current(work.engine) == BY_LESS
        assert [each["by_settings"] for each in rows(work.engine, schema.activation)] == [True, True]


def test_thresholds_that_a_person_took_back_stay_back_until_the_settings_change(room):
    room.feed(*FEED)
    room.night()
    _thresholds(room, disappointment=0.4)
    room.night()
    with room.open() as work:
        _roll_back(work.engine)
        assert current(work.engine) == BY_HALF
    assert _later(room, "bof")["tagged", "unclear"] == 1
    with room.open() as work:
        assert current(work.engine) == {**BY_HALF, "later": {"unclear"}}
    _thresholds(room, disappointment=0.45)
    room.night()
    with room.open() as work:
        assert _shown(work.engine) == work.configured
        assert current(work.engine) == {**BY_LESS, "later": {"disappointment"}}


def test_after_a_rollback_nothing_that_came_in_meanwhile_lacks_its_tags(room):
    room.feed(*FEED)
    room.night()
    _thresholds(room, disappointment=0.4)
    room.night()
    _later(room, "bof")
    with room.open() as work:
        assert current(work.engine)["later"] == {"disappointment"}
        _roll_back(work.engine)
        assert current(work.engine)["later"] == {"unclear"}
        _roll_back(work.engine)
        assert current(work.engine)["later"] == {"disappointment"}


def test_a_model_that_was_taken_back_scores_what_comes_in_from_its_own_folder(room):
    room.feed(*FEED)
    room.night()
    room.model("other", seed=1)
    room.night()
    with room.open() as work:
        back = _roll_back(work.engine)
        assert back != work.configured
    assert _later(room, "Merci")["scored", ""] == 1
    with room.open() as work:
        assert _shown(work.engine) == back
        assert current(work.engine)["later"] == {"gratitude"}


def test_texts_that_wait_for_a_model_that_is_gone_are_told(room, caplog):
    room.feed(*FEED)
    room.night()
    with room.open() as work:
        old = work.settings.model
    room.model("other", seed=1)
    room.night()
    with room.open() as work:
        _roll_back(work.engine)
        with writing(work.engine) as connection:
            connection.execute(schema.model_version.update().values(facts={"place": "models/nowhere"}))
    with caplog.at_level(logging.WARNING, "ressenti"):
        assert ("scored", "") not in _later(room, "Merci")
    assert "1 texts wait for model" in caplog.text
    assert "models/nowhere" in caplog.text
    room.settings(model=old)
    assert counts(room.night())["scored", ""] == 1


def test_a_batch_with_thresholds_of_its_own_is_tagged_by_them_also_what_comes_later(room):
    _batch(room, "W12")
    room.feed(*FEED)
    room.night()
    _thresholds(room, disappointment=0.4)
    assert _show_configured(room, batch_scope("W12"))
    room.settings(thresholds=None)
    with room.open() as work:
        assert current(work.engine) == BY_LESS
    told = _later(room, "bof")
    assert (told["scored", ""], told["tagged", "disappointment"]) == (1, 1)
    room.feed(row("outside", "bof"), source="survey")
    room.night()
    with room.open() as work:
        told = current(work.engine)
        assert (told["later"], told["outside"]) == ({"disappointment"}, {"unclear"})
        _roll_back(work.engine, batch_scope("W12"))  # shows the default again: its tags are there too
        assert current(work.engine)["later"] == {"unclear"}


def test_a_batch_shows_another_model_and_what_comes_later_waits_for_that_one(room):
    _batch(room, "W12")
    room.feed(*FEED)
    room.night()
    with room.open() as work:
        first = work.settings.model
    room.model("other", seed=1)
    with room.open() as work:
        register(work)
        run_id = rows(work.engine, schema.run)[0]["id"]
        assert show(work, work.configured, batch_scope("W12"), by="lea")
        assert count_waiting(work) == len(FEED)
        for texts in waiting(work):
            score_and_tag(work, run_id, texts)
        assert count_waiting(work) == 0
        other = work.configured
    room.settings(model=first)
    assert _later(room, "Merci")["scored", ""] == 1
    with room.open() as work:
        assert current(work.engine)["later"] == {"gratitude"}
        by = [each["model_version"] for each in rows(work.engine, schema.prediction)]
        assert by[-1] == other.model_version
        assert by.count(work.version.id) == len(FEED)


def test_feedback_that_moves_into_a_batch_has_the_tags_of_that_batch(room):
    _batch(room, "W11")
    room.feed(*FEED)
    room.night()
    _thresholds(room, disappointment=0.4)
    assert _show_configured(room, batch_scope("W12"))
    room.settings(thresholds=None)
    _batch(room, "W12")  # the source's description is mended: the same texts, another batch
    room.night()
    with room.open() as work:
        assert current(work.engine) == BY_LESS


def test_what_is_written_while_thresholds_change_has_tags_by_the_new_ones(room, monkeypatch):
    """A night's chunk between deriving and activating; the old thresholds are all that it knows."""
    room.feed(*FEED)
    room.night()
    room.feed(row("later", "bof"), file="later.csv")
    with room.open() as night:
        _read_in(night)
        chunk = next(waiting(night))
        derive = flows.tagging.derive

        def derive_then_write(work, shows, which):
            derive(work, shows, which)
            score_and_tag(night, rows(night.engine, schema.run)[0]["id"], chunk)

        monkeypatch.setattr("flows.tagging.derive", derive_then_write)
        _thresholds(room, disappointment=0.4)
        assert _show_configured(room)
        assert current(night.engine) == {**BY_LESS, "later": {"disappointment"}}


def _read_in(work):
    from flows.reading import clean_and_store, open_sources, read

    run_id = rows(work.engine, schema.run)[0]["id"]
    for source in open_sources(work, ())[0]:
        for chunk in read(work, source, None):
            clean_and_store(work, run_id, chunk)


def test_showing_what_is_shown_is_no_activation(room):
    room.feed(*FEED)
    room.night()
    assert not _show_configured(room)
    with room.open() as work:
        assert len(rows(work.engine, schema.activation)) == 1
