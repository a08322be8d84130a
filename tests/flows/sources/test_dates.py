"""Dates in words, in figures, typed and relative, with the precision that is known."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from configs.errors import BadRecord
from flows.sources.blocks import Written
from flows.sources.dates import DateReader

PARIS = ZoneInfo("Europe/Paris")
LOS_ANGELES = {"format": "%d-%m-%Y %H.%M", "timezone": "America/Los_Angeles"}
SENT_ON = {"pattern": "le (.+)", "format": "%d %B %Y", "language": "fr"}
SEEN = datetime(2025, 3, 10, 3, 30, tzinfo=UTC)


def reading(cell, **told):
    return DateReader(Written.model_validate({"column": "d", **told}), (), PARIS, SEEN).read(cell)


@pytest.mark.parametrize(
    ("cell", "told", "at", "precision"),
    [
        (" 17 juillet 2023", {"format": "%d %B %Y", "language": "fr"}, "2023-07-17 10:00", "day"),
        ("1 août 2024", {"language": "fr"}, "2024-08-01 10:00", "day"),
        ("1er mars 2023", {"language": "fr"}, "2023-03-01 11:00", "day"),
        ("05/01/2021", {"format": "%d/%m/%Y"}, "2021-01-05 11:00", "day"),
        ("24-02-2015 9.35", LOS_ANGELES, "2015-02-24 17:35", "minute"),
        ("Tue Oct 31 23:36:20 +0000 2017", {"format": "%a %b %d %H:%M:%S %z %Y"}, "2017-10-31 23:36:20", "second"),
        ("2024-05-06", {}, "2024-05-06 10:00", "day"),
        ("2024-05-06T07:08:09+02:00", {}, "2024-05-06 05:08:09", "second"),
        ("2024-05-06T07:08:09Z", {}, "2024-05-06 07:08:09", "second"),
        ("2024-05-06 07:08", {"timezone": "UTC"}, "2024-05-06 07:08", "minute"),
        ("03/04/2023", {}, "2023-04-03 10:00", "day"),
        ("03/04/2023", {"language": "en"}, "2023-03-04 11:00", "day"),
        ("mai 2023", {"language": "fr"}, "2023-05-01 10:00", "month"),
        ("1672531200", {}, "2023-01-01 00:00", "second"),
        ("envoyé le 16 août 2024", SENT_ON, "2024-08-16 10:00", "day"),
        (date(2024, 1, 31), {}, "2024-01-31 11:00", "day"),
        (datetime(2024, 1, 31), {}, "2024-01-31 11:00", "day"),
        (datetime(2024, 1, 31, 8, 15), {}, "2024-01-31 07:15", "second"),
    ],
)  # fmt: skip
def test_absolute_dates(cell, told, at, precision):
    found = reading(cell, **told)
    assert found.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert (found.precision, found.relative) == (precision, False)


@pytest.mark.parametrize(
    ("cell", "at", "precision"),
    [
        ("il y a 6 mois", "2024-09-10", "month"),
        ("il y a un an", "2024-03-10", "year"),
        ("il y a\u00a03\u00a0semaines", "2025-02-17", "week"),
        ("2 days ago", "2025-03-08", "day"),
        ("hier", "2025-03-09", "day"),
    ],
)
def test_relative_dates_count_from_the_first_sight(cell, at, precision):
    found = reading(cell)
    assert found.at.date() == date.fromisoformat(at)
    assert (found.precision, found.relative) == (precision, True)


def test_relative_dates_count_from_the_declared_day():
    found = reading(
        "Modifié il y a 2 mois", pattern="(il y a .+)", language="fr", relative_to=date(2024, 12, 31)
    )
    assert found.at == datetime(2024, 10, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell", ["15 janvier", "10", "lundi", "n/a", "32/01/2024", "2024-13-01", "il y a longtemps"]
)
def test_what_is_no_whole_date_is_bad(cell):
    with pytest.raises(BadRecord) as error:
        reading(cell, language="fr")
    assert (error.value.reason, error.value.field) == ("bad_date", "d")
    assert cell not in error.value.what


def test_a_date_in_another_format_than_the_declared_one_is_bad():
    with pytest.raises(BadRecord, match="%d/%m/%Y"):
        reading("2024-01-31", format="%d/%m/%Y")


def test_an_empty_cell_is_no_date():
    assert reading("  ") is None
    assert reading(None) is None


def test_a_day_stays_the_same_day_in_utc_on_both_clock_changes():
    for day in ("2024-03-31", "2024-10-27"):
        assert reading(day).at.date().isoformat() == day
