"""The sample feeds: what a first run finds in them, row by row accounted for."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from configs.settings import PROJECT
from flows.sources.record import Item, Record, Rejected, Skipped
from flows.sources.registry import load_sources, reader

EXPECTED = {
    "avis_boutique": {"Record": 148, "Duplicate": 2, "empty": 2},
    "enquete_satisfaction": {"Record": 116, "empty": 3},
    "tickets": {
        "Record": 120, "Duplicate": 2, "company_reply": 3, "auto_reply": 3, "empty": 2,
        "id_collision": 2, "bad_json": 1,
    },
    "avis_appli": {"Record": 27, "bad_date": 1, "wrong_columns": 1},
}  # fmt: skip
ROWS = {"avis_boutique": 152, "enquete_satisfaction": 119, "tickets": 133, "avis_appli": 29}
FIRST_SEEN = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def items() -> dict[str, list[Item]]:
    found = {}
    for source in load_sources(PROJECT / "configs" / "sources", tuple(EXPECTED)):
        files = reader(source, PROJECT)
        files.check()
        found[source.name] = [item for part in files.parts() for item in files.read(part, FIRST_SEEN)]
    return found


@pytest.fixture(scope="module")
def records(items: dict[str, list[Item]]) -> list[Record]:
    return [item for each in items.values() for item in each if isinstance(item, Record)]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_row_is_accounted_for(items: dict[str, list[Item]], name: str) -> None:
    outcomes = Counter(
        item.reason if isinstance(item, Skipped | Rejected) else type(item).__name__ for item in items[name]
    )
    assert outcomes == EXPECTED[name]
    assert len(items[name]) == ROWS[name]


def test_there_are_enough_of_every_channel(records: list[Record]) -> None:
    channels = Counter(record.channel for record in records)
    assert set(channels) == {"review", "survey", "ticket"}
    assert channels.total() >= 300
    assert min(channels.values()) >= 100


def test_customers_write_again_and_answer_the_survey_too(records: list[Record]) -> None:
    tickets = Counter(record.customer for record in records if record.channel == "ticket")
    answered = {record.customer for record in records if record.channel == "survey"} - {None}
    assert sum(count > 1 for count in tickets.values()) == 24
    assert len(answered & set(tickets)) == 17


def test_one_survey_batch(records: list[Record]) -> None:
    assert {record.batch for record in records if record.channel == "survey"} == {"2026-T3"}


def test_dates_are_all_read_and_many_stay_recent(records: list[Record]) -> None:
    assert all(record.written for record in records)
    relative = [record.written for record in records if record.written and record.written.relative]
    assert sum((FIRST_SEEN - written.at).days <= 14 for written in relative) >= 100
