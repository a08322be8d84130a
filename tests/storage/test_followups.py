import pytest

from storage import schema
from storage.database import reading, writing
from storage.followups import Opened, Opening, open_or_link
from storage.status import followups_summary

from .world import NOW, add_run, add_source, counts, item, later, rows, store


@pytest.fixture
def run(engine):
    run_id = add_run(engine)
    store(engine, add_source(engine), run_id, *(item(f"{n}", customer="c") for n in range(6)))
    return run_id


def _opening(feedback_id, rule="injustice", customer="c", **changes):
    values = {
        "rule": rule,
        "subject_kind": "customer" if customer else "feedback",
        "subject_key": customer or str(feedback_id),
        "feedback_id": feedback_id,
        "priority": "high",
        "team": "care",
        "label": rule,
        "opened_at": NOW,
        "due_at": later(hours=24),
    }
    return Opening(**(values | changes))


def _open(engine, run, *openings):
    with writing(engine) as connection:
        return open_or_link(connection, run, openings)


def _set(engine, **values):
    with writing(engine) as connection:
        connection.execute(schema.followup.update(), values)


def test_the_first_feedback_opens_and_later_ones_are_linked(engine, run):
    assert _open(engine, run, _opening(1), _opening(2)) == Opened(1, 1)
    assert _open(engine, run, _opening(3)) == Opened(0, 1)
    [followup] = rows(engine, schema.followup)
    assert (followup["state"], followup["priority"], followup["team"]) == ("open", "high", "care")
    assert (followup["opened_at"], followup["due_at"], followup["run_id"]) == (NOW, later(hours=24), run)
    links = rows(engine, schema.followup_feedback)
    assert [(row["feedback_id"], row["followup_id"]) for row in links] == [
        (n, followup["id"]) for n in (1, 2, 3)
    ]
    counted = counts(engine, run)
    assert (counted["followup_opened", "injustice"], counted["followup_linked", "injustice"]) == (1, 2)


def test_other_rules_customers_and_feedback_without_a_customer_have_their_own(engine, run):
    openings = (
        _opening(1),
        _opening(1, rule="churn"),
        _opening(2, customer="d"),
        _opening(3, customer=None),
        _opening(4, customer=None),
    )
    assert _open(engine, run, *openings) == Opened(5, 0)


def test_a_rerun_opens_and_counts_nothing(engine, run):
    _open(engine, run, _opening(1), _opening(2))
    before = rows(engine, schema.followup), counts(engine, run)
    assert _open(engine, run, _opening(2), _opening(1)) == Opened(0, 0)
    assert (rows(engine, schema.followup), counts(engine, run)) == before


def test_the_same_feedback_twice_in_one_call_counts_once(engine, run):
    assert _open(engine, run, _opening(1), _opening(1)) == Opened(1, 0)


def test_one_that_a_person_has_taken_is_linked_to_and_not_touched(engine, run):
    _open(engine, run, _opening(1))
    _set(engine, state="taken", taken_by="lea", taken_at=later(hours=1), priority="low")
    before = rows(engine, schema.followup)
    assert _open(engine, run, _opening(2)) == Opened(0, 1)
    assert rows(engine, schema.followup) == before


@pytest.mark.parametrize("state", ["done", "dismissed"])
def test_after_it_is_closed_a_rerun_opens_nothing_and_new_feedback_opens_another(engine, run, state):
    _open(engine, run, _opening(1), _opening(2))
    _set(engine, state=state, closed_at=later(hours=2))
    assert _open(engine, run, _opening(1), _opening(2)) == Opened(0, 0)
    assert _open(engine, run, _opening(2), _opening(3)) == Opened(1, 0)
    assert [row["state"] for row in rows(engine, schema.followup)] == [state, "open"]


def test_nothing_to_open(engine, run):
    assert _open(engine, run) == Opened(0, 0)


def test_the_summary_counts_states_and_what_is_overdue(engine, run):
    _open(engine, run, _opening(1), _opening(2, customer="d", due_at=None))
    with reading(engine) as connection:
        assert followups_summary(connection, NOW) == {"open": 2, "overdue": 0}
        assert followups_summary(connection, later(hours=25)) == {"open": 2, "overdue": 1}
    _set(engine, state="done", closed_at=later(hours=2))
    with reading(engine) as connection:
        assert followups_summary(connection, later(hours=25)) == {"done": 2, "overdue": 0}
