"""One customer's erasure and access, and retention, from feeds to files (S3, S4)."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, func, make_url, select, text

from configs.errors import ConfigError
from flows.lifecycle import retention
from flows.lifecycle.access import access
from flows.lifecycle.erasing import compact, erase_customer
from flows.lifecycle.retention import expire, overdue
from storage import schema
from storage.database import reading, writing

from .night import night, row, rows

ANNE, BERT = "anne@exemple.fr", "bert@exemple.fr"
WORDS = "hippocampe turquoise"  # what only Anne says
ANNES = (
    row(
        "a1",
        f"C'est injuste, mon {WORDS} est cassé",
        customer=ANNE,
        city="Hippocampeville",
    ),
    row("a2", f"Toujours rien pour mon {WORDS}", customer=ANNE.upper(), date="2026-11-02"),
)
BERTS = (row("b1", "Merci, je suis ravi", customer=BERT, date="2026-11-03", city="Lyon"),)
SEALED = row("a3", f"encore mon {WORDS}", customer=ANNE, date="pas une date")
OF_BERT_SEALED = row("b2", "encore moi", customer=BERT, date="pas une date")


def _all_told(engine):
    """Everything that stands in any table, as text."""
    metadata = MetaData()
    metadata.reflect(engine)
    with reading(engine) as connection:
        return "\n".join(
            f"{table.name}: {dict(found._mapping)}"
            for table in metadata.sorted_tables
            for found in connection.execute(select(table))
        )


def _hits(where):
    return [
        word for word in ("hippocampe", "turquoise", "Hippocampeville") if word.casefold() in where.casefold()
    ]


def _keys(engine):
    return {found["external_id"] for found in rows(engine, schema.feedback)}


def _counts(engine):
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in schema.metadata.sorted_tables
        }


@pytest.fixture
def stored(room, work):
    """Two customers, each with a record in quarantine; Anne has an open follow-up."""
    room.feed(*ANNES, *BERTS, SEALED, OF_BERT_SEALED)
    night(work)
    assert len(rows(work.engine, schema.followup)) == 1
    return work


def test_an_erased_customer_is_in_no_table_any_more_and_all_others_are(stored):
    others = sum(1 for found in rows(stored.engine, schema.quarantine))
    done = erase_customer(stored, ANNE, ["reviews"])
    assert (done.counts["feedback"], done.counts["followup"], done.counts["quarantine"]) == (2, 1, 1)
    assert _keys(stored.engine) == {"b1"}
    assert len(rows(stored.engine, schema.quarantine)) == others - 1
    assert _hits(_all_told(stored.engine)) == []
    told = _all_told(stored.engine)
    assert stored.keys.customer(ANNE, "reviews") not in told


def test_a_dry_run_says_what_would_go_and_nothing_does(stored):
    before = _counts(stored.engine)
    would = erase_customer(stored, ANNE, ["reviews"], dry_run=True).counts
    assert _counts(stored.engine) == before
    assert erase_customer(stored, ANNE, ["reviews"]).counts == would


def test_the_proof_says_what_went_and_not_whose(stored):
    done = erase_customer(stored, ANNE, ["reviews"])
    [proof] = rows(stored.engine, schema.erasure)
    assert (proof["kind"], proof["counts"], [proof["id"]]) == ("customer", dict(done.counts), done.proofs)
    assert proof["subject"] != stored.keys.customer(ANNE, "reviews")
    assert ANNE not in str(proof)


def test_what_is_erased_and_delivered_again_is_left_out_and_counted(room, stored):
    erase_customer(stored, ANNE, ["reviews"])
    new = row("a9", "Merci, je reviens", customer=ANNE, date="2026-11-05")
    room.feed(*ANNES, *BERTS, SEALED, OF_BERT_SEALED, new)
    again = night(stored)
    assert again.by_reason("skipped") == {"erased": 3}
    assert _keys(stored.engine) == {"b1", "a9"}  # what she writes later is hers to write
    assert _hits(_all_told(stored.engine)) == []


def test_nobody_known_is_said_and_leaves_no_proof(stored):
    done = erase_customer(stored, "nobody@exemple.fr", ["reviews"])
    assert not done.counts
    assert rows(stored.engine, schema.erasure) == []


def test_a_reference_means_one_person_within_a_source_unless_sources_share_them(room, work):
    for name, shared in (("alone", False), ("shop", True), ("hotline", True)):
        room.source(name, customer={"columns": ["customer"], "shared": shared})
        room.feed(row(f"{name}-1", "Merci", customer="4711"), source=name)
    night(work)
    assert erase_customer(work, "4711", ["shop"]).counts["feedback"] == 2
    assert _keys(work.engine) == {"alone-1"}


@pytest.mark.parametrize(
    ("source", "said"),
    [("nowhere", "no such source"), ("reviews", "knows no customers"), (None, "no source is named")],
)
def test_a_source_that_can_not_be_meant_is_refused(room, work, source, said):
    room.source("reviews", customer=None)
    with pytest.raises(ConfigError, match=said):
        erase_customer(work, ANNE, [source] if source else [])


def test_a_row_in_quarantine_that_could_not_be_cut_is_told_by_the_reference_in_it(room, work):
    path = room.feed(*BERTS)
    path.write_text(path.read_text() + f"a7,{WORDS},{ANNE},,,fr,,,,,,,\n" + f"x7,rien,xx{ANNE},,,fr,,,,,,,\n")
    night(work)
    assert len(rows(work.engine, schema.quarantine)) == 2
    assert erase_customer(work, ANNE, ["reviews"]).counts == {"quarantine": 1}


def test_no_byte_of_sqlite_s_files_holds_what_was_erased(small_room):
    small_room.feed(*ANNES, *BERTS, SEALED)
    small_room.night()
    file = Path(str(make_url(small_room.database_url).database))

    def found():
        return [_hits(path.read_bytes().decode("latin-1")) for path in file.parent.glob(f"{file.name}*")]

    assert any(found())
    with small_room.open() as work:
        assert erase_customer(work, ANNE, ["reviews"]).left == ""
        assert not any(found())
        assert rows(work.engine, schema.erasure)[0]["purged_at"] is not None


def _files_with(engine, words):
    """Files of a PostgreSQL database that hold one of these words."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        number = connection.execute(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        ).scalar_one()
    found = (path for path in (folder / "base" / str(number)).iterdir() if path.is_file())
    return [path.name for path in found if any(word.encode() in path.read_bytes() for word in words)]


