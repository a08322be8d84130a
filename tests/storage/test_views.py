"""What BI reads: what the views say, that they agree with each other, and that they are what the contract says."""

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import inspect, text

from configs.taxonomy import load_taxonomy
from storage import schema
from storage.database import reading, writing
from storage.followups import Opening, open_or_link
from storage.predictions import NewPrediction, NewTag
from storage.registry import activate, roll_back
from storage.upgrade import upgrade
from storage.views import Dialect, all_views, described

from .world import (
    NOW,
    add_model,
    add_run,
    add_source,
    bad,
    item,
    later,
    predict,
    rows,
    scored,
    store,
    waiting,
)

TAXONOMY = load_taxonomy()
VIEWS = {view.name: view for view in all_views(TAXONOMY)}


@pytest.fixture
def read(engine):
    """Reads a view: its rows as dicts."""

    def rows_of(view, where="1 = 1", columns="*"):
        name = Dialect(engine.dialect.name).view(view)
        with reading(engine) as connection:
            found = connection.execute(text(f"SELECT {columns} FROM {name} WHERE {where}"))
            return [dict(row._mapping) for row in found]

    return rows_of


@pytest.fixture
def source(engine):
    add_model(engine)
    return add_source(engine)


@pytest.fixture
def run(engine):
    return add_run(engine)


def said(text, *labels, version="m1", thresholds=None, sure=True):
    """A prediction with tags of falling scores."""
    tags = [NewTag(label, 0.9 - place / 10, sure) for place, label in enumerate(labels)]
    return NewPrediction(
        revision_id=text.revision_id,
        model_version=version,
        scores={"joy": 0.5, "anger": 0.5},
        threshold_set=thresholds or f"t-{version}",
        tags=tags,
    )


def judge(engine, revision_id, label, present, at=NOW):
    values = {"revision_id": revision_id, "label": label, "present": present, "author": "lea"}
    with writing(engine) as connection:
        connection.execute(schema.correction.insert(), values | {"corrected_at": at, "origin": "a test"})


def test_every_column_of_every_view_says_what_it_is_and_where_it_comes_from():
    for view in VIEWS.values():
        assert view.meaning.startswith("one row"), view.name
        names = [column.name for column in view.columns]
        assert len(set(names)) == len(names), view.name
        for column in view.columns:
            place = f"{view.name}.{column.name}"
            assert column.meaning, place
            assert column.source, place
            assert ("null" in column.meaning) == column.nullable or column.kind == "flag", place
            assert column.unit or column.kind == "text", place


def test_the_database_has_the_columns_that_the_contract_names(engine):
    with reading(engine) as connection:
        for view in VIEWS.values():
            found = connection.execute(text(f"SELECT * FROM {Dialect(engine.dialect.name).view(view.name)}"))
            assert list(found.keys()) == [column.name for column in view.columns], view.name


TYPES = {
    "text": {"TEXT"},
    "whole": {"INTEGER", "BIGINT"},
    "number": {"DOUBLE PRECISION"},
    "flag": {"INTEGER"},
    "day": {"DATE"},
    "moment": {"TIMESTAMP"},
}


@pytest.mark.parametrize("backend", ["postgresql"])
def test_postgresql_gives_each_column_its_type_and_its_comment(engine):
    found = inspect(engine)
    for view in VIEWS.values():
        assert found.get_table_comment(view.name, "bi")["text"] == view.meaning
        for column, real in zip(view.columns, found.get_columns(view.name, "bi"), strict=True):
            place = f"{view.name}.{column.name}"
            assert str(real["type"]) in TYPES[column.kind], (place, real["type"])
            assert real["comment"] == described(column), place


def test_nothing_is_null_that_the_contract_says_is_not(engine, source, run, read):
    _a_busy_week(engine, source, run)
    for view in VIEWS.values():
        found = read(view.name)
        assert found, view.name
        for column in view.columns:
            if not column.nullable:
                assert all(row[column.name] is not None for row in found), f"{view.name}.{column.name}"
            if column.kind == "flag":
                assert {row[column.name] for row in found} <= {0, 1, None}, f"{view.name}.{column.name}"


