import psycopg
import pytest

from configs.errors import StorageError
from storage import schema
from storage.database import reading, writing
from storage.reader import cursor
from storage.writer import register_source

from .world import NOW, add_run, add_source, bad, counts, item, later, rows, store


@pytest.fixture
def source(engine):
    return add_source(engine)


@pytest.fixture
def run(engine):
    return add_run(engine)


def _texts(engine):
    keys = {row["id"]: row["external_id"] for row in rows(engine, schema.feedback)}
    return [
        (keys[row["feedback_id"]], row["number"], row["clean_text"], row["latest"])
        for row in rows(engine, schema.revision)
    ]


def test_registering_a_source_again_keeps_its_number_and_takes_its_new_kind(engine, source):
    with writing(engine) as connection:
        assert register_source(connection, "reviews", "api", None, later(days=1)) == source
        assert register_source(connection, "tickets", "files", "ticket", NOW) != source
    [first, _] = rows(engine, schema.source)
    assert (first["kind"], first["channel"], first["created_at"]) == ("api", None, NOW)


def test_a_key_never_seen_is_a_feedback_with_its_first_revision(engine, source, run):
    new = item(
        "a",
        customer="c" * 32,
        written_at=later(days=-3),
        written_precision="day",
        nps=2,
        survey="S",
        batch="W12",
        language_declared="fr",
        attributes={"pays": "FR"},
        tokens=9,
    )
    assert store(engine, source, run, new).new == 1
    [feedback] = rows(engine, schema.feedback)
    [revision] = rows(engine, schema.revision)
    for name in ("customer", "written_at", "nps", "survey", "batch", "attributes", "rating"):
        assert feedback[name] == getattr(new, name), name
    assert (feedback["discovered_at"], feedback["customer_key_id"]) == (NOW, "key-1")
    assert (revision["feedback_id"], revision["number"], revision["latest"]) == (feedback["id"], 1, True)
    assert (revision["tokens"], revision["run_id"], revision["predicted_by"]) == (9, run, None)


def test_the_same_chunk_again_changes_nothing(engine, source, run):
    chunk = [item(f"{n}", f"text {n % 7}") for n in range(50)]
    assert store(engine, source, run, *chunk).new == 50
    before = rows(engine, schema.feedback), rows(engine, schema.revision)
    assert store(engine, source, run, *chunk, now=later(days=1)).duplicate == 50
    assert (rows(engine, schema.feedback), rows(engine, schema.revision)) == before


def test_equal_texts_under_two_keys_are_two_feedback(engine, source, run):
    assert store(engine, source, run, item("a", "Nul"), item("b", "Nul")).new == 2


def test_one_key_in_two_sources_is_two_feedback(engine, source, run):
    store(engine, source, run, item("a"))
    assert store(engine, add_source(engine, "tickets"), run, item("a")).new == 1


def test_an_edited_text_is_the_next_revision(engine, source, run):
    store(engine, source, run, item("a", "Bien"), item("b", "Autre"))
    assert store(engine, source, run, item("a", "Plus si bien")).revised == 1
    assert _texts(engine) == [
        ("a", 1, "Bien", False),
        ("b", 1, "Autre", True),
        ("a", 2, "Plus si bien", True),
    ]


def test_an_old_text_read_again_is_a_duplicate_and_does_not_come_back(engine, source, run):
    store(engine, source, run, item("a", "Bien"))
    store(engine, source, run, item("a", "Mal"))
    assert store(engine, source, run, item("a", "Bien", rating=5.0)).duplicate == 1
    assert _texts(engine)[-1] == ("a", 2, "Mal", True)
    assert rows(engine, schema.feedback)[0]["rating"] == 2.0


def test_several_texts_of_one_key_in_one_chunk_are_revisions_in_order(engine, source, run):
    stored = store(
        engine, source, run, item("a", "1", rating=1.0), item("a", "2"), item("a", "1"), item("a", "3", nps=9)
    )
    assert (stored.new, stored.revised, stored.duplicate) == (1, 2, 1)
    assert _texts(engine) == [("a", 1, "1", False), ("a", 2, "2", False), ("a", 3, "3", True)]
    assert rows(engine, schema.feedback)[0]["nps"] == 9


def test_changed_metadata_of_the_newest_text_are_updated_and_counted(engine, source, run):
    store(engine, source, run, item("a", customer="old"))
    changed = item("a", customer="new", rating=4.0, attributes={"pays": "BE"})
    assert store(engine, source, run, changed, now=later(days=1)).updated == 1
    [row] = rows(engine, schema.feedback)
    assert (row["customer"], row["rating"], row["attributes"]) == ("new", 4.0, {"pays": "BE"})
    assert (row["discovered_at"], row["updated_at"]) == (NOW, later(days=1))
    assert len(_texts(engine)) == 1
    assert store(engine, source, run, changed).duplicate == 1