def test_no_relation_file_of_postgresql_holds_what_was_erased_once_compacted(stored):
    if stored.engine.dialect.name != "postgresql":
        pytest.skip("SQLite's files have a test of their own")
    words = ("hippocampe", "turquoise", "Hippocampeville")
    assert _files_with(stored.engine, words)
    assert "ressenti db compact" in erase_customer(stored, ANNE, ["reviews"]).left
    with stored.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    assert "feedback" in [name for name, _ in compact(stored)]
    assert _files_with(stored.engine, words) == []
    assert rows(stored.engine, schema.erasure)[0]["purged_at"] is not None


def test_access_tells_everything_that_is_held_and_nothing_of_others(stored):
    told = json.loads(access(stored, ANNE, ["reviews"]))
    assert [one["external_id"] for one in told["feedback"]] == ["a1", "a2"]
    [first] = told["feedback"][0]["texts"]
    assert WORDS in first["masked_text"]
    tags = [tag for said in first["said by models"] for tag in said["tags"]]
    assert ("injustice", "sentiment d'injustice") in [(tag["label"], tag["fr"]) for tag in tags]
    assert told["feedback"][0]["kept"] == "3 years after the last contact"
    assert [one["rule"] for one in told["follow-ups"]] == ["injustice"]
    assert [one["record"]["text"] for one in told["quarantine"]] == [SEALED["text"]]
    assert "ravi" not in json.dumps(told)


def test_after_an_erasure_access_tells_of_the_erasure_alone(stored):
    erase_customer(stored, ANNE, ["reviews"])
    told = json.loads(access(stored, ANNE, ["reviews"]))
    assert (told["feedback"], told["follow-ups"], told["quarantine"]) == ([], [], [])
    assert [one["rows"]["feedback"] for one in told["erasures"]] == [2]


TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def today(monkeypatch):
    """Lets a test say what time it is."""

    def be(moment):
        monkeypatch.setattr(retention, "now", lambda: moment)

    be(TODAY)
    return be


def _written(key, date, customer=""):
    return row(key, f"Merci {key}", date=date, customer=customer)


def test_feedback_goes_on_the_day_three_years_after_it_was_written_and_not_before(room, work, today):
    room.feed(_written("goes", "2023-11-22"), _written("stays", "2023-11-23"), _written("new", "2026-11-01"))
    night(work)
    assert [kept.feedback for kept in overdue(work)] == [1]
    assert expire(work, by="a test")["feedback"] == 1
    assert _keys(work.engine) == {"stays", "new"}


