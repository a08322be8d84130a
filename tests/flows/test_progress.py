"""Progress: a bar where a terminal looks on, plain lines elsewhere; a stopwatch that adds up."""

import logging

import pytest

from flows import progress
from flows.progress import Progress, Stopwatch


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def test_without_a_terminal_a_line_comes_now_and_then_with_rate_and_time_left(clock, caplog):
    caplog.set_level(logging.INFO, "ressenti")
    with Progress(terminal=False).stage("scoring", 1000) as stage:
        clock[0] += 10
        stage.advance(100)
        assert caplog.messages == []
        clock[0] += 10
        stage.advance(100)
        assert caplog.messages == ["scoring: 200 of 1,000 (20%), 10/s, 20 s, 80 s left"]
        clock[0] += 20
        stage.advance(800)
    assert caplog.messages[-1] == "scoring: 1,000 of 1,000 (100%), 25/s, 40 s, 0 s left"


def test_without_a_total_there_is_no_time_left(clock, caplog):
    caplog.set_level(logging.INFO, "ressenti")
    with Progress(terminal=False).stage("reading reviews") as stage:
        clock[0] += 2
        stage.advance(1500)
    assert caplog.messages == ["reading reviews: 1,500, 750/s, 2 s"]


def _advance_and_fail(stage):
    stage.advance(3)
    raise ZeroDivisionError


def _pass_and_fail(clock):
    clock[0] += 3
    raise ZeroDivisionError


def test_a_stage_that_did_nothing_or_failed_says_nothing(clock, caplog):
    caplog.set_level(logging.INFO, "ressenti")
    with Progress(terminal=False).stage("reading"):
        pass
    with pytest.raises(ZeroDivisionError), Progress(terminal=False).stage("reading") as stage:
        _advance_and_fail(stage)
    assert caplog.messages == []


@pytest.mark.parametrize("total", [None, 10])
def test_on_a_terminal_it_is_a_bar_on_standard_error_that_goes_away(capsys, caplog, monkeypatch, total):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress(terminal=True).stage("scoring", total) as stage:
        stage.advance(5)
        stage.advance(5)
    said = capsys.readouterr()
    assert stage.done == 10
    assert said.out == ""
    assert "scoring" in said.err
    assert caplog.messages == []


def test_whether_a_terminal_looks_on_is_told_by_standard_error(monkeypatch):
    class Screen:
        def isatty(self):
            return True

    assert not Progress()._terminal
    monkeypatch.setattr(progress.sys, "stderr", Screen())
    assert Progress()._terminal


def test_the_stopwatch_adds_up_also_when_a_block_fails(clock):
    watch = Stopwatch()
    with watch.time("store"):
        clock[0] += 2
    with pytest.raises(ZeroDivisionError), watch.time("store"):
        _pass_and_fail(clock)
    assert watch.seconds == {"store": 5.0}


def test_the_stopwatch_counts_the_making_of_items_not_their_use(clock):
    def items():
        for number in range(3):
            clock[0] += 1
            yield number

    watch = Stopwatch()
    for _item in watch.each("read", items()):
        clock[0] += 100
    assert watch.seconds == {"read": 3.0}


def test_words_of_customers_are_printed_as_they_are(capsys):
    progress.console().print("[red] :smile: 😀 [/x]", markup=False)
    assert capsys.readouterr().out == "[red] :smile: 😀 [/x]\n"
