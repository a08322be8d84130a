import os
import socket

import pytest

from configs.errors import ConfigError
from storage.database import reading, writing
from storage.runs import NO_SOURCE, add_counts, add_stage, end_run, heartbeat, start_run
from storage.status import last_runs, run_summary, stored_summary

from .world import NOW, add_run, add_source, item, later, store


def _last(engine, **choice):
    with reading(engine) as connection:
        return last_runs(connection, **choice)


def _summary(engine, run):
    with reading(engine) as connection:
        return run_summary(connection, run)


def test_a_run_says_what_it_is_and_where_it_runs(engine):
    with writing(engine) as connection:
        run = start_run(
            connection,
            "nightly",
            NOW,
            parameters={"limit": 5},
            versions={"ressenti": "0.1"},
            prefect_run_id="p",
        )
    [row] = _last(engine)
    assert (row.id, row.flow, row.outcome, row.ended_at) == (run, "nightly", "running", None)
    assert (row.parameters, row.versions, row.prefect_run_id) == ({"limit": 5}, {"ressenti": "0.1"}, "p")
    assert (row.host, row.pid) == (socket.gethostname(), os.getpid())


def test_a_run_gives_signs_of_life_and_ends(engine):
    run, other = add_run(engine), add_run(engine)
    with writing(engine) as connection:
        heartbeat(connection, run, later(seconds=10))
        end_run(connection, other, "failed", later(seconds=20), error="the disk is full")
    by_id = {row.id: row for row in _last(engine)}
    assert (by_id[run].heartbeat_at, by_id[run].outcome) == (later(seconds=10), "running")
    assert (by_id[other].outcome, by_id[other].error) == ("failed", "the disk is full")
    assert by_id[other].ended_at == later(seconds=20)


def test_the_newest_runs_come_first_and_may_be_of_one_flow(engine):
    with writing(engine) as connection:
        runs = [start_run(connection, flow, later(days=n)) for n, flow in enumerate("abab")]
    assert [row.id for row in _last(engine, limit=2)] == [runs[3], runs[2]]
    assert [row.id for row in _last(engine, flow="a")] == [runs[2], runs[0]]


def test_counts_add_up_over_calls_sources_and_reasons(engine):
    run, source = add_run(engine), add_source(engine)
    for _ in range(2):
        with writing(engine) as connection:
            add_counts(connection, run, source, {("skipped", "empty"): 2, ("read", ""): 5, ("new", ""): 0})
            add_counts(connection, run, NO_SOURCE, {("skipped", "empty"): 1, ("skipped", "old"): 9})
    summary = _summary(engine, run)
    assert summary.total("skipped") == 24
    assert summary.by_reason("skipped") == {"old": 18, "empty": 6}
    assert summary.of_source("reviews") == {"read": 10, "skipped": 4}
    assert summary.sources == ["reviews"]
    assert summary.total("new") == 0


def test_an_unknown_count_is_a_mistake(engine):
    run = add_run(engine)
    with writing(engine) as connection, pytest.raises(ValueError, match="quarantined"):
        add_counts(connection, run, NO_SOURCE, {("quarantine", ""): 1})


def test_seconds_of_a_stage_add_up(engine):
    run = add_run(engine)
    for _ in range(2):
        with writing(engine) as connection:
            add_stage(connection, run, "score", 1.5)
    assert _summary(engine, run).stages == {"score": 3.0}


def test_there_is_no_summary_of_a_run_that_never_was(engine):
    with pytest.raises(ConfigError, match="no such run"):
        _summary(engine, "nothing")


def test_what_is_stored_per_source(engine):
    run, source = add_run(engine), add_source(engine)
    store(engine, source, run, item("a"), item("b"))
    with reading(engine) as connection:
        assert stored_summary(connection) == {"reviews": 2}