def test_a_relative_date_read_later_changes_nothing(engine, source, run):
    def said(days, **changes):
        return item("a", written_at=later(days=days), written_relative=True, **changes)

    store(engine, source, run, said(-180))
    assert store(engine, source, run, said(-150)).duplicate == 1
    assert store(engine, source, run, said(-150, rating=3.0)).updated == 1
    [row] = rows(engine, schema.feedback)
    assert (row["written_at"], row["rating"]) == (later(days=-180), 3.0)


def test_an_exact_date_that_moves_is_an_update(engine, source, run):
    store(engine, source, run, item("a", written_at=NOW))
    assert store(engine, source, run, item("a", written_at=later(hours=1))).updated == 1
    assert rows(engine, schema.feedback)[0]["written_at"] == later(hours=1)


def test_exact_and_relative_dates_may_change_in_one_chunk(engine, source, run):
    store(engine, source, run, item("a"), item("b"))
    stored = store(
        engine,
        source,
        run,
        item("a", written_at=NOW),
        item("b", written_at=NOW, written_relative=True),
    )
    assert stored.updated == 2
    assert [row["written_relative"] for row in rows(engine, schema.feedback)] == [False, True]


def test_a_quarantined_row_comes_in_once_and_is_counted_each_time(engine, source, run):
    wrong = (bad("f1"), bad("f2", "missing_id", file=None, line=None, field=None))
    assert store(engine, source, run, quarantined=wrong).quarantined == 2
    assert store(engine, source, run, quarantined=wrong).quarantined == 2
    first, second = rows(engine, schema.quarantine)
    assert (first["payload"], first["state"], first["file"], first["line"]) == (
        b"sealed",
        "waiting",
        "reviews.csv",
        7,
    )
    assert (first["key_id"], first["run_id"], second["reason"]) == ("key-1", run, "missing_id")
    assert counts(engine, run)["quarantined", "bad_date"] == 2
    store(engine, add_source(engine, "tickets"), run, quarantined=wrong)
    assert len(rows(engine, schema.quarantine)) == 4


def test_the_sums_close_per_chunk_and_per_run(engine, source, run):
    store(engine, source, run, item("a", "1"), item("b"))
    stored = store(
        engine,
        source,
        run,
        *(item("a", "2"), item("b", nps=3), item("c"), item("d"), item("c")),
        quarantined=(bad("f"),),
        skipped={"empty": 3, "left_out": 2},
        duplicates=4,
    )
    assert (stored.new, stored.revised, stored.updated, stored.duplicate) == (2, 1, 1, 5)
    assert (stored.skipped, stored.quarantined, stored.read) == (5, 1, 15)
    assert counts(engine, run) == {
        ("read", ""): 17,
        ("new", ""): 4,
        ("revised", ""): 1,
        ("updated", ""): 1,
        ("duplicate", ""): 5,
        ("skipped", "empty"): 3,
        ("skipped", "left_out"): 2,
        ("quarantined", "bad_date"): 1,
    }


def test_the_cursor_moves_with_the_rows_and_keeps_its_first_sight(engine, source, run):
    store(engine, source, run, item("a"), part="hash", position={"file": "a.csv", "row": 1, "done": False})
    end = {"file": "a.csv", "row": 2, "done": True}
    store(engine, source, run, item("b"), part="hash", position=end, now=later(days=1))
    with reading(engine) as connection:
        found = cursor(connection, source, "hash")
        assert cursor(connection, source, "other") is None
    assert (found.position, found.first_seen_at) == (end, NOW)


def test_a_chunk_that_fails_leaves_nothing(engine, source, run):
    impossible = item("b", channel="letter")
    with pytest.raises(Exception, match=r"(?i)check"):
        store(engine, source, run, item("a"), impossible, quarantined=(bad("f"),), part="p", position={})
    for table in (schema.feedback, schema.revision, schema.quarantine, schema.cursor, schema.run_count):
        assert rows(engine, table) == []


def test_an_empty_chunk_moves_the_cursor(engine, source, run):
    assert store(engine, source, run, part="p", position={"row": 0}).read == 0
    assert len(rows(engine, schema.cursor)) == 1
    assert rows(engine, schema.run_count) == []


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_connection_lost_while_rows_are_copied_is_told_in_one_sentence(engine, source, run, monkeypatch):
    """COPY goes past SQLAlchemy, which translates all other errors."""
    monkeypatch.setattr(psycopg.Copy, "write_row", lambda copy, row: copy.connection.close())
    with pytest.raises(StorageError, match=r"the connection to the database broke; .*run again"):
        store(engine, source, run, item("a"))
    monkeypatch.undo()
    assert store(engine, source, run, item("a")).new == 1
