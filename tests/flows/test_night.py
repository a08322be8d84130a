"""The promises of a night: every row accounted for, nothing lost or doubled, whatever comes and whatever happens."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import schema

from .night import Killed, content, counts, empty, killed_in_transaction, night, row, rows, tags

FEED = (
    row("a", "Je suis furieux !", customer="c1", rating=1),
    row("b", "Merci, je suis ravi"),
    row("b", "Merci, je suis ravi"),  # the same key and the same content
    row("c", "Merci, je suis ravi"),  # another key: equal text is no duplicate
    row("d", "une chose"),
    row("d", "une autre chose"),  # one id, two texts
    row("e", "C'est injuste", customer="c1"),
    row("f", "trop vieux", date="hier peut-être"),
    row("g", "test", kind="test"),
    row("h", ""),
    row("i", "Réponse automatique : je suis absent du bureau, en cas d'urgence contactez mon équipe."),
    row("", "sans identifiant"),
    row("j", "- ."),
)  # fmt: skip
EXPECTED = {
    ("read", ""): 13, ("new", ""): 4, ("duplicate", ""): 1,
    ("skipped", "test_row"): 1, ("skipped", "empty"): 2, ("skipped", "auto_reply"): 1,
    ("quarantined", "id_collision"): 2, ("quarantined", "bad_date"): 1, ("quarantined", "missing_id"): 1,
    ("scored", ""): 4, ("tagged", "anger"): 1, ("tagged", "gratitude"): 2, ("tagged", "joy"): 2,
    ("tagged", "injustice"): 1, ("followup_opened", "injustice"): 1,
}  # fmt: skip


def test_every_row_is_stored_duplicate_skipped_or_quarantined_and_counted(room, work):
    room.feed(*FEED)
    assert counts(night(work)) == EXPECTED


def test_the_sums_close_for_every_file(room, work):
    for file, of_file in (("a.csv", FEED[:5]), ("b.csv", FEED[5:9]), ("c.csv", FEED[9:])):
        room.feed(*of_file, file=file)
        told = night(work).of_source("reviews")
        stored = sum(told.get(what, 0) for what in ("new", "revised", "updated"))
        assert stored + sum(told.get(what, 0) for what in ("duplicate", "skipped", "quarantined")) == len(
            of_file
        )
        assert told["read"] == len(of_file)


def test_a_collision_stops_none_of_its_rows_from_being_seen(room, work):
    room.feed(*FEED)
    night(work)
    quarantined = [
        found for found in rows(work.engine, schema.quarantine) if found["reason"] == "id_collision"
    ]
    assert [found["line"] for found in quarantined] == [6, 7]
    assert "d" not in {found["external_id"] for found in rows(work.engine, schema.feedback)}


def test_the_tags_are_those_of_the_words(room, work):
    room.feed(*FEED)
    night(work)
    assert tags(work.engine) == {
        "a": {"anger"}, "b": {"gratitude", "joy"}, "c": {"gratitude", "joy"}, "e": {"injustice"},
    }  # fmt: skip


def test_an_edited_text_makes_a_revision_and_the_old_prediction_stays(room, work):
    room.feed(row("a", "Je suis furieux"), file="1.csv")
    night(work)
    before = rows(work.engine, schema.prediction)
    room.feed(row("a", "Finalement, merci"), file="2.csv")
    told = counts(night(work))
    assert (told["revised", ""], told["scored", ""]) == (1, 1)
    revisions = rows(work.engine, schema.revision)
    assert [(found["number"], found["latest"]) for found in revisions] == [(1, False), (2, True)]
    assert rows(work.engine, schema.prediction)[:1] == before
    assert tags(work.engine) == {"a": {"anger", "gratitude"}}


def test_changed_metadata_alone_are_an_update_and_nothing_is_scored_again(room, work):
    room.feed(row("a", "Merci", rating=4), file="1.csv")
    night(work)
    room.feed(row("a", "Merci", rating=2, city="Lyon"), file="2.csv")
    assert counts(night(work)) == {("read", ""): 1, ("updated", ""): 1}
    [found] = rows(work.engine, schema.feedback)
    assert (found["rating"], found["attributes"]) == (2.0, {"city": "Lyon"})
    assert len(rows(work.engine, schema.revision)) == len(rows(work.engine, schema.prediction)) == 1


def test_a_night_without_anything_new_reads_and_writes_nothing(room, work):
    room.feed(*FEED)
    night(work)
    before = content(work.engine)
    assert counts(night(work)) == {}
    assert content(work.engine) == before


def test_the_same_file_under_another_name_is_not_read_again(room, work):
    room.feed(*FEED)
    night(work)
    before = content(work.engine)
    room.feed(*FEED, file="copy of feed.csv")
    assert counts(night(work)) == {}
    assert content(work.engine) == before


def test_overlapping_files_store_what_they_share_once(room, work):
    room.feed(*FEED[:7], file="1.csv")
    room.feed(*FEED[2:], file="2.csv")
    told = counts(night(work))
    assert told["read", ""] == 7 + 11
    assert (told["new", ""], told["duplicate", ""], told["scored", ""]) == (4, 4, 4)
    assert len(rows(work.engine, schema.feedback)) == 4


# Whatever comes

TEXTS = ("Merci", "Je suis furieux", "C'est injuste", "ok", "")
POOL = st.builds(
    lambda key, text, customer: row(key, text, customer=customer, date="32/13/2025" if key == 9 else ""),
    st.integers(0, 9), st.sampled_from(TEXTS), st.sampled_from(["", "c1", "c2"]),
)  # fmt: skip
FEEDS = st.lists(st.lists(POOL, min_size=1, max_size=6), min_size=1, max_size=3)
PROPERTY = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _nights(room, work, feeds):
    """Every file in a night of its own, in this order, on an empty database."""
    empty(work.engine)
    for number, feed in enumerate(feeds):
        path = room.feed(*feed, file=f"{number}.csv")
        night(work)
        path.unlink()


def _said(engine):
    """Every text that was ever read of a feedback, with what is said of it; and quarantine."""
    ids = {found["id"]: found["external_id"] for found in rows(engine, schema.feedback)}
    predictions = {found["revision_id"]: found for found in rows(engine, schema.prediction)}
    texts = sorted(
        (ids[found["feedback_id"]], found["text_hash"], str(predictions[found["id"]]["scores"]))
        for found in rows(engine, schema.revision)
    )
    return texts, sorted(found["fingerprint"] for found in rows(engine, schema.quarantine)), tags(engine)


@PROPERTY
@given(feeds=FEEDS, data=st.data())
def test_neither_order_nor_repetition_of_files_changes_what_is_kept(room, work, feeds, data):
    _nights(room, work, feeds)
    once = _said(work.engine)
    again = data.draw(st.permutations(feeds + data.draw(st.lists(st.sampled_from(feeds), max_size=2))))
    _nights(room, work, again)
    assert _said(work.engine) == once


@PROPERTY
@given(pool=st.lists(POOL, min_size=3, max_size=8, unique_by=lambda each: each["id"]), data=st.data())
def test_feeds_without_edits_give_equal_tables_however_they_are_cut(room, work, pool, data):
    _nights(room, work, [pool])
    once = content(work.engine, places=False)
    cut = data.draw(st.lists(st.lists(st.sampled_from(pool), min_size=1, max_size=5), min_size=1, max_size=3))
    _nights(room, work, [*cut, pool, *cut])
    assert content(work.engine, places=False) == once


# Whatever happens

BROKEN = (*FEED, *(row(f"n{number}", "C'est injuste et je pars", customer="c2") for number in range(4)))


def _small_chunks(room):
    room.settings(chunk_texts=4)
    room.source("reviews")
    room.source("survey", channel="survey")
    room.feed(*BROKEN)
    room.feed(*FEED[:4], source="survey")


def _counted(engine):
    """What all runs counted, together."""
    both: Counter[tuple[str, str]] = Counter()
    for found in rows(engine, schema.run_count):
        both[found["what"], found["reason"]] += found["n"]
    return both


def test_a_night_killed_in_any_transaction_and_run_again_equals_an_undisturbed_one(room):
    _small_chunks(room)
    with room.open() as work:
        with pytest.MonkeyPatch.context() as patch:
            begun = killed_in_transaction(patch, 10**9)
            whole = counts(night(work))
        undisturbed, transactions = content(work.engine), begun()
        assert transactions > 12
        for number in range(transactions):
            empty(work.engine)
            with pytest.MonkeyPatch.context() as patch:
                killed_in_transaction(patch, number)
                with pytest.raises(Killed):
                    night(work)
            night(work)
            assert content(work.engine) == undisturbed, f"killed in transaction {number}"
            assert _counted(work.engine) == whole, f"killed in transaction {number}"


def test_two_nights_at_once_double_nothing_and_fail_at_nothing(room):
    _small_chunks(room)
    with room.open() as work:
        night(work)
        once = content(work.engine)
        empty(work.engine)
    barrier = threading.Barrier(2)

    def at_once(_number):
        with room.open() as own:
            barrier.wait()
            return night(own).run.outcome

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(at_once, range(2))) == ["done", "done"]
    with room.open() as work:
        assert content(work.engine) == once


# How it ends stands in the run's row


def test_a_run_that_fails_says_so_without_the_customers_words(room, work, monkeypatch):
    room.feed(*FEED)
    monkeypatch.setattr("flows.scoring.rounded", lambda _scores: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        night(work)
    [run] = rows(work.engine, schema.run)
    assert (run["outcome"], run["error"]) == ("failed", "ZeroDivisionError")
    assert run["ended_at"] is not None


def test_an_interrupted_run_is_stopped_not_failed(room, work, monkeypatch):
    room.feed(*FEED)

    def interrupt(_scores):
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.scoring.rounded", interrupt)
    with pytest.raises(KeyboardInterrupt):
        night(work)
    assert rows(work.engine, schema.run)[0]["outcome"] == "stopped"


def test_a_run_keeps_the_versions_and_the_seconds_of_its_stages(room, work):
    room.feed(*FEED)
    told = night(work)
    assert told.run.outcome == "done"
    assert told.run.versions["model"] == work.version.id
    assert told.run.versions["key"] == work.keys.id
    assert {"clean", "store", "score", "tag", "follow up"} <= set(told.stages)
