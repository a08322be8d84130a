import pytest

from configs.errors import ConfigError
from storage.database import reading, writing
from storage.quarantine import quarantine_get, quarantine_list, settle
from storage.status import quarantine_summary

from .world import NOW, add_run, add_source, bad, later, store


@pytest.fixture
def sources(engine):
    run = add_run(engine)
    first, second = add_source(engine), add_source(engine, "tickets")
    store(engine, first, run, quarantined=(bad("1"), bad("2", "missing_id"), bad("3")))
    store(engine, second, run, quarantined=(bad("1"),))
    return first, second


def _list(engine, limit=10, **filters):
    with reading(engine) as connection:
        found = quarantine_list(connection, limit, **filters)
        return [(record.source, record.fingerprint) for record in found]


def test_lists_are_filtered_and_paged(engine, sources):
    assert _list(engine) == [("reviews", "1"), ("reviews", "2"), ("reviews", "3"), ("tickets", "1")]
    assert _list(engine, 2, after=2) == [("reviews", "3"), ("tickets", "1")]
    assert _list(engine, sources=[sources[1]]) == [("tickets", "1")]
    assert _list(engine, reason="missing_id") == [("reviews", "2")]
    assert _list(engine, state="replayed") == []


def test_one_record_is_shown_whole_and_still_sealed(engine, sources):
    with reading(engine) as connection:
        record = quarantine_get(connection, 1)
        assert (record.file, record.line, record.field, record.reason) == (
            "reviews.csv",
            7,
            "date",
            "bad_date",
        )
        assert (record.payload, record.key_id, record.state, record.settled_at) == (
            b"sealed",
            "key-1",
            "waiting",
            None,
        )
        with pytest.raises(ConfigError, match="ressenti quarantine list"):
            quarantine_get(connection, 99)


def test_a_record_is_settled_once(engine, sources):
    with writing(engine) as connection:
        assert settle(connection, 1, "replayed", later(days=1))
        assert not settle(connection, 1, "discarded", later(days=2))
        assert settle(connection, 2, "discarded", later(days=2))
    with reading(engine) as connection:
        record = quarantine_get(connection, 1)
        assert (record.state, record.settled_at) == ("replayed", later(days=1))
        assert quarantine_summary(connection) == {("reviews", "bad_date"): 1, ("tickets", "bad_date"): 1}
    assert _list(engine, state=None)[0] == ("reviews", "1")
    assert len(_list(engine)) == 2


def test_a_settled_record_read_again_stays_settled(engine, sources):
    with writing(engine) as connection:
        settle(connection, 1, "discarded", NOW)
    store(engine, sources[0], add_run(engine), quarantined=(bad("1"),))
    assert len(_list(engine)) == 3
