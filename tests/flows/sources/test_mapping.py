"""A row in the words of its description, or the reason why it is none."""

import json
from datetime import datetime

import pytest

from flows.sources.formats.table import Row, as_text, flat
from flows.sources.mapping import LONGEST_TEXT, RowMapper
from flows.sources.record import Record, Rejected, Skipped
from tests.flows.sources.helpers import PARIS, SEEN, mapped, source

ROW = {"text": "Livraison en retard", "ref": "A-1", "who": "mia", "day": "2024-05-06", "note": "3,5"}


def rejected(cells, **told):
    item = mapped(cells, **told)
    assert isinstance(item, Rejected), item
    return item.reason, item.field


def test_a_whole_record():
    item = mapped(
        ROW | {"recommend": "9", "vague": "T1", "pays": "FR", "lang": "fr-FR"},
        id="ref", customer="who", date="day", nps="recommend", survey="vague", batch={"file": True},
        rating={"column": "note", "scale": [1, 5], "decimal": ","}, language="lang", attributes={"country": "pays"},
    )  # fmt: skip
    assert isinstance(item, Record)
    assert (item.external_id, item.customer, item.rating, item.rating_scale) == ("A-1", "mia", 3.5, (1, 5))
    assert (item.nps, item.survey, item.batch, item.language) == (9, "T1", "feed", "fr")
    assert (item.attributes, str(item.place), item.row) == ({"country": "FR"}, "feed.csv:2", 1)
    assert item.written.precision == "day"


def test_the_raw_row_is_kept_in_values_that_json_has():
    item = mapped({"text": "a", "ref": 7.0, "day": datetime(2024, 5, 6), "void": None, "b": True}, id="ref")
    assert json.loads(json.dumps(item.raw)) == {
        "text": "a", "ref": "7", "day": "2024-05-06T00:00:00", "void": None, "b": True,
    }  # fmt: skip


@pytest.mark.parametrize(("word", "rating"), [("7,0", 7), ("10", 10), ("", None), ("0", None), (8.5, 8.5)])
def test_ratings(word, rating):
    told = {"column": "note", "scale": [1, 10], "decimal": ",", "none": [0]}
    assert mapped(ROW | {"note": word}, rating=told).rating == rating


@pytest.mark.parametrize(("word", "rating"), [("1\u00a0étoile", 1), ("5 étoiles", 5)])
def test_ratings_in_words(word, rating):
    told = {"column": "note", "scale": [1, 5], "pattern": r"(\d)\s*étoile"}
    assert mapped(ROW | {"note": word}, rating=told).rating == rating


@pytest.mark.parametrize("word", ["11", "-1", "good", "1e3", "3 or 4", "nan", "3,5"])
def test_a_rating_off_the_scale_is_bad(word):
    assert rejected(ROW | {"note": word}, rating={"column": "note", "scale": [0, 10]}) == (
        "bad_rating",
        "note",
    )


@pytest.mark.parametrize("word", ["11", "7.5", "yes"])
def test_a_recommendation_is_a_whole_number_to_ten(word):
    assert rejected(ROW | {"n": word}, nps="n") == ("bad_nps", "n")
    assert mapped(ROW | {"n": 10.0}, nps="n").nps == 10
    assert mapped(ROW | {"n": " "}, nps="n").nps is None


@pytest.mark.parametrize(
    ("rule", "left_out"),
    [
        ({"equals": "AGENT"}, True),
        ({"equals": "age"}, False),
        ({"in": ["bot", "agent"]}, True),
        ({"matches": "^ag"}, True),
        ({"matches": "^gent"}, False),
        ({"not_empty": True}, True),
        ({"empty": True}, False),
    ],
)
def test_rows_to_leave_out(rule, left_out):
    item = mapped(ROW | {"by": " agent "}, skip=[{"column": "by", "reason": "reply", **rule}])
    assert isinstance(item, Skipped if left_out else Record)


