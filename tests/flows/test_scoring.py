"""Scoring: chunks by tokens, follow-ups opened once, linked, never touched, never twice."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from flows.scoring import count_waiting, waiting
from storage import schema
from storage.database import writing

from .night import counts, external_ids, night, row, rows

INJUST = "C'est injuste"


def _days_ago(days: float) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def _set(work, **values):
    with writing(work.engine) as connection:
        connection.execute(update(schema.followup), values)


def _followups(work):
    """[(rule, state, ids linked to it)]"""
    ids = external_ids(work.engine)
    links = rows(work.engine, schema.followup_feedback)
    return [
        (found["rule"], found["state"],
         sorted(ids[link["feedback_id"]] for link in links if link["followup_id"] == found["id"]))
        for found in rows(work.engine, schema.followup)
    ]  # fmt: skip


def _next(room, work, *feed):
    room.feed(*feed, file=f"{len(list(room.feeds.rglob('*.csv')))}.csv")
    return counts(night(work))


# Chunks


def _all_wait_again(room, *feed):
    """A night, then another model version, so that everything waits at once."""
    room.feed(*feed)
    room.night()
    room.model("other", seed=1)


def test_a_chunk_holds_at_most_so_many_texts_and_tokens_and_a_longer_text_is_alone(small_room):
    small_room.settings(chunk_texts=4, chunk_tokens=600)
    words = (200, 200, 200, 900, 10, 10, 10, 10, 10)
    _all_wait_again(small_room, *(row(number, "mot " * length) for number, length in enumerate(words)))
    with small_room.open() as work:
        assert [[len(text.clean_text.split()) for text in chunk] for chunk in waiting(work)] == [
            [200, 200], [200], [900], [10, 10, 10, 10], [10],
        ]  # fmt: skip


def test_what_waits_is_counted_as_it_is_handed_out(room, work):
    room.feed(*(row(number, "merci") for number in range(7)))
    night(work)
    assert count_waiting(work) == 0
    assert list(waiting(work)) == []


# Follow-ups


def test_one_is_opened_for_a_rule_and_a_customer_and_later_feedback_is_linked(room, work):
    told = _next(room, work, row("a", INJUST, customer="c1"), row("b", INJUST, customer="c1"))
    assert (told["followup_opened", "injustice"], told["followup_linked", "injustice"]) == (1, 1)
    told = _next(room, work, row("c", INJUST, customer="C1 "), row("d", INJUST, customer="c2"))
    assert (told["followup_opened", "injustice"], told["followup_linked", "injustice"]) == (1, 1)
    assert _followups(work) == [("injustice", "open", ["a", "b", "c"]), ("injustice", "open", ["d"])]


def test_where_no_customer_is_known_the_feedback_itself_has_one(room, work):
    _next(room, work, row("a", INJUST), row("b", INJUST))
    assert [each[2] for each in _followups(work)] == [["a"], ["b"]]


def test_one_that_a_person_took_is_linked_but_not_touched(room, work):
    _next(room, work, row("a", INJUST, customer="c1"))
    _set(work, state="taken", taken_by="Julie")
    [before] = rows(work.engine, schema.followup)
    told = _next(room, work, row("b", INJUST, customer="c1"))
    assert told["followup_linked", "injustice"] == 1
    assert rows(work.engine, schema.followup) == [before]


@pytest.mark.parametrize("state", ["done", "dismissed"])
def test_after_one_is_closed_a_rerun_opens_none_but_new_feedback_does(room, work, state):
    _next(room, work, row("a", INJUST, customer="c1"))
    _set(work, state=state)
    night(work)
    _next(room, work, row("a", INJUST, customer="c1", rating=2), row("z", "merci"))  # read again, not new
    assert _followups(work) == [("injustice", state, ["a"])]
    told = _next(room, work, row("b", INJUST, customer="c1"))
    assert told["followup_opened", "injustice"] == 1
    assert _followups(work) == [("injustice", state, ["a"]), ("injustice", "open", ["b"])]


def test_another_model_version_opens_no_second_one(room):
    room.feed(row("a", INJUST, customer="c1"))
    room.night()
    room.model("other", seed=1)
    told = counts(room.night())
    assert told["scored", ""] == 1
    assert not any(what.startswith("followup") for what, _ in told)
    with room.open() as work:
        assert _followups(work) == [("injustice", "open", ["a"])]


def test_another_model_version_opens_none_for_what_is_long_past(room):
    room.feed(row("a", "je pars"), row("b", INJUST, customer="c1"))
    room.policy()
    room.night()
    with room.open() as work, writing(work.engine) as connection:
        connection.execute(update(schema.feedback), {"discovered_at": datetime.now(UTC) - timedelta(days=30)})
    room.policy({"id": "injustice", "when": {"any": ["injustice"]}})
    room.model("other", seed=1)
    told = counts(room.night())
    assert told["followup_too_old", ""] == 1
    with room.open() as work:
        assert _followups(work) == []


def test_an_edited_text_that_meets_the_rule_again_opens_no_second_one(room, work):
    _next(room, work, row("a", INJUST, customer="c1"))
    _set(work, state="done")
    _next(room, work, row("a", f"{INJUST} !!", customer="c1"))
    assert _followups(work) == [("injustice", "done", ["a"])]


def test_what_is_too_old_opens_none_and_is_counted(room, work):
    told = _next(
        room, work,
        row("old", INJUST, date=_days_ago(15)),
        row("recent", INJUST, date=_days_ago(13)),
        row("old but content", "merci", date=_days_ago(15)),
    )  # fmt: skip
    assert told["followup_too_old", ""] == 1
    assert _followups(work) == [("injustice", "open", ["recent"])]


def test_what_has_no_date_counts_as_written_when_it_was_found(room, work):
    assert _next(room, work, row("a", INJUST))["followup_opened", "injustice"] == 1


def test_it_is_due_so_many_hours_after_discovery(room):
    room.policy({"id": "injustice", "when": {"any": ["injustice"]}, "within_hours": 36})
    room.feed(row("a", INJUST, date=_days_ago(3)))
    room.night()
    with room.open() as work:
        [followup], [feedback] = rows(work.engine, schema.followup), rows(work.engine, schema.feedback)
        assert followup["due_at"] - feedback["discovered_at"] == timedelta(hours=36)


def test_an_unclear_text_opens_nothing_and_is_tagged_unclear_alone(room):
    room.policy({"id": "sad", "when": {"any": ["disappointment"]}})
    room.feed(row("a", "bof"))
    told = counts(room.night())
    assert told == {("read", ""): 1, ("new", ""): 1, ("scored", ""): 1, ("tagged", "unclear"): 1}


def test_a_text_meets_every_rule_that_fits_and_each_opens_one(room):
    room.policy(
        {"id": "injustice", "when": {"any": ["injustice"]}},
        {"id": "leaving", "when": {"all": ["churn_intent"], "none": ["resolved"]}},
        {"id": "survey", "when": {"any": ["injustice"]}, "channels": ["survey"]},
    )
    room.feed(row("a", "C'est injuste, je pars", customer="c1"), row("b", "Je pars, tout est réglé"))
    told = counts(room.night())
    assert {reason: n for (what, reason), n in told.items() if what == "followup_opened"} == {
        "injustice": 1, "leaving": 1,
    }  # fmt: skip


def test_chunks_keep_the_order_and_lose_nothing(small_room):
    small_room.settings(chunk_tokens=600)
    _all_wait_again(small_room, *(row(number, "mot " * (number * 37 % 300 + 1)) for number in range(40)))
    with small_room.open() as work:
        assert count_waiting(work) == 40
        chunks = list(waiting(work))
        ids = [text.revision_id for chunk in chunks for text in chunk]
        assert ids == sorted(ids)
        assert len(ids) == 40
        for chunk in chunks:
            tokens = sum(work.model.count_tokens([text.clean_text for text in chunk]))
            assert tokens <= 600 or len(chunk) == 1