@pytest.mark.parametrize(
    ("moment", "gone"),
    [("2026-11-22T22:59:59+00:00", set()), ("2026-11-22T23:00:00+00:00", {"paris"})],
    ids=["a second before midnight in Paris", "midnight in Paris"],
)
def test_the_boundary_is_midnight_where_days_are_cut(room, work, today, moment, gone):
    """23:30 UTC on the 22nd is the 23rd in Paris."""
    room.source("reviews", date={"column": "date", "timezone": "UTC"})
    room.feed(_written("paris", "2023-11-22 23:30:00"), _written("new", "2026-11-01"))
    night(work)
    today(datetime.fromisoformat(moment))
    expire(work, by="a test")
    assert {"paris", "new"} - _keys(work.engine) == gone


def test_a_customer_who_wrote_since_keeps_the_older_feedback(room, work, today):
    room.feed(
        _written("old", "2019-01-01", ANNE),
        _written("lately", "2026-01-01", ANNE),
        _written("gone", "2019-01-01", BERT),
    )
    night(work)
    expire(work, by="a test")
    assert _keys(work.engine) == {"old", "lately"}


def test_a_source_may_keep_for_another_time_or_for_ever(room, work, today):
    for name, period in (("short", "90 days"), ("usual", None), ("archive", "for ever")):
        room.source(name, retention=period)
        room.feed(
            _written(f"{name}-2019", "2019-01-01"), _written(f"{name}-spring", "2026-04-01"), source=name
        )
    night(work)
    expire(work, by="a test")
    assert _keys(work.engine) == {"usual-spring", "archive-2019", "archive-spring"}


def test_retention_leaves_a_proof_and_what_is_delivered_again_stays_out(room, work, today):
    room.feed(_written("old", "2019-01-01"), _written("new", "2026-11-01"))
    night(work)
    expire(work, by="a test")
    [proof] = rows(work.engine, schema.erasure)
    assert (proof["kind"], proof["subject"], proof["counts"]["feedback"]) == ("retention", None, 1)
    room.feed(_written("old", "2019-01-01"), _written("new", "2026-11-01"), _written("newer", "2026-11-02"))
    assert night(work).by_reason("skipped") == {"erased": 1}
    assert expire(work, by="a test") == {}
    assert len(rows(work.engine, schema.erasure)) == 1


def test_killed_between_two_transactions_it_goes_on_where_it_was(room, work, today, monkeypatch):
    room.feed(*(_written(f"old{number}", "2019-01-01") for number in range(5)))
    night(work)
    monkeypatch.setattr(retention, "CHUNK", 2)
    pages = retention._Expiry(work, "a test").pages(next(retention._sources(work))[1])
    next(pages)
    pages.close()
    assert len(_keys(work.engine)) == 3
    assert expire(work, by="a test")["feedback"] == 3
    assert _keys(work.engine) == set()


def test_the_commands_say_what_they_did(small_room, ressenti):
    small_room.feed(*ANNES, *BERTS)
    small_room.night()
    would = ressenti("erase", ANNE, "--source", "reviews", "--dry-run")
    assert (would.code, "would erase" in would.out) == (0, True)
    assert ANNE not in would.out
    assert ressenti("access", "-", "--source", "reviews", stdin=f"{ANNE}\n").out.count("external_id") == 2
    done = ressenti("erase", "-", "--source", "reviews", stdin=f"{ANNE}\n")
    assert "no file of the database holds it any more" in done.out
    assert "nothing is held" in ressenti("erase", ANNE, "--source", "reviews").out
    assert ressenti("erase", ANNE).code == 2
    assert ressenti("retention", "--dry-run").out.startswith("reviews\t3 years\t")
    assert "erased" in ressenti("retention").out
    assert "the file" in ressenti("db", "compact").out


def test_a_correction_of_an_erased_text_goes_with_it(stored):
    revision = rows(stored.engine, schema.revision)[0]["id"]
    with writing(stored.engine) as connection:
        connection.execute(
            schema.correction.insert(),
            {"revision_id": revision, "label": "joy", "present": False, "author": "Eva", "origin": "a test",
             "note": WORDS, "corrected_at": TODAY},
        )  # fmt: skip
    assert erase_customer(stored, ANNE, ["reviews"]).counts["correction"] == 1
    assert _hits(_all_told(stored.engine)) == []


@pytest.mark.parametrize("nightly", [True, False])
def test_a_night_erases_what_was_kept_long_enough_only_where_it_is_told_to(room, nightly):
    room.settings(retention_nightly=nightly)
    room.feed(_written("old", "2019-01-01"), _written("new", "2026-11-01"))
    room.night()
    with room.open() as work:
        assert ("old" in _keys(work.engine)) is not nightly
