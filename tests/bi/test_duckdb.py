"""The Parquet export as DuckDB reads it: what the views say, with days and moments as such."""

from datetime import date

import duckdb
import pytest
from sqlalchemy import text

from configs.taxonomy import load_taxonomy
from flows.exports.exporting import export
from storage.database import reading
from storage.export import views
from storage.views import all_views
from tests.bi.quarter import Quarter

TYPES = {
    "text": "VARCHAR",
    "whole": "BIGINT",
    "number": "DOUBLE",
    "flag": "TINYINT",
    "day": "DATE",
    "moment": "TIMESTAMP WITH TIME ZONE",
}
VIEWS = all_views(load_taxonomy())


@pytest.fixture
def quarter(work):
    """A quarter of feedback in the room's database."""
    Quarter(work.engine, a_week=2).fill()
    return work


@pytest.fixture
def exported(quarter, tmp_path):
    """Exports views; gives a function that asks DuckDB about them."""

    def make(*names):
        list(export(quarter, tmp_path, names))

        def ask(view, what, rest=""):
            files = f"read_parquet('{tmp_path}/{view}/**/*.parquet', hive_partitioning = true)"
            with duckdb.connect() as duck:
                duck.execute("SET TimeZone = 'UTC'")
                return duck.execute(f"SELECT {what} FROM {files} {rest}").fetchall()

        return ask

    return make


@pytest.fixture
def told(quarter):
    """Asks the database about a view, by SQL."""

    def ask(view, what, rest=""):
        with reading(quarter.engine) as connection:
            relation = views(connection, quarter.taxonomy)[view].relation
            return [tuple(row) for row in connection.execute(text(f"SELECT {what} FROM {relation} {rest}"))]

    return ask


def test_every_view_has_its_types_its_rows_and_its_sums(exported, told):
    ask = exported(*(view.name for view in VIEWS))
    for view in VIEWS:
        summed = [one.name for one in view.columns if one.kind in ("whole", "flag")]
        asked = ", ".join(["count(*)", *(f'sum("{name}")' for name in summed)])
        wanted = told(view.name, asked)
        assert wanted[0][0], view.name
        assert ask(view.name, asked) == wanted, view.name
        [types] = ask(view.name, ", ".join(f'typeof(any_value("{column.name}"))' for column in view.columns))
        assert list(types) == [TYPES[column.kind] for column in view.columns], view.name


def test_days_can_be_asked_for_and_moments_are_in_utc(exported, told):
    ask = exported("emotions_by_day", "feedback")
    by_day = "day, sum(tags), sum(sure)", "GROUP BY day ORDER BY day"
    wanted = [(date.fromisoformat(str(day)), *sums) for day, *sums in told("emotions_by_day", *by_day)]
    assert ask("emotions_by_day", *by_day) == wanted
    middle = wanted[len(wanted) // 2][0]
    [[days, newest]] = ask(
        "emotions_by_day", "count(DISTINCT day), max(day)", f"WHERE day >= DATE '{middle}'"
    )
    assert (days, newest) == (len([row for row in wanted if row[0] >= middle]), wanted[-1][0])

    # The quarter's texts are written at half past the hour, from 9 to 17 o'clock in UTC.
    hours = "min(hour(written_at)), max(hour(written_at)), min(minute(written_at)), max(minute(written_at))"
    [[low, high, *minutes]] = ask("feedback", hours)
    assert 9 <= low <= high <= 17
    assert minutes == [30, 30]
    assert ask("feedback", "count(written_at)") == told("feedback", "count(written_at)")
