"""Reprocessing while others read, write, or pull the plug."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.tagging import now
from storage import schema
from storage.database import connect, writing
from storage.registry import roll_back

from .crowd import in_a_process, picture, readers, reprocess_all, stored
from .night import row, rows

SIZES = [400, pytest.param(20_000, marks=pytest.mark.full)]


@pytest.fixture(params=SIZES)
def crowd(request, room):
    """So many feedback seen by one model; the settings ask for another with other thresholds."""
    stored(room.config, request.param)
    room.model("other", seed=1, tag=0.4)
    return room


def _predictions(room):
    engine = connect(room.database_url)
    found = [(each["revision_id"], each["model_version"]) for each in rows(engine, schema.prediction)]
    engine.dispose()
    return found


def test_readers_see_all_old_or_all_new_and_none_fails(crowd):
    room = crowd
    old = picture(room.database_url)
    with readers(room.database_url) as watching:
        reprocess_all(room.config)
        new = picture(room.database_url)
        engine = connect(room.database_url)
        before = len(rows(engine, schema.activation))
        with writing(engine) as connection:
            roll_back(connection, now(), by="lea")
        assert len(rows(engine, schema.activation)) == before + 1
        engine.dispose()
    assert old != new
    assert sum(row[3] for row in new) != 0
    for each in watching:
        assert each.failed is None
        assert each.looks > 1
        assert set(each.seen) <= {old, new}
    assert {shown for each in watching for shown in each.seen} == {old, new}
    assert picture(room.database_url) == old


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_killed_by_sigkill_and_started_again_it_has_done_everything_once(room, share):
    size = 400
    room.settings(chunk_texts=10)
    stored(room.config, size)
    old = picture(room.database_url)
    room.model("other", seed=1, tag=0.4)
    process = in_a_process(room.config)
    deadline = time.monotonic() + 120
    while len(_predictions(room)) < size * (1 + share):
        assert process.is_alive(), "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    half = _predictions(room)
    assert size < len(half) < 2 * size, "killed in the middle"
    assert picture(room.database_url) == old
    reprocess_all(room.config)
    done = _predictions(room)
    assert len(done) == len(set(done)) == 2 * size
    assert set(half) <= set(done)
    assert picture(room.database_url) != old


def test_beside_a_running_night_neither_loses_nor_doubles_anything(room):
    """The night takes in new feedback and scores it with the old model; the reprocess goes over what is there."""
    room.settings(chunk_texts=10)
    stored(room.config, 200)
    with room.open() as work:
        old = work.configured
    night_config = room.folder / "night.yml"
    night_config.write_text(room.config.read_text())
    room.feed(*(row(n, f"Merci {n}", customer=f"c{n}") for n in range(60)))
    room.model("other", seed=1, tag=0.4)

    def night(_):
        from flows.workspace import open_workspace

        from .night import night as run_night

        with open_workspace(night_config) as work:
            return run_night(work)

    with ThreadPoolExecutor(2) as pool:
        nightly, reprocessed = pool.submit(night, None), pool.submit(reprocess_all, room.config)
        nightly.result()
        reprocessed.result()
    reprocess_all(room.config)  # what came in after it had looked
    with room.open() as work:
        assert len(rows(work.engine, schema.feedback)) == 260
        said = [(each["revision_id"], each["model_version"]) for each in rows(work.engine, schema.prediction)]
        assert len(said) == len(set(said))
        by = [version for _, version in said]
        assert by.count(work.configured.model_version) == 260
        assert by.count(old.model_version) >= 200
    told = picture(room.database_url)
    assert {each[:2] for each in told} == {(work.configured.model_version, work.configured.threshold_set)}
    assert sum(each[3] for each in told) > 0