def _a_busy_week(engine, source, run):
    """Feedback of every kind: pending, refused, scored, unclear, corrected, followed up, quarantined."""
    with writing(engine) as connection:
        connection.execute(schema.model_version.update(), {"labels": list(TAXONOMY.ids)})
    store(
        engine,
        source,
        run,
        *(
            item(
                f"{n}",
                f"text {n}",
                customer=f"c{n % 3}" if n % 4 else None,
                written_at=later(days=-n % 5),
                batch=f"W{n % 2}" if n % 3 else None,
                survey="S" if n % 3 else None,
                nps=n % 11,
                language="fr" if n % 5 else None,
                attributes={"product": f"p{n % 2}"},
            )
            for n in range(24)
        ),
        quarantined=(bad("f1"), bad("f2", "missing_id", field=None)),
    )
    texts = waiting(engine)
    labels = [
        (),
        ("anger",),
        ("joy", "churn_intent"),
        ("anger", "joy", "quality"),
        ("unclear",),
        ("surprise",),
    ]
    refused = NewPrediction(
        revision_id=texts[-2].revision_id, model_version="m1", outcome="refused", reason="empty"
    )
    predict(
        engine,
        run,
        *(said(one, *labels[n % 6], sure=n % 2 == 0) for n, one in enumerate(texts[:-2])),
        refused,
    )
    judge(engine, texts[1].revision_id, "anger", False)
    judge(engine, texts[0].revision_id, "joy", True)
    judge(engine, texts[4].revision_id, "relief", True)
    judge(engine, texts[3].revision_id, "anger", True)
    with writing(engine) as connection:
        kept = {"rule": "leaving", "priority": "urgent", "team": "retention", "label": "churn_intent"}
        open_or_link(
            connection,
            run,
            [
                Opening(
                    **kept,
                    subject_kind="customer",
                    subject_key="c2",
                    feedback_id=texts[2].feedback_id,
                    opened_at=later(hours=-2),
                    due_at=later(hours=-1),
                )
            ],
        )


def _count(found, *keys):
    return Counter(tuple(row[key] for key in keys) for row in found)


def test_sums_agree_with_the_rows_that_they_sum_up(engine, source, run, read):
    _a_busy_week(engine, source, run)
    tags = read("tags")
    for view, kind in (
        ("emotions_by_day", "emotion"),
        ("churn_reasons_by_day", "churn_reason"),
        ("signals_by_day", "signal"),
    ):
        keys = ("day", "source", "channel", "language", "label")
        summed = {tuple(row[key] for key in keys): row["tags"] for row in read(view) if row["tags"]}
        assert summed == _count([row for row in tags if row["kind"] == kind], *keys), view
    keys = ("survey", "batch", "label")
    summed = {tuple(row[key] for key in keys): row["tags"] for row in read("tags_by_batch") if row["tags"]}
    labelled = [row for row in tags if row["batch"] and row["label"] != "unclear"]
    assert summed == _count(labelled, *keys)
    month = [row | {"month": str(row["day"])[:7]} for row in tags]
    summed = Counter()
    for row in read("satisfaction_by_tag"):
        summed[str(row["month"])[:7], row["source"], row["label"]] += row["tags"]
    assert summed == _count(month, "month", "source", "label")
    texts = [row for row in read("feedback") if row["status"] == "scored"]
    assert sum(row["texts"] for row in read("texts_by_day")) == len(texts)
    summed = {row["customer"]: row["negative_emotions"] for row in read("customers")}
    negative = _count([row for row in tags if row["valence"] == "negative" and row["customer"]], "customer")
    assert summed == {name: negative[(name,)] for name in summed}


def test_the_wide_view_and_the_tags_say_the_same(engine, source, run, read):
    _a_busy_week(engine, source, run)
    tagged = {(row["feedback_id"], row["label"]) for row in read("tags")}
    for row in read("feedback"):
        for label in TAXONOMY.ids:
            assert (row[label] == 1) == ((row["feedback_id"], label) in tagged), (row["feedback_id"], label)
        assert (row["unclear"] == 1) == ((row["feedback_id"], "unclear") in tagged)


def test_a_label_is_one_when_tagged_zero_when_not_and_null_when_nobody_can_say(engine, source, run, read):
    store(engine, source, run, item("a"), item("b"), item("c"))
    a, b, _ = waiting(engine)
    refused = NewPrediction(revision_id=b.revision_id, model_version="m1", outcome="refused", reason="empty")
    predict(engine, run, said(a, "anger"), refused)
    by_key = {row["external_id"]: row for row in read("feedback")}
    assert [by_key[key]["status"] for key in "abc"] == ["scored", "refused", "pending"]
    assert [by_key[key]["anger"] for key in "abc"] == [1, None, None]
    assert [by_key[key]["joy"] for key in "abc"] == [0, None, None]
    assert by_key["a"]["relief"] is None  # the model has no such label
    judge(engine, b.revision_id, "relief", False)
    assert {row["external_id"]: row["relief"] for row in read("feedback")}["b"] == 0


