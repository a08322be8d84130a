"""What every kind of source promises, one test a promise, over the troubles that real exports carry."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from configs.errors import ConfigError, SourceUnavailable
from flows.sources.preview import outcome
from flows.sources.reader import START, Position
from flows.sources.record import Record
from tests.contract.databases import POSTGRESQL
from tests.contract.kinds import KINDS

SEEN = datetime(2025, 3, 10, 3, 30, tzinfo=UTC)
TROUBLES = sorted((Path(__file__).parent / "troubles").glob("*.json"))

pytestmark = pytest.mark.parametrize("kind", KINDS)
each_trouble = pytest.mark.parametrize("trouble", TROUBLES, ids=lambda path: path.stem)


@pytest.fixture(autouse=True)
def _place(kind, request, monkeypatch):
    """What a kind needs beside a folder."""
    monkeypatch.setenv("CONTRACT_DATABASE_URL", "")
    if kind == "sql_postgresql":
        monkeypatch.setenv(POSTGRESQL, request.getfixturevalue("shop_postgresql"))


def told_by(trouble):
    told = json.loads(trouble.read_text(encoding="utf-8"))
    return told["records"], told["outcomes"]


def items_of(reader, after=START, seen=SEEN):
    reader.check()
    return [item for part in reader.parts() for item in reader.read(part, seen, after)]


def once(item):
    """Its outcome; what comes twice is no duplicate to one who did not see the first."""
    return outcome(item).replace("duplicate", "record")


def feedback(items):
    return {(item.external_id, item.text) for item in items if isinstance(item, Record)}


@each_trouble
def test_every_row_is_one_item_with_the_outcome_that_it_deserves(kind, trouble, tmp_path):
    records, outcomes = told_by(trouble)
    items = items_of(KINDS[kind].serve(tmp_path, records))
    assert [outcome(item) for item in items] == outcomes
    assert [item.row for item in items] == list(range(1, len(records) + 1))


@each_trouble
def test_records_hold_what_the_source_holds(kind, trouble, tmp_path):
    records, outcomes = told_by(trouble)
    found = feedback(items_of(KINDS[kind].serve(tmp_path, records)))
    assert found == {
        (r["ticket"], r["body"]) for r, o in zip(records, outcomes, strict=True) if o == "record"
    }


@each_trouble
def test_reading_twice_gives_the_same(kind, trouble, tmp_path):
    reader = KINDS[kind].serve(tmp_path, told_by(trouble)[0])
    assert items_of(reader) == items_of(reader)


@each_trouble
def test_a_reading_cut_anywhere_goes_on_where_it_stopped(kind, trouble, tmp_path):
    reader = KINDS[kind].serve(tmp_path, told_by(trouble)[0])
    whole = items_of(reader)
    endless = reader.parts()[0].endless
    # behind the last row of what is endless no reading is cut: the next one is another
    for row in range(len(whole) + (not endless)):
        mark = whole[row - 1].mark if row else None
        found = items_of(reader, Position(row, mark=mark))
        if (
            endless and found != whole[row:]
        ):  # the row at a query's mark comes again: it may have equals behind it
            rest = whole[max(row - 1, 0) :]
            assert feedback(rest) <= feedback(found) <= feedback(whole)
            assert [once(item) for item in found] == [once(item) for item in rest]
        else:
            assert found == whole[row:]


@each_trouble
def test_what_is_said_of_a_refused_row_holds_nothing_of_the_customer(kind, trouble, tmp_path):
    for item in items_of(KINDS[kind].serve(tmp_path, told_by(trouble)[0])):
        if outcome(item).startswith("rejected"):
            said = f"{item.reason} {item.field} {item.what} {item.place}"
            assert all(
                str(value) not in said for name, value in item.raw.items() if value and len(str(value)) > 2
            )
            assert item.raw["body"]


def test_one_id_for_two_texts_says_the_way_out(kind, tmp_path):
    records, _ = told_by(Path(__file__).parent / "troubles" / "one_id_for_two_texts.json")
    items = items_of(KINDS[kind].serve(tmp_path, records))
    assert "id: {derive:" in items[0].what
    derived = KINDS[kind].serve(tmp_path / "derived", records, id={"derive": ["who", "at", "body"]})
    assert [outcome(item) for item in items_of(derived)] == ["record", "record", "record", "duplicate"]


def test_a_text_that_changes_keeps_its_id_and_nothing_else_moves(kind, tmp_path):
    first = [{"ticket": f"T{n}", "who": "mia", "at": "2025-01-01", "body": f"Texte {n}"} for n in range(3)]
    changed = [*first[:2], first[2] | {"body": "Corrigé"}]
    before = items_of(KINDS[kind].serve(tmp_path / "before", first))
    after = items_of(KINDS[kind].serve(tmp_path / "after", changed))
    assert [item.external_id for item in before] == [item.external_id for item in after]
    assert feedback(before) ^ feedback(after) == {("T2", "Texte 2"), ("T2", "Corrigé")}


def test_a_text_of_one_megabyte_is_read_and_a_longer_one_is_quarantined(kind, tmp_path):
    # a sheet's cell ends at 32,767 characters by its own rule
    longest = KINDS[kind].longest
    long = "très déçu " * (80_000 if longest == 2**20 else longest // 11)
    records = [
        {"ticket": "T1", "at": "2025-01-01", "body": long},
        {"ticket": "T2", "at": "2025-01-01", "body": "ok"},
    ]
    items = items_of(KINDS[kind].serve(tmp_path, records))
    assert feedback(items) == {("T1", long.strip()), ("T2", "ok")}
    if longest == 2**20:
        records[0]["body"] = long + long
        assert outcome(items_of(KINDS[kind].serve(tmp_path, records))[0]) == "rejected:too_long"


def test_a_new_column_does_not_make_the_feedback_new(kind, tmp_path):
    records = [{"ticket": "T1", "who": "mia", "at": "2025-01-01", "body": "Bien"}]
    told = {"id": {"derive": ["who", "at", "body"]}}
    before = items_of(KINDS[kind].serve(tmp_path / "before", records, **told))
    after = items_of(KINDS[kind].serve(tmp_path / "after", [records[0] | {"agency": "Lyon"}], **told))
    assert feedback(before) == feedback(after)


def test_a_column_that_is_gone_stops_the_source_before_anything_is_read(kind, tmp_path):
    records = [{"ticket": "T1", "who": "mia", "at": "2025-01-01", "stars": "5", "body": "Bien"}]
    reader = KINDS[kind].serve(tmp_path, records, attributes=["stores"])
    with pytest.raises(ConfigError) as error:
        reader.check()
    assert KINDS[kind].place in str(error.value)
    assert "no such column (found 'stores'); accepted: ticket, who, at, stars, body" in str(error.value)
    assert "did you mean `stars`?" in str(error.value)


def test_a_column_declared_optional_may_be_gone(kind, tmp_path):
    records = [{"ticket": "T1", "who": "mia", "at": "2025-01-01", "stars": "", "body": "Bien"}]
    reader = KINDS[kind].serve(tmp_path, records, attributes=["agency"], optional=["agency"])
    assert items_of(reader)[0].attributes == {}


def test_a_part_is_known_again_under_its_mapping(kind, tmp_path):
    records = [{"ticket": "T1", "who": "mia", "at": "2025-01-01", "stars": "5", "body": "Bien"}]
    first = KINDS[kind].serve(tmp_path, records)
    known = [part.key for part in first.parts()]
    assert [part.key for part in first.parts()] == known
    other = KINDS[kind].serve(tmp_path, records, customer={"columns": ["who"], "shared": True})
    assert [part.key for part in other.parts()] != known


def test_what_is_new_in_a_source_is_read(kind, tmp_path):
    """A file that changed is another part; what is endless is read again whatever its key."""
    records = [{"ticket": "T1", "who": "mia", "at": "2025-01-01", "stars": "5", "body": "Bien"}]
    known = {part.key for part in KINDS[kind].serve(tmp_path, records).parts()}
    changed = KINDS[kind].serve(tmp_path, [records[0] | {"body": "Mieux"}]).parts()
    assert all(part.endless or part.key not in known for part in changed)


def test_a_source_that_is_not_there_is_worth_a_retry(kind, tmp_path):
    reader = KINDS[kind].serve(tmp_path, [])
    KINDS[kind].take_away(tmp_path)
    with pytest.raises(SourceUnavailable, match=KINDS[kind].gone):
        reader.check()


def test_relative_dates_follow_the_first_sight_and_ids_do_not(kind, tmp_path):
    records = [{"ticket": "", "who": "mia", "at": "il y a 2 mois", "stars": "5", "body": "Bien"}]
    reader = KINDS[kind].serve(tmp_path, records, id={"derive": ["who", "at"]})
    (first,), (later,) = items_of(reader), items_of(reader, seen=datetime(2025, 4, 10, tzinfo=UTC))
    assert first.written.at.date().isoformat() == "2025-01-10"
    assert first.written.relative
    assert later.written.at.date().isoformat() == "2025-02-10"
    assert first.external_id == later.external_id
