"""Quarantine: records kept whole and sealed, mended, taken in again."""

import json

import pytest

from configs.errors import ConfigError
from flows.quarantine import chosen, listed, opened, replay_records
from flows.workspace import open_database
from storage import schema

from .night import OTHER_KEY, content, counts, external_ids, night, row, rows, tags

BAD_DATE = row("a", "C'est injuste", date="hier peut-être", customer="c1")
NO_ID = row("", "Merci")
COLLIDING = (row("x", "une chose"), row("x", "une autre"))
UNCUT = "b,merci,too,many,cells,in,this,row,here,and,here\n"


def _quarantine(room, work, *bad, uncut=""):
    path = room.feed(row("fine", "Merci"), *bad)
    path.write_text(path.read_text() + uncut)
    night(work)


def _replay(work, *changes, numbers=(), discard=False, dry_run=False):
    records = chosen(work, numbers, None)
    return list(replay_records(work, records, changes, discard=discard, dry_run=dry_run))


def _states(work):
    return [found["state"] for found in rows(work.engine, schema.quarantine)]


def test_the_list_says_place_and_reason_and_opens_nothing(room, work):
    _quarantine(room, work, BAD_DATE, NO_ID)
    header, *lines = listed(work, None, None, every=False)
    assert header == "number\tstate\tsource\tplace\tfield\treason\twhat"
    assert [line.split("\t")[1:6] for line in lines] == [
        ["waiting", "reviews", "feed.csv:3", "date", "bad_date"],
        ["waiting", "reviews", "feed.csv:4", "id", "missing_id"],
    ]
    assert "injuste" not in "".join(lines)


def test_the_list_may_be_of_one_reason_or_source(room, work):
    _quarantine(room, work, BAD_DATE, NO_ID)
    assert len(list(listed(work, None, "missing_id", every=False))) == 2
    assert len(list(listed(work, "reviews", None, every=False))) == 3
    with pytest.raises(ConfigError, match=r"--source: no such source \(found 'none'\); accepted: reviews"):
        list(listed(work, "none", None, every=False))


def test_a_record_is_shown_whole(room, work):
    _quarantine(room, work, BAD_DATE)
    told = json.loads(opened(work, 1))
    assert told["record"] == BAD_DATE
    assert (told["reason"], told["line"], told["field"]) == ("bad_date", 3, "date")


def test_a_record_with_bytes_that_could_not_be_read_can_be_shown(room, work):
    path = room.feed(row("fine", "Merci"), *(row(number, "déjà") for number in range(5)), row("a", "DECU"))
    path.write_bytes(path.read_bytes().replace(b"DECU", b"d\xe9\xe7u"))
    night(work)
    assert "\\udce9" in opened(work, 1).replace("\\\\", "\\")


def test_an_unknown_number_and_a_wrong_key_are_refused(room, work, monkeypatch):
    _quarantine(room, work, BAD_DATE)
    with pytest.raises(ConfigError, match="no such record in quarantine"):
        opened(work, 99)
    monkeypatch.setenv("RESSENTI_KEY", OTHER_KEY)
    with open_database(room.config) as other, pytest.raises(ConfigError, match="sealed with another key"):
        opened(other, 1)


def test_a_mended_record_is_taken_in_and_the_next_run_scores_it(room, work):
    _quarantine(room, work, BAD_DATE)
    assert _replay(work, "date=2026-01-05") == [("1: taken in", True)]
    assert _states(work) == ["replayed"]
    told = counts(night(work))
    assert told["scored", ""] == 1
    assert tags(work.engine)["a"] == {"injustice"}
    found = next(each for each in rows(work.engine, schema.feedback) if each["external_id"] == "a")
    assert found["customer"] == work.keys.customer("c1", "reviews")


def test_a_record_that_is_not_mended_stays_with_the_reason_shown(room, work):
    _quarantine(room, work, BAD_DATE)
    before = content(work.engine)
    [(line, settled)] = _replay(work, "city=Lyon")
    assert line.startswith("1: refused again: bad_date: ")
    assert not settled
    assert content(work.engine) == before


