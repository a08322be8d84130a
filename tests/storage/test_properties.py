"""Whatever comes, in whatever order and however often: the same feedback, the same texts, sums that close."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import schema
from storage.database import connect, writing

from .world import add_run, add_source, bad, counts, item, rows, store

SETTINGS = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
KEYS, TEXTS = st.integers(0, 9), st.sampled_from(["Bien", "Mal", "Remboursez-moi", "🙂"])
CHUNKS = st.lists(
    st.tuples(st.lists(st.tuples(KEYS, TEXTS), max_size=8), st.lists(st.integers(0, 5), max_size=3)),
    min_size=1,
    max_size=5,
)
TABLES = (
    schema.run_count,
    schema.cursor,
    schema.revision,
    schema.feedback,
    schema.quarantine,
    schema.run,
    schema.source,
)


@pytest.fixture
def fresh(database_url):
    """Empties the database, so that one can be used for all examples."""
    engine = connect(database_url)

    def empty():
        with writing(engine) as connection:
            for table in TABLES:
                connection.execute(table.delete())
        return engine, add_source(engine), add_run(engine)

    yield empty
    engine.dispose()


def _store_all(fresh, chunks):
    engine, source, run = fresh()
    sums = [
        store(
            engine,
            source,
            run,
            *(item(str(key), text) for key, text in feedback),
            quarantined=tuple(bad(str(number)) for number in wrong),
        )
        for feedback, wrong in chunks
    ]
    return engine, run, sums


def _content(engine):
    keys = {row["id"]: row["external_id"] for row in rows(engine, schema.feedback)}
    revisions = rows(engine, schema.revision)
    latest = [row["feedback_id"] for row in revisions if row["latest"]]
    assert sorted(latest) == sorted(keys)  # each feedback has one newest text
    return (
        sorted(keys.values()),
        sorted((keys[row["feedback_id"]], row["text_hash"]) for row in revisions),
        sorted(row["fingerprint"] for row in rows(engine, schema.quarantine)),
    )


@SETTINGS
@given(chunks=CHUNKS, data=st.data())
def test_neither_order_nor_repetition_changes_what_is_stored(fresh, chunks, data):
    engine, _, _ = _store_all(fresh, chunks)
    once = _content(engine)
    again = data.draw(st.permutations(chunks + data.draw(st.lists(st.sampled_from(chunks), max_size=3))))
    engine, _, _ = _store_all(fresh, again)
    assert _content(engine) == once


@SETTINGS
@given(chunks=CHUNKS)
def test_the_sums_always_close(fresh, chunks):
    engine, run, sums = _store_all(fresh, chunks)
    read = sum(len(feedback) + len(wrong) for feedback, wrong in chunks)
    assert sum(stored.read for stored in sums) == read == counts(engine, run).get(("read", ""), 0)
    assert sum(stored.new for stored in sums) == len(rows(engine, schema.feedback))
    assert sum(stored.new + stored.revised for stored in sums) == len(rows(engine, schema.revision))


@SETTINGS
@given(chunks=CHUNKS)
def test_revisions_are_numbered_without_gaps_and_the_newest_is_the_last(fresh, chunks):
    engine, _, _ = _store_all(fresh, chunks)
    numbers = {}
    for row in rows(engine, schema.revision):
        numbers.setdefault(row["feedback_id"], []).append((row["number"], row["latest"]))
    for of_one in numbers.values():
        assert [number for number, _ in of_one] == list(range(1, len(of_one) + 1))
        assert [latest for _, latest in of_one] == [False] * (len(of_one) - 1) + [True]
