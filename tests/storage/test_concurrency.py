"""Two at once double nothing; a process killed anywhere leaves whole chunks only."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Barrier

import pytest

from storage import schema
from storage.database import connect, writing
from storage.followups import Opening, open_or_link
from storage.upgrade import check_schema, upgrade

from .world import (
    NOW,
    add_model,
    add_run,
    add_source,
    bad,
    counts,
    item,
    predict,
    rows,
    scored,
    store,
    waiting,
    waiting_keys,
)


def _at_once(work: Callable[[int], object], workers: int = 2) -> list:
    barrier = Barrier(workers)

    def together(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(together, range(workers)))


@pytest.fixture
def source(engine):
    return add_source(engine)


@pytest.mark.parametrize("trial", range(3))
def test_the_same_chunks_stored_at_once_double_nothing(engine, source, trial):
    runs = [add_run(engine), add_run(engine)]
    chunks = [[item(f"{n}", f"text {n % 5}") for n in range(start, start + 30)] for start in range(0, 90, 15)]

    def store_all(number):
        order = chunks if number == 0 else [list(reversed(chunk)) for chunk in reversed(chunks)]
        return [
            store(
                engine, source, runs[number], *chunk, quarantined=(bad("f"),), part="p", position={"row": 1}
            )
            for chunk in order
        ]

    stored = list(chain.from_iterable(_at_once(store_all)))
    assert len(rows(engine, schema.feedback)) == len(rows(engine, schema.revision)) == 105
    assert sum(one.new for one in stored) == 105
    assert sum(one.read for one in stored) == 2 * 6 * 31
    assert len(rows(engine, schema.quarantine)) == 1


def test_different_edits_of_one_text_at_once_are_both_kept(engine, source):
    run = add_run(engine)
    store(engine, source, run, item("a", "first"))
    stored = _at_once(lambda number: store(engine, source, run, item("a", f"edit {number}")), workers=4)
    assert [one.revised for one in stored] == [1] * 4
    revisions = rows(engine, schema.revision)
    assert [row["number"] for row in revisions] == [1, 2, 3, 4, 5]
    assert [row["latest"] for row in revisions] == [False] * 4 + [True]


def test_two_workers_that_score_the_same_texts_write_each_once(engine, source):
    run = add_run(engine)
    add_model(engine)
    store(engine, source, run, *(item(f"{n}") for n in range(60)))

    def work(number):
        texts = waiting(engine)
        return predict(engine, run, *(scored(text, "joy") for text in texts[:: 1 if number else -1]))

    assert sum(_at_once(work)) == 60
    assert len(rows(engine, schema.prediction)) == len(rows(engine, schema.tag)) == 60
    assert counts(engine, run)["scored", ""] == counts(engine, run)["tagged", "joy"] == 60


def test_workers_open_one_follow_up_between_them(engine, source):
    run = add_run(engine)
    store(engine, source, run, *(item(f"{n}", customer="c") for n in range(20)))
    ids = [row["id"] for row in rows(engine, schema.feedback)]

    def work(number):
        openings = [
            Opening(
                rule="injustice",
                subject_kind="customer",
                subject_key="c",
                feedback_id=one,
                priority="high",
                team="care",
                label="injustice",
                opened_at=NOW,
            )
            for one in ids[:: 1 if number else -1]
        ]
        with writing(engine) as connection:
            return open_or_link(connection, run, openings)

    done = _at_once(work, workers=4)
    assert (sum(one.opened for one in done), sum(one.linked for one in done)) == (1, 19)
    assert len(rows(engine, schema.followup)) == 1
    assert len(rows(engine, schema.followup_feedback)) == 20


def test_two_programs_may_upgrade_an_empty_database_at_once(empty_database_url):
    engines = [connect(empty_database_url) for _ in range(2)]
    _at_once(lambda number: upgrade(engines[number]))
    for engine in engines:
        check_schema(engine)
        engine.dispose()


def _store_and_score_for_ever(url: str) -> None:
    engine = connect(url)
    source, run = add_source(engine), add_run(engine)
    for start in range(0, 10**9, 10):
        chunk = [item(f"{number}", f"text {number}") for number in range(start, start + 10)]
        store(engine, source, run, *chunk, part="p", position={"row": start + 10})
        predict(engine, run, *(scored(text, "joy", "anger") for text in waiting(engine)))


@pytest.mark.parametrize("milliseconds", [350, 520, 790])
def test_a_killed_process_leaves_whole_chunks_only(engine, database_url, milliseconds):
    add_model(engine)
    worker = multiprocessing.get_context("spawn").Process(
        target=_store_and_score_for_ever, args=(database_url,)
    )
    worker.start()
    while not rows(engine, schema.cursor):
        time.sleep(0.02)
    time.sleep(milliseconds / 1000)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    feedback, [cursor] = rows(engine, schema.feedback), rows(engine, schema.cursor)
    assert len(feedback) == len(rows(engine, schema.revision)) == cursor["position"]["row"] > 0
    predictions, [run] = rows(engine, schema.prediction), rows(engine, schema.run)
    assert len(predictions) in (len(feedback), len(feedback) - 10)
    assert len(rows(engine, schema.tag)) == 2 * len(predictions)
    counted = counts(engine, run["id"])
    assert counted["new", ""] == counted["read", ""] == len(feedback)
    assert counted.get(("scored", ""), 0) == len(predictions)
    assert len(waiting_keys(engine)) == len(feedback) - len(predictions)


def test_a_connection_killed_in_the_middle_of_a_chunk_leaves_none_of_it(engine, source):
    """R8 on a small scale: the driver's connection is closed under a transaction that has written already."""
    run = add_run(engine)
    for number in range(10):
        connection = engine.connect()
        connection.begin()
        connection.execute(
            schema.feedback.insert(),
            {
                "source_id": source,
                "external_id": f"{number}",
                "channel": "review",
                "written_relative": False,
                "discovered_at": NOW,
                "attributes": {},
                "metadata_hash": "",
                "updated_at": NOW,
            },
        )
        connection.connection.dbapi_connection.close()
        connection.invalidate()
        connection.close()
    assert rows(engine, schema.feedback) == []
    assert store(engine, source, run, item("0")).new == 1
