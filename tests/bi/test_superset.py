"""What BI reads, read by a real BI client: Apache Superset over PostgreSQL, as the role that may only read.

Superset is installed once into `.venv-superset` (about 800 MB), so these are of `make test-full`. Nothing is skipped:
where it can't be installed or started, they fail.
"""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from configs.taxonomy import load_taxonomy
from docs.dashboard import charts
from docs.dashboard.files import DATABASE, MASK, pack
from storage.database import reading
from storage.views import all_views
from tests.bi.superset_server import serving

pytestmark = pytest.mark.full
VIEWS = all_views(load_taxonomy())
SUMMED = ("whole", "number", "flag")


@pytest.fixture(scope="module")
def superset(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("superset")) as found:
        yield found


@pytest.fixture(scope="module")
def address(quarter):
    """The database as Superset calls it; a password is asked for, and PostgreSQL here takes any."""
    return quarter.set(drivername="postgresql+psycopg2", password=MASK).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def connection_made_by_hand(superset, address):
    uri = address.replace(MASK, "any")
    return superset.make("database", database_name="by hand", sqlalchemy_uri=uri, expose_in_sqllab=True)


def _key(view):
    """What the view's rows are grouped by: its first column of words, and the day where it has one."""
    words = next(column.name for column in view.columns if column.kind == "text")
    return [words, *(column.name for column in view.columns if column.kind == "day")][:2]


def _plain(value):
    """A value as JSON has it and as the database has it, made equal: days as Superset counts them."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp() * 1000
    return float(value) if isinstance(value, Decimal) else value


@pytest.fixture
def dataset(superset, connection_made_by_hand, view):
    """A dataset and a chart on the view; both go again: a Superset on SQLite takes a table's name once only."""
    number = superset.make("dataset", database=connection_made_by_hand, schema="bi", table_name=view.name)
    of_it = {"datasource_id": number, "datasource_type": "table", "viz_type": "table", "params": "{}"}
    chart = superset.make("chart", slice_name=f"all of {view.name}", **of_it)
    yield number
    superset.ask("DELETE", f"chart/{chart}")
    superset.ask("DELETE", f"dataset/{number}")


def _same(shown, told):
    """Ages go on between the two questions: seconds, of the many hours that are summed up."""
    if shown is None or told is None:
        return shown is told
    return math.isclose(shown, told, rel_tol=1e-3, abs_tol=0.5)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_dataset_and_a_chart_on_every_view_give_the_figures_that_sql_gives(superset, dataset, reader, view):
    told = superset.ask("GET", f"dataset/{dataset}")["result"]["columns"]
    assert {column["column_name"] for column in told} == {column.name for column in view.columns}
    moments = {column["column_name"] for column in told if column["is_dttm"]}
    assert moments == {column.name for column in view.columns if column.kind in ("day", "moment")}

    key = _key(view)
    figures = {
        f"sum of {each.name}": f'SUM("{each.name}")' for each in view.columns if each.kind in SUMMED
    } | {"rows": "COUNT(*)"}
    metrics = [
        {"expressionType": "SQL", "label": label, "sqlExpression": sql} for label, sql in figures.items()
    ]
    query = {"columns": key, "metrics": metrics, "filters": [], "orderby": [], "row_limit": 50_000}
    with reading(reader) as connection:
        asked = ", ".join(f'{sql} AS "{label}"' for label, sql in figures.items())
        sql = f"SELECT {', '.join(key)}, {asked} FROM {view.name} GROUP BY {', '.join(key)}"
        wanted = [
            {name: _plain(value) for name, value in row._mapping.items()}
            for row in connection.execute(text(sql))
        ]
    assert wanted
    found = superset.data(dataset, **query)
    assert len(found) == len(wanted)
    by_key = {tuple(row[name] for name in key): row for row in found}
    for row in wanted:
        there = by_key[tuple(row[name] for name in key)]
        for label in figures:
            assert _same(there[label], row[label]), (view.name, label, there, row)


@pytest.fixture(scope="module")
def imported(superset, address, tmp_path_factory):
    archive = tmp_path_factory.mktemp("archive") / "ressenti.zip"
    pack(archive, address)
    for _ in range(2):  # the second time over the first
        superset.take_in(archive, {DATABASE: "any"})
    return superset


@pytest.mark.parametrize("language", charts.LANGUAGES)
def test_the_ready_made_dashboards_import_and_every_chart_has_data(imported, language):
    assert imported.ask("GET", f"dashboard/ressenti-{language}")["result"]["published"]
    numbers = imported.charts_of(f"ressenti-{language}")
    assert numbers.keys() == {chart.said[language] for chart in charts.CHARTS}
    for name, number in numbers.items():
        assert imported.data_of_chart(number), name


@pytest.mark.parametrize("language", charts.LANGUAGES)
def test_the_dashboards_figures_are_those_that_sql_gives(imported, reader, language):
    numbers = imported.charts_of(f"ressenti-{language}")

    def shown(name):
        chart = next(one for one in charts.CHARTS if one.id == name)
        return imported.data_of_chart(numbers[chart.said[language]])

    with reading(reader) as connection:

        def told(sql):
            return [tuple(map(_plain, row)) for row in connection.execute(text(sql))]

        [[texts]] = told("SELECT count(*) FROM feedback WHERE status = 'scored'")
        [[late]] = told("SELECT count(*) FROM followups WHERE state IN ('open', 'taken') AND due_at < now()")
        reasons = told(f"SELECT {language}, count(*) FROM tags WHERE kind = 'churn_reason' GROUP BY 1")
        newest = told(f"SELECT {language}, text FROM tags WHERE label IN ('anger', 'injustice') AND sure = 1")
    assert [list(row.values()) for row in shown("texts")] == [[texts]]
    assert [list(row.values()) for row in shown("late")] == [[late]]
    counted = {
        row[language]: next(v for k, v in row.items() if k != language) for row in shown("churn-reasons")
    }
    assert {name: n for name, n in counted.items() if n} == dict(reasons)
    rows = shown("unfair")
    assert len(rows) == min(len(newest), 500)
    assert {(row[language], row["text"]) for row in rows} <= set(newest)
    days = [row["day"] for row in rows]
    assert days == sorted(days, reverse=True)


def test_the_imported_connection_can_write_nothing(imported):
    databases = imported.ask("GET", "database/")["result"]
    [number] = [each["id"] for each in databases if each["database_name"] == "Ressenti"]
    told = imported.ask("GET", f"database/{number}/connection")["result"]
    assert (told["allow_dml"], told["allow_ctas"], told["allow_cvas"]) == (False, False, False)
    assert MASK in told["sqlalchemy_uri"]
