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
def exported(work, tmp_path):
    """A quarter's export; reads a view of it by DuckDB."""
    Quarter(work.engine, a_week=3).fill()
    list(export(work, tmp_path, [view.name for view in VIEWS]))

    def ask(view, what, rest=""):
        files = f"read_parquet('{tmp_path}/{view}/**/*.parquet', hive_partitioning = true)"
        with duckdb.connect() as duck:
            duck.execute("SET TimeZone = 'UTC'")
            return duck.execute(f"SELECT {what} FROM {files} {rest}").fetchall()

    return ask


def test_counts_and_sums_are_those_of_the_views(work, exported):
    with reading(work.engine) as connection:
        known = views(connection, work.taxonomy)
        for view in VIEWS:
            summed = [one.name for one in view.columns if one.kind in ("whole", "flag")]
            asked = ", ".join(["count(*)", *(f'sum("{name}")' for name in summed)])
            wanted = connection.execute(text(f"SELECT {asked} FROM {known[view.name].relation}")).one()
            assert wanted[0], view.name
            assert exported(view.name, asked) == [tuple(wanted)], view.name


def test_every_column_has_its_type(exported):
    for view in VIEWS:
        names = ", ".join(f'typeof(any_value("{column.name}"))' for column in view.columns)
        [found] = exported(view.name, names)
        assert dict(zip((c.name for c in view.columns), found, strict=True)) == {
            column.name: TYPES[column.kind] for column in view.columns
        }, view.name


def test_a_day_is_one_folder_and_days_can_be_asked_for(work, exported):
    with reading(work.engine) as connection:
        relation = views(connection, work.taxonomy)["emotions_by_day"].relation
        sql = f"SELECT day, sum(tags), sum(sure) FROM {relation} GROUP BY day ORDER BY day"
        wanted = [
            (date.fromisoformat(str(day)), tags, sure) for day, tags, sure in connection.execute(text(sql))
        ]
    assert exported("emotions_by_day", "day, sum(tags), sum(sure)", "GROUP BY day ORDER BY day") == wanted
    middle = wanted[len(wanted) // 2][0]
    later = [row for row in wanted if row[0] >= middle]
    [[days, newest]] = exported(
        "emotions_by_day", "count(DISTINCT day), max(day)", f"WHERE day >= DATE '{middle}'"
    )
    assert (days, newest) == (len(later), wanted[-1][0])


def test_a_moment_is_the_same_moment_as_in_the_database(work, exported):
    with reading(work.engine) as connection:
        relation = views(connection, work.taxonomy)["feedback"].relation
        sql = f"SELECT count(*) FROM {relation} WHERE written_at IS NOT NULL"
        known = connection.execute(text(sql)).scalar_one()
    # The texts of a quarter are written at half past the hour, from 9 to 17 o'clock in UTC.
    [[count, low, high, minutes]] = exported(
        "feedback", "count(written_at), min(hour(written_at)), max(hour(written_at)), max(minute(written_at))"
    )
    assert count == known
    assert 9 <= low <= high <= 17
    assert minutes == 30