def test_the_primary_emotion_is_the_strongest_and_one_that_a_person_saw_comes_first(
    engine, source, run, read
):
    store(engine, source, run, item("a"), item("b"), item("c"))
    a, b, c = waiting(engine)
    predict(
        engine,
        run,
        said(a, "joy", "anger", "quality", "experience"),
        said(b, "quality"),
        said(c, "joy", "anger"),
    )
    judge(engine, c.revision_id, "joy", False)

    def told():
        return {
            row["external_id"]: (
                row["primary_emotion"],
                row["primary_emotion_fr"],
                row["valence"],
                row["corrected"],
            )
            for row in read("feedback")
        }

    assert told() == {
        "a": ("joy", "joie", "mixed", 0),
        "b": (None, None, None, 0),
        "c": ("anger", "colère", "negative", 1),
    }
    judge(engine, a.revision_id, "surprise", True)
    assert told()["a"] == ("surprise", "surprise", "mixed", 1)
    assert {row["external_id"]: row["churn_reasons"] for row in read("feedback")} == {
        "a": "quality, experience",
        "b": "quality",
        "c": None,
    }


def test_what_a_person_said_moves_the_sums_at_once(engine, source, run, read):
    store(engine, source, run, item("a", nps=2), item("b", nps=10))
    a, b = waiting(engine)
    predict(engine, run, said(a, "anger", sure=False), said(b, "unclear"))

    def told():
        return {
            row["label"]: (row["tags"], row["sure"], row["texts"], row["share"])
            for row in read("emotions_by_day")
        }

    assert told() == {"anger": (1, 0, 2, 50.0), "joy": (0, 0, 2, 0.0)}
    judge(engine, a.revision_id, "anger", True)
    assert told()["anger"] == (1, 1, 2, 50.0)
    judge(engine, a.revision_id, "anger", False, at=later(hours=1))
    judge(engine, b.revision_id, "joy", True)
    assert told() == {"anger": (0, 0, 2, 0.0), "joy": (1, 1, 2, 50.0)}
    [joy] = read("satisfaction_by_tag")
    assert (joy["label"], joy["promoters"], joy["detractors"], joy["nps"]) == ("joy", 1, 0, 100.0)


def test_a_batch_shown_by_another_version_changes_all_views_and_back(engine, source, run, read):
    add_model(engine, "m2", active=False)
    store(engine, source, run, item("a", batch="W1"), item("b"))
    texts = waiting(engine)
    predict(
        engine,
        run,
        *(said(one, "anger") for one in texts),
        *(said(one, "joy", version="m2") for one in texts),
    )

    def told():
        summed = Counter()
        for row in read("emotions_by_day"):
            summed[row["label"]] += row["tags"]
        wide = {row["external_id"]: row["primary_emotion"] for row in read("feedback")}
        return wide, {row["label"]: row["tags"] for row in read("tags_by_batch")}, dict(summed)

    assert told() == ({"a": "anger", "b": "anger"}, {"anger": 1, "joy": 0}, {"anger": 2, "joy": 0})
    with writing(engine) as connection:
        activate(connection, "m2", "t-m2", NOW, by="a test", scope="batch:W1")
    assert told() == ({"a": "joy", "b": "anger"}, {"anger": 0, "joy": 1}, {"anger": 1, "joy": 1})
    with writing(engine) as connection:
        roll_back(connection, NOW, by="a test", scope="batch:W1")
    assert told()[0] == {"a": "anger", "b": "anger"}


