"""The nine real feeds, by configuration alone: every row accounted for, and how many come in at least."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from flows.sources.draft import draft
from flows.sources.files import FilesReader
from flows.sources.preview import outcome
from flows.sources.registry import load_sources, parse_source
from tests.flows.sources.helpers import SEEN

PROJECT = Path(__file__).resolve().parents[3]
FEEDS = PROJECT.parent / "shared" / "data" / "feeds"
ROWS = {
    "reviews_hotel": (4_921, 2_600),
    "reviews_insurance": (1_000, 1_000),
    "reviews_pharmacies": (2_845, 2_845),
    "reviews_phones": (9_980, 9_900),
    "reviews_private_sales": (7_220, 7_200),
    "survey_meal_boxes": (10_914, 10_900),
    "tickets_airlines": (14_640, 14_400),
    "tickets_music_app": (15_096, 15_000),
    "tickets_public_services": (1_200, 1_200),
}  # rows in the file, records at least

pytestmark = [
    pytest.mark.feeds,
    pytest.mark.skipif(not FEEDS.is_dir(), reason="../shared/data/feeds is not here"),
]


@pytest.fixture(scope="module")
def read_all():
    found = {}
    for config in load_sources(PROJECT / "configs" / "feeds"):
        reader = FilesReader(config, PROJECT)
        reader.check()
        found[config.name] = [item for part in reader.parts() for item in reader.read(part, SEEN)]
    return found


@pytest.mark.parametrize("name", ROWS)
def test_every_row_of_a_feed_is_accounted_for(read_all, name):
    rows, at_least = ROWS[name]
    items = read_all[name]
    assert [item.row for item in items] == list(range(1, rows + 1))
    counts = Counter(map(outcome, items))
    assert counts["record"] >= at_least, counts
    assert not [what for what in counts if what.startswith("rejected")], counts


def test_all_nine_together(read_all):
    counts = Counter(outcome(item) for items in read_all.values() for item in items)
    assert sum(counts.values()) == 67_816
    assert counts["record"] >= 64_000, counts


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"reviews_hotel", "tickets_public_services"}))
def test_customers_and_dates_come_along(read_all, name):
    records = [item for item in read_all[name] if outcome(item) == "record"]
    assert all(item.customer and item.written for item in records)
    assert all(2000 < item.written.at.year <= SEEN.year for item in records)


def test_lone_carriage_returns_are_still_in_the_texts(read_all):
    assert sum(item.text.count("\r") for item in read_all["tickets_music_app"]) == 13


@pytest.mark.parametrize(
    "file", sorted(FEEDS.iterdir()) if FEEDS.is_dir() else [], ids=lambda path: path.stem
)
def test_a_draft_of_each_reads_without_a_refused_row(file):
    text = draft(file, PROJECT)
    parse_source(yaml.safe_load(text), file.name, file.stem)
    assert "rejected" not in text.splitlines()[0]
    assert "record" in text.splitlines()[0]
