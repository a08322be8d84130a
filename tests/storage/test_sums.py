"""The sums that BI reads are at any moment what adding everything up anew would give."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import additions, schema
from storage.database import reading, writing
from storage.predictions import NewPrediction, NewTag, write_predictions, write_tags
from storage.sums import TABLES, prune, rebuild, recounted

from .world import (
    add_model,
    add_run,
    add_source,
    erase,
    item,
    later,
    predict,
    rows,
    scored,
    store,
    waiting,
)


@pytest.fixture
def source(engine):
    add_model(engine)
    return add_source(engine)


@pytest.fixture
def run(engine):
    return add_run(engine)


def _sums(engine):
    """Every sum that is not zero."""
    found = {}
    for table in TABLES:
        counters = [one.name for one in table.columns if not one.primary_key and one.type.python_type is int]
        found[table.name] = [row for row in rows(engine, table) if any(row[name] for name in counters)]
    return found


def _same_when_rebuilt(engine):
    before = _sums(engine)
    with writing(engine) as connection:
        rebuild(connection)
    assert _sums(engine) == before


def _tags(engine, table=schema.tags_by_day, **keys):
    return sum(row["tags"] for row in rows(engine, table) if keys.items() <= row.items())


def test_texts_and_tags_are_counted_with_what_their_customers_answered(engine, source, run):
    at = later(days=-1)
    store(
        engine,
        source,
        run,
        item("a", nps=10, rating=4.0, written_at=at, batch="W1", survey="S", customer="c1"),
        item("b", nps=3, rating=1.0, written_at=at, batch="W1", survey="S", customer="c1"),
        item("c", nps=None, rating=None, written_at=at, batch="W1", survey="S"),
    )
    a, b, c = waiting(engine)
    refused = NewPrediction(revision_id=c.revision_id, model_version="m1", outcome="refused", reason="empty")
    predict(engine, run, scored(a, "joy"), scored(b, "anger", "churn_intent"), refused)
    [texts] = rows(engine, schema.texts_by_day)
    assert (texts["day"], texts["survey"], texts["batch"], texts["language"]) == (
        at.date(),
        "S",
        "W1",
        "fr",
    )
    assert (texts["texts"], texts["scored"]) == (3, 2)
    assert (texts["promoters"], texts["passives"], texts["detractors"]) == (1, 0, 1)
    assert (texts["rated"], texts["satisfied"], texts["rating_points"]) == (2, 1, 75)
    assert {row["label"]: row["promoters"] for row in rows(engine, schema.tags_by_day)} == {
        "anger": 0,
        "churn_intent": 0,
        "joy": 1,
    }
    [customer] = rows(engine, schema.texts_by_customer)
    assert (customer["customer"], customer["texts"], customer["first_day"]) == ("c1", 2, at.date())
    [found] = rows(engine, schema.tags_by_customer)
    assert (found["negative"], found["positive"], found["churn_reasons"], found["churn_intents"]) == (
        1,
        1,
        0,
        1,
    )
    _same_when_rebuilt(engine)


def test_a_text_without_a_date_is_counted_on_the_day_it_was_found(engine, source, run):
    """In the database's zone: half past eleven in the evening in UTC is the next day in Paris."""
    evening = later(hours=20)
    store(engine, source, run, item("a"), now=evening)
    predict(engine, run, scored(waiting(engine)[0], "joy"))
    assert rows(engine, schema.texts_by_day)[0]["day"] == date(2026, 11, 21)


def test_changed_metadata_move_what_was_counted(engine, source, run):
    store(engine, source, run, item("a", nps=1, customer="old", written_at=later(days=-9)))
    predict(engine, run, scored(waiting(engine)[0], "anger"))
    store(engine, source, run, item("a", nps=9, customer="new", batch="W2", written_at=later(days=-40)))
    counted = [row for row in rows(engine, schema.texts_by_day) if row["texts"]]
    assert [(row["batch"], row["promoters"], row["detractors"]) for row in counted] == [("W2", 1, 0)]
    assert [row["customer"] for row in rows(engine, schema.texts_by_customer)] == ["new"]
    assert [row["customer"] for row in rows(engine, schema.tags_by_customer)] == ["new"]
    _same_when_rebuilt(engine)


def test_an_edited_text_counts_again_when_it_was_scored_again(engine, source, run):
    store(engine, source, run, item("a", "Nul"))
    predict(engine, run, scored(waiting(engine)[0], "anger"))
    store(engine, source, run, item("a", "Bien finalement"))
    assert _tags(engine) == 0
    predict(engine, run, scored(waiting(engine)[0], "joy"))
    assert (_tags(engine, label="anger"), _tags(engine, label="joy")) == (0, 1)
    _same_when_rebuilt(engine)


def test_what_is_said_of_a_text_that_was_edited_meanwhile_is_not_counted(engine, source, run):
    store(engine, source, run, item("a", "Nul"))
    [late] = waiting(engine)
    store(engine, source, run, item("a", "Bien finalement"))
    predict(engine, run, scored(late, "anger"))
    assert _tags(engine) == 0