def test_follow_ups_tell_their_age_and_whether_they_are_late(engine, source, run, read):
    store(engine, source, run, item("a", customer="c"), item("b"))
    ids = [row["id"] for row in rows(engine, schema.feedback)]
    common = {"rule": "leaving", "priority": "urgent", "team": "retention", "label": "anger"}
    with writing(engine) as connection:
        open_or_link(
            connection,
            run,
            [
                Opening(
                    **common,
                    subject_kind="customer",
                    subject_key="c",
                    feedback_id=ids[0],
                    opened_at=later(days=-400),
                    due_at=later(days=-399),
                ),
                Opening(
                    **common,
                    subject_kind="feedback",
                    subject_key=str(ids[1]),
                    feedback_id=ids[1],
                    opened_at=NOW,
                ),
            ],
        )
        closed = schema.followup.update().where(schema.followup.c.subject_kind == "feedback")
        connection.execute(
            closed, {"state": "done", "taken_at": later(hours=1), "closed_at": later(hours=2.5)}
        )
    late, done = sorted(read("followups"), key=lambda row: row["followup_id"])
    assert (late["live"], late["breached"], late["customer"], late["fr"]) == (1, 1, "c", "colère")
    assert late["hours_late"] == pytest.approx(late["age_hours"] - 24)
    assert (done["live"], done["breached"], done["customer"]) == (0, 0, None)
    assert (done["age_hours"], done["hours_to_take"], done["hours_late"]) == (2.5, 1.0, None)
    wide = {row["external_id"]: (row["follow_ups"], row["follow_up_state"]) for row in read("feedback")}
    assert wide == {"a": (1, "open"), "b": (1, "done")}
    assert read("customers") == []  # nothing was said of a text of theirs yet
    predict(engine, run, *(said(one, "anger") for one in waiting(engine)))
    [customer] = read("customers")
    assert (customer["follow_ups"], customer["follow_ups_open"], customer["follow_ups_overdue"]) == (1, 1, 1)


def test_runs_quarantine_and_models_are_told(engine, source, run, read):
    store(engine, source, run, item("a"), quarantined=(bad("f"), bad("g"), bad("h", "missing_id")))
    predict(engine, run, said(waiting(engine)[0], "anger"))
    [told] = read("runs")
    assert (told["read"], told["new"], told["quarantined"], told["scored"], told["tagged"]) == (4, 1, 3, 1, 1)
    assert (told["silent"], told["quarantined_share"]) == (1, 75.0)
    assert {row["reason"]: row["records"] for row in read("quarantine")} == {"bad_date": 2, "missing_id": 1}
    judge(engine, rows(engine, schema.revision)[0]["id"], "anger", False)
    quality = {row["label"]: row for row in read("model_quality")}
    assert (quality["anger"]["shown"], quality["anger"]["tags"], quality["anger"]["texts"]) == (1, 1, 1)
    assert (quality["joy"]["threshold"], quality["joy"]["sure_threshold"]) == (0.5, 0.9)


def test_a_feedback_that_was_withdrawn_is_in_no_view(engine, source, run, read):
    store(engine, source, run, item("a"))
    with writing(engine) as connection:
        connection.execute(schema.feedback.update(), {"deleted_at": NOW})
    assert read("feedback") == read("tags") == []


def test_upgrading_again_changes_nothing(engine, database_url):
    with reading(engine) as connection:
        before = connection.execute(schema.contract.select()).one()
    upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(schema.contract.select()).one() == before


def test_a_label_more_in_the_taxonomy_is_a_column_more(empty_engine):
    upgrade(empty_engine)
    more = TAXONOMY.labels[0].model_copy(update={"id": "boredom", "en": "boredom", "fr": "ennui"})
    upgrade(empty_engine, taxonomy=TAXONOMY.model_copy(update={"labels": (*TAXONOMY.labels, more)}))
    name = Dialect(empty_engine.dialect.name).view("feedback")
    with reading(empty_engine) as connection:
        assert list(connection.execute(text(f"SELECT * FROM {name}")).keys())[-1] == "boredom"


def test_another_time_zone_cuts_the_days_and_their_sums_anew(empty_engine):
    upgrade(empty_engine)
    add_model(empty_engine)
    evening = later(hours=20)  # half past eleven in UTC
    store(empty_engine, add_source(empty_engine), add_run(empty_engine), item("a", written_at=evening))
    predict(empty_engine, add_run(empty_engine), scored(waiting(empty_engine)[0], "joy"))
    assert rows(empty_engine, schema.texts_by_day)[0]["day"] == date(2026, 11, 21)
    upgrade(empty_engine, "America/New_York")
    assert rows(empty_engine, schema.feedback)[0]["day"] == date(2026, 11, 20)
    assert [row["day"] for row in rows(empty_engine, schema.texts_by_day)] == [date(2026, 11, 20)]


@pytest.fixture
def empty_engine(empty_database_url, engines):
    engine = engines(empty_database_url)
    yield engine
    engine.dispose()