def test_an_empty_text_is_skipped_before_anything_else_is_asked():
    item = mapped(ROW | {"text": " \u00a0\n", "ref": "", "note": "x"}, id="ref")
    assert item == Skipped(item.place, 1, "empty")


def test_a_missing_id_is_rejected():
    assert rejected(ROW | {"ref": " "}, id="ref") == ("missing_id", "ref")
    assert rejected(ROW | {"ref": ""}, id={"derive": ["ref"]}) == ("missing_id", "ref")


def test_derived_ids_hang_on_the_declared_columns_alone():
    def derived(**changed):
        return mapped(ROW | changed, id={"derive": ["who", "day"]}, date="day").external_id

    assert derived() == derived(text="another", note="1", ref="B-2")
    assert derived(day="6 mai 2024") == derived()  # what the date means, not how it is written
    assert derived(who=" mia ") == derived()
    assert derived(who="noa") != derived()
    assert derived(day="2024-05-07") != derived()


def test_without_an_id_text_customer_and_day_make_one():
    def derived(**changed):
        return mapped(ROW | changed, customer="who", date="day").external_id

    assert derived() == derived(ref="B-2", note="1")
    assert len({derived(), derived(text="x"), derived(who="noa"), derived(day="2024-05-07")}) == 4


@pytest.mark.parametrize("told", [{}, {"id": {"derive": ["who", "day"]}}])
def test_a_relative_date_is_never_part_of_an_id(told):
    row = ROW | {"day": "il y a 6 mois"}
    first = mapped(row, customer="who", date="day", **told).external_id
    assert mapped(row | {"day": "il y a 7 mois"}, customer="who", date="day", **told).external_id == first


def test_fields_of_a_derived_id_do_not_run_into_each_other():
    told = {"id": {"derive": ["a", "b"]}}
    assert mapped({"text": "t", "a": "1 2", "b": "3"}, **told) != mapped(
        {"text": "t", "a": "1", "b": "2 3"}, **told
    )


def test_a_key_makes_derived_ids_unguessable():

    def derived(key):
        return RowMapper(source(), SEEN, PARIS, key).item(Row(1, 2, ROW), "f").external_id

    assert derived(b"one") != derived(b"two")
    assert derived(b"one") == derived(b"one")


def test_a_text_of_one_megabyte_passes_and_more_does_not():
    assert len(mapped({"text": "x" * 1_000_000}).text) == 1_000_000
    assert rejected({"text": "é" * (LONGEST_TEXT // 2 + 1)}) == ("too_long", "text")


def test_lone_surrogates_from_json_are_no_text():
    assert rejected({"text": "\ud83d"}) == ("bad_encoding", "text")


@pytest.mark.parametrize(
    ("word", "language"),
    [("FR", "fr"), ("en_GB", "en"), ("Français", "fr"), ("klingon", None), ("", None)],
)
def test_languages_by_code_or_by_the_files_own_word(word, language):
    told = {"column": "lang", "values": {"Français": "fr"}}
    assert mapped(ROW | {"lang": word}, language=told).language == language


def test_constants():
    item = mapped(ROW, language={"constant": "fr"}, survey={"constant": "NPS"}, customer=["who", "ref"])
    assert (item.language, item.survey, item.customer) == ("fr", "NPS", "mia A-1")


def test_nothing_personal_in_what_is_said_of_a_rejected_row():
    row = ROW | {"note": "call 06 12 34 56 78", "day": "mia@example.org"}
    for told in ({"rating": {"column": "note", "scale": [1, 5]}}, {"date": "day"}):
        item = mapped(row, **told)
        assert "06 12" not in item.what
        assert "mia" not in item.what
        assert item.raw == row


def test_cells_as_a_person_would_have_typed_them():
    assert [as_text(cell) for cell in (7.0, 7.25, True, None, float("nan"), [1, "é"], 10**20)] == [
        "7", "7.25", "true", "", "", '[1, "é"]', str(10**20),
    ]  # fmt: skip
    assert flat({"a": {"b": {"c": 1}}, "d": [2]}) == {"a.b.c": 1, "d": [2]}
