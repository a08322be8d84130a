"""What is asked every night, and by BI, must be answered from indexes, however many feedback there are."""

import re

import pytest
from sqlalchemy import event

from storage.database import reading
from storage.notes import catch_up
from storage.reader import count_pending, pending
from storage.views import Dialect

from .world import add_model, add_run, add_source, item, predict, scored, store, waiting


@pytest.fixture
def settled(engine):
    """A thousand feedback, all predicted, one batch of them by a version of its own."""
    source, run = add_source(engine), add_run(engine)
    add_model(engine)
    add_model(engine, "m2", scope="batch:W1")
    for start in range(0, 1000, 500):
        chunk = [item(f"{n}", batch=f"W{n // 50}") for n in range(start, start + 500)]
        store(engine, source, run, *chunk)
    while texts := waiting(engine, 1000):
        predict(engine, run, *(scored(text, "joy") for text in texts))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    return engine


def _plans(engine, ask):
    """The plan of each statement that `ask(connection)` runs."""
    asked = []

    def note(connection, cursor, statement, parameters, context, many):
        asked.append((statement, parameters))

    with reading(engine) as connection:
        event.listen(connection, "before_cursor_execute", note)
        ask(connection)
        event.remove(connection, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(explain + statement, parameters)
            yield statement, "\n".join(str(row[-1]) for row in rows)


ASKED = [
    pytest.param(lambda connection: pending(connection, 500), id="pending"),
    pytest.param(lambda connection: pending(connection, 500, after=1000), id="pending after"),
    pytest.param(count_pending, id="count"),
    pytest.param(catch_up, id="catch up"),
]


@pytest.mark.parametrize("backend", ["sqlite"])  # PostgreSQL rightly walks over tables as small as these
@pytest.mark.parametrize("ask", ASKED)
def test_no_question_of_the_night_walks_over_a_table_on_sqlite(settled, ask):
    plans = dict(_plans(settled, ask))
    for statement, plan in plans.items():
        for table in ("revision", "feedback", "prediction"):
            assert f"SCAN {table}" not in plan, f"{statement}\n{plan}"
    assert any("ix_revision_pending" in plan for plan in plans.values())


@pytest.mark.parametrize("backend", ["postgresql"])
def test_postgresql_finds_what_is_pending_by_its_index(settled):
    plans = dict(_plans(settled, lambda connection: pending(connection, 500)))
    assert any("ix_revision_pending" in plan for plan in plans.values()), plans


@pytest.mark.parametrize("view", ["feedback", "tags"])
def test_bi_finds_a_batch_by_its_index(settled, view):
    by_index = {
        "sqlite": r"SEARCH \w+ USING INDEX ix_feedback_batch \(batch=",
        "postgresql": r"ix_feedback_batch\b.*\n\s+Index Cond: \(batch = ",
    }
    plan = _plan_of_view(settled, view, "batch = 'W1'")
    assert re.search(by_index[settled.dialect.name], plan), plan


@pytest.mark.parametrize("backend", ["postgresql"])  # SQLite walks over all texts, where it has no statistics
@pytest.mark.parametrize("view", ["feedback", "tags"])
def test_bi_finds_a_month_by_its_index_on_postgresql(settled, view):
    plan = _plan_of_view(settled, view, "day >= '2031-01-01' AND day < '2031-02-01'")
    assert re.search(r"ix_feedback_day\b.*\n\s+Index Cond: \(+day >= ", plan), plan


def _plan_of_view(engine, view, where):
    name = engine.dialect.name
    explain = "EXPLAIN QUERY PLAN" if name == "sqlite" else "EXPLAIN"
    with reading(engine) as connection:
        if name == "postgresql":
            connection.exec_driver_sql(
                "SET LOCAL enable_seqscan = off"
            )  # it walks over tables as small as these
        rows = connection.exec_driver_sql(f"{explain} SELECT * FROM {Dialect(name).view(view)} WHERE {where}")
        return "\n".join(str(row[-1]) for row in rows)
