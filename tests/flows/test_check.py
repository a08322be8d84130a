"""`ressenti source check`: records as they would be stored, what becomes of the others, nothing written."""

import pytest

from flows.check import check_source

from .night import TABLES, row, rows
from .test_night import FEED


def test_every_row_is_counted_under_what_would_become_of_it(small_room):
    small_room.feed(*FEED, row("nl", "dank u wel", lang="nl"))
    found = check_source(small_room.config, "reviews", 20)
    assert found.rows == len(FEED) + 1
    assert found.outcomes == {
        "stored": 4, "stored, not scored: unsupported_language": 1, "duplicate": 1,
        "skipped: empty": 2, "skipped: test_row": 1, "skipped: auto_reply": 1,
        "quarantined: id_collision": 2, "quarantined: bad_date": 1, "quarantined: missing_id": 1,
    }  # fmt: skip
    assert found.outcomes.total() == found.rows


def test_the_first_records_are_shown_masked_with_what_was_read_of_them(ressenti, small_room):
    small_room.feed(
        row(
            "a", "Écrivez à jean@exemple.fr [bold]", customer="jean@exemple.fr",
            date="2026-01-05", rating="2", city="06 12 34 56 78",
        ),
        row("b", "Merci"), row("c", "troisième"),
    )  # fmt: skip
    said = ressenti("source", "check", "reviews", "--show", "2")
    assert (said.code, said.err) == (0, "")
    assert "Écrivez à [EMAIL] [bold]" in said.out
    assert "rating 2 of 1-5" in said.out
    assert "city=[PHONE]" in said.out
    assert "written 2026-01-05 11:00Z to the day" in said.out
    assert "troisième" not in said.out
    assert "jean" not in said.out
    assert "3 rows of reviews; nothing was written" in said.out


def test_nothing_is_written(small_room, ressenti):
    small_room.feed(*FEED)
    with small_room.open() as work:
        before = [rows(work.engine, table) for table in TABLES]
        assert ressenti("source", "check", "reviews").code == 0
        assert [rows(work.engine, table) for table in TABLES] == before


def test_it_needs_no_database(ressenti, small_room):
    small_room.feed(*FEED)
    small_room.settings(database_url="postgresql://nobody@nowhere.invalid/none")
    assert ressenti("source", "check", "reviews").code == 0


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({"text": "texte"}, 2, "no such column (found 'texte')"),
        ({"path": "/nowhere.csv"}, 1, "/nowhere.csv: no such file"),
        ({"txt": "text"}, 2, "unknown key `txt`"),
    ],
)
def test_what_does_not_fit_the_file_is_one_sentence(ressenti, small_room, change, code, sentence):
    small_room.feed(*FEED)
    small_room.source(**change)
    said = ressenti("source", "check", "reviews")
    assert said.code == code
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