def test_tags_by_other_thresholds_are_counted_once_however_often_they_are_derived(engine, source, run):
    add_model(engine, "m2", active=False)
    store(engine, source, run, item("a"), item("b"))
    predict(engine, run, *(scored(text, "anger") for text in waiting(engine)))
    ids = [row["id"] for row in rows(engine, schema.prediction)]
    for _ in range(2):
        with writing(engine) as connection:
            write_tags(connection, "t-m2", [(ids[0], [NewTag("joy", 0.4, False)]), (ids[1], [])])
    assert _tags(engine, threshold_set="t-m2") == 1
    assert _tags(engine, threshold_set="t-m1", label="anger") == 2
    _same_when_rebuilt(engine)


def test_the_last_text_of_a_customer_takes_the_customer_out(engine, source, run):
    first, last = later(days=-30), later(days=-1)
    store(
        engine,
        source,
        run,
        item("a", customer="c", written_at=first, attributes={"ville": "Brive"}),
        item("b", customer="c", written_at=last),
    )
    predict(engine, run, *(scored(text, "anger") for text in waiting(engine)))
    [a, b] = [row["id"] for row in rows(engine, schema.feedback)]
    _erase(engine, a)
    [row] = rows(engine, schema.texts_by_customer)
    assert (row["texts"], row["first_day"], row["last_day"]) == (1, last.date(), last.date())
    assert rows(engine, schema.attribute_value) == []
    _same_when_rebuilt(engine)
    _erase(engine, b)
    assert rows(engine, schema.texts_by_customer) == rows(engine, schema.tags_by_customer) == []


def _erase(engine, feedback_id):
    with writing(engine) as connection:
        with recounted(connection, [feedback_id]):
            for revision in [row for row in rows_in(connection, schema.revision, feedback_id=feedback_id)]:
                for said in rows_in(connection, schema.prediction, revision_id=revision["id"]):
                    erase(connection, schema.tag, prediction_id=said["id"])
                erase(connection, schema.prediction, revision_id=revision["id"])
            erase(connection, schema.revision, feedback_id=feedback_id)
            erase(connection, schema.feedback, id=feedback_id)
        prune(connection)


def rows_in(connection, table, **where):
    statement = table.select()
    for name, value in where.items():
        statement = statement.where(table.c[name] == value)
    return [dict(row._mapping) for row in connection.execute(statement)]


def test_a_column_of_unique_numbers_does_not_swell_the_sums(engine, source, run, monkeypatch):
    monkeypatch.setattr(additions, "TOLD_APART", 3)
    for start in (0, 5):
        numbers = range(start, start + 5)
        store(
            engine,
            source,
            run,
            *(item(f"{n}", attributes={"ref": f"{n}", "pays": "FR"}) for n in numbers),
        )
        predict(engine, run, *(scored(text, "joy") for text in waiting(engine)))
    counted = {(row["name"], row["value"]): row["texts"] for row in rows(engine, schema.texts_by_attribute)}
    assert counted == {
        ("pays", "FR"): 10,
        ("ref", "0"): 1,
        ("ref", "1"): 1,
        ("ref", "2"): 1,
        ("ref", schema.OTHER): 7,
    }
    _same_when_rebuilt(engine)


CHANGES = st.fixed_dictionaries(
    {
        "nps": st.sampled_from([None, 0, 7, 10]),
        "rating": st.sampled_from([None, 1.0, 4.0]),
        "batch": st.sampled_from([None, "W1"]),
        "customer": st.sampled_from([None, "c1", "c2"]),
        "written_at": st.sampled_from([None, later(days=-40), later(days=-1)]),
        "attributes": st.sampled_from([{}, {"ville": "Lyon"}, {"ville": "Brive", "pays": "FR"}]),
        "language": st.sampled_from([None, "fr", "en"]),
    }
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["store", "score", "erase", "thresholds"]),
        st.integers(0, 3),
        st.sampled_from(["Nul", "Bien", "Bof"]),
        CHANGES,
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_whatever_happens_the_sums_are_those_of_adding_up_anew(engine, steps):
    for table in reversed(schema.metadata.sorted_tables):
        if table.name not in ("contract", "label"):
            with writing(engine) as connection:
                erase(connection, table)
    source, run = add_source(engine), add_run(engine)
    add_model(engine)
    add_model(engine, "m2", active=False)
    for what, number, text, changes in steps:
        _do(engine, source, run, what, number, text, changes)
    _same_when_rebuilt(engine)


def _do(engine, source, run, what, number, text, changes):
    if what == "store":
        store(engine, source, run, item(f"{number}", text, **changes), now=later(hours=number))
    elif what == "score":
        labels = ("anger", "churn_intent") if text == "Nul" else ("joy",)
        with writing(engine) as connection:
            said = [scored(each, *labels) for each in waiting(engine)[: number + 1]]
            write_predictions(connection, run, said, later())
    elif what == "thresholds":
        with reading(engine) as connection:
            ids = [row["id"] for row in rows_in(connection, schema.prediction)]
        with writing(engine) as connection:
            write_tags(connection, "t-m2", [(one, [NewTag("unclear", 0.4, False)]) for one in ids[:number]])
    else:
        for row in rows(engine, schema.feedback):
            if row["external_id"] == f"{number}":
                _erase(engine, row["id"])