def test_a_better_description_takes_in_what_waits(room, work):
    _quarantine(room, work, BAD_DATE)
    room.source(date=None)
    assert _replay(work) == [("1: taken in", True)]


def test_a_record_that_the_description_now_leaves_out_is_settled_too(room, work):
    _quarantine(room, work, BAD_DATE)
    assert _replay(work, "kind=test") == [("1: left out: test_row", True)]
    assert _replay(work, numbers=[1]) == [("1: replayed already", True)]


def test_a_record_that_turns_out_to_say_nothing_is_said_to_be_left_out(room, work):
    _quarantine(room, work, NO_ID)
    told = _replay(work, "id=7", "text=Réponse automatique : je suis absent, en cas d'urgence appelez-moi.")
    assert told == [("1: left out: auto_reply", True)]
    assert set(external_ids(work.engine).values()) == {"fine"}


def test_a_dry_run_writes_nothing(room, work):
    _quarantine(room, work, BAD_DATE)
    before, runs = content(work.engine), rows(work.engine, schema.run)
    assert _replay(work, "date=2026-01-05", dry_run=True) == [("1: would be taken in", True)]
    assert _replay(work, dry_run=True)[0][0].startswith("1: would be refused again: bad_date")
    assert _replay(work, discard=True, dry_run=True) == [("1: would be discarded", True)]
    assert (content(work.engine), rows(work.engine, schema.run)) == (before, runs)


def test_a_discarded_record_is_not_offered_again(room, work):
    _quarantine(room, work, BAD_DATE, NO_ID)
    assert _replay(work, numbers=[1], discard=True) == [("1: discarded", True)]
    assert _states(work) == ["discarded", "waiting"]
    assert _replay(work, numbers=[1]) == [("1: discarded already", True)]
    assert [line.split("\t")[0] for line in listed(work, None, None, every=False)] == ["number", "2"]
    assert len(list(listed(work, None, None, every=True))) == 3


def test_the_same_bad_row_in_the_next_export_does_not_come_back(room, work):
    _quarantine(room, work, BAD_DATE)
    _replay(work, discard=True)
    room.feed(row("fine", "Merci"), BAD_DATE, row("new", "Merci"), file="2.csv")
    night(work)
    assert _states(work) == ["discarded"]


def test_colliding_records_need_an_id_of_their_own(room, work):
    _quarantine(room, work, *COLLIDING)
    assert [settled for _line, settled in _replay(work)] == [False, False]
    assert [settled for _line, settled in _replay(work, "text=mended")] == [False, False]
    assert _replay(work, "id=y", numbers=[2]) == [("2: taken in", True)]
    assert "y" in external_ids(work.engine).values()
    room.source(id={"derive": ["id", "text"]})
    assert _replay(work) == [("1: taken in", True)]


def test_a_row_that_could_not_be_cut_is_never_taken_in_as_an_empty_one(room, work):
    _quarantine(room, work, uncut=UNCUT)
    [(line, settled)] = _replay(work)
    assert "it has no columns: give them, --set COLUMN=VALUE" in line
    assert not settled
    assert _replay(work, "id=b", "text=Merci") == [("1: taken in", True)]


def test_a_record_of_a_source_that_is_gone_stays(room, work):
    _quarantine(room, work, BAD_DATE)
    (room.folder / "sources" / "reviews.yml").unlink()
    [(line, settled)] = _replay(work, "date=2026-01-05")
    assert line == "1: refused again: source reviews is not configured any more"
    assert not settled


@pytest.mark.parametrize("change", ["date", "=x", ""])
def test_a_change_that_is_none_is_refused(room, work, change):
    _quarantine(room, work, BAD_DATE)
    with pytest.raises(ConfigError, match=r"--set: not a change.*accepted: COLUMN=VALUE"):
        _replay(work, change)
