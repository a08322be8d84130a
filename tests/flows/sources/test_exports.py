"""The presets of known exports, each over a small file written as its vendor writes it."""

import shutil
from pathlib import Path

import pytest

from flows.sources import presets
from flows.sources.config import FilesConfig
from flows.sources.preview import outcome
from flows.sources.reader import START
from flows.sources.registry import parse_source, reader
from tests.flows.sources.helpers import SEEN

EXPORTS = Path(__file__).parent / "exports"


def items_of(folder, **told):
    rows = reader(parse_source(told, "feed.yml", "feed"), folder)
    rows.check()
    return [item for part in rows.parts() for item in rows.read(part, SEEN, START)]


def records(items):
    return [item for item in items if outcome(item) == "record"]


def outcomes(items):
    return [outcome(item) for item in items]


def test_qualtrics_three_header_rows_and_its_previews_are_no_responses():
    items = items_of(EXPORTS, preset="qualtrics_csv", path="qualtrics.csv", text="Q2", nps="Q1")
    header, preview = "skipped:header_row", "skipped:no_customer"
    assert outcomes(items) == [header, header, "record", preview, "record", "skipped:empty"]
    first, second = records(items)
    assert (first.external_id, first.nps, first.customer) == ("R_1aB2cD3eF4gH5iJ", 10, "lea@example.com")
    assert first.written.at.isoformat() == "2025-03-03T08:12:42+00:00"
    assert second.text == "Three weeks late,\nand nobody answers."
    assert (second.language, second.customer) == ("en", None)


def test_google_play_in_utf_16_without_the_ratings_that_say_nothing(tmp_path):
    text = (EXPORTS / "google_play.csv").read_text(encoding="utf-8")
    (tmp_path / "reviews_com.example.lavande_202503.csv").write_text(text, encoding="utf-16")
    items = items_of(tmp_path, preset="google_play_reviews", path="reviews_*.csv")
    assert outcomes(items) == ["record", "skipped:rating_only", "record"]
    first, second = records(items)
    assert (first.text, first.rating, first.language) == ("L’appli plante à l’ouverture 😡", 1, "fr")
    assert first.attributes == {"app": "com.example.lavande", "version": "4.1.2", "device": "a52q"}
    assert second.text == 'Nice app, "finally" a dark mode'
    assert second.written.at.isoformat() == "2025-03-05T08:00:00+00:00"


def test_a_google_play_review_that_changed_keeps_its_id_in_the_next_months_file(tmp_path):
    text = (EXPORTS / "google_play.csv").read_text(encoding="utf-8")
    (tmp_path / "reviews_202503.csv").write_text(text, encoding="utf-16")
    (tmp_path / "reviews_202504.csv").write_text(text.replace("dark mode", "search"), encoding="utf-16")
    found = records(items_of(tmp_path, preset="google_play_reviews", path="reviews_*.csv"))
    assert len({item.external_id for item in found}) == 2
    assert len({item.text for item in found}) == 3


def test_app_store_answers_of_the_api_saved_as_files():
    first, second = records(items_of(EXPORTS, preset="app_store_reviews", path="app_store.json"))
    assert first.text == "Bof\nDepuis la mise à jour, impossible de payer."
    assert first.written.at.isoformat() == "2025-02-14T09:12:13+00:00"
    assert (first.rating, first.customer, first.attributes) == (2, "lou_75", {"country": "FRA"})
    assert second.text == "Top, rien à dire !"


def test_trustpilot_with_a_column_that_this_export_lacks():
    first, second = records(items_of(EXPORTS, preset="trustpilot_csv", path="trustpilot.csv"))
    assert (first.external_id, first.rating, first.language) == ("5e3de1b4", 1, "fr")
    assert first.text == "Très déçue, deux relances sans réponse."
    assert first.attributes == {"reference": "CMD-2201", "source": "Automatic invitation"}
    assert second.text == "Great\nQuick and friendly."


def test_what_the_company_answered_is_never_read(tmp_path):
    shutil.copy(EXPORTS / "trustpilot.csv", tmp_path)
    found = records(items_of(tmp_path, preset="trustpilot_csv", path="trustpilot.csv"))
    assert not any("rappelons" in item.text for item in found)


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_a_source_once_its_own_keys_are_given(name):
    told = {"preset": name}
    made = presets.with_preset(told, "feed.yml")
    if made.get("kind", "files") == "files":
        own = {"path": "export.csv"} | ({} if "text" in made else {"text": "Q2"})
        assert isinstance(parse_source(told | own, "feed.yml", "feed"), FilesConfig)
