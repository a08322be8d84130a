"""Nights over an API: the cursor in the transaction of the records, what is new, what can't be reached, no secret told."""

import logging

import pytest

from configs.errors import ConfigError, SourcesFailed
from flows.reading import clean_and_store, open_sources, read
from flows.workspace import recorded
from storage import schema
from tests.flows.sources.apis.server import SECRET, Faults, Reply, cursor_api, mount

from .night import counts, external_ids, row, rows

API = {
    "path": "/export.json",
    "kind": "rest",
    "auth": {"type": "bearer", "env": "EXAMPLE_TOKEN"},
    "rows": "data",
    "paging": {"type": "cursor", "param": "cursor", "next": "meta.next"},
    "since": {"column": "at", "param": "since"},
    "retry": {"tries": 6, "first_wait": 0.01},
    "date": "at",
}


def entry(number, day=10, text=None):
    return row(number, text or f"Merci {number}", at=f"2025-01-{day:02}T10:00:00Z")


@pytest.fixture
def shop(small_room, monkeypatch):
    """A room whose source `shop` is an API with these records, 4 a page."""
    monkeypatch.setenv("EXAMPLE_TOKEN", SECRET)

    def make(data, faults=None, **told):
        api = mount(cursor_api(data, size=4), faults)
        small_room.source("shop", **API | {"base": api.base} | told)
        return small_room, api

    return make


def test_a_night_reads_what_is_new_since_the_last_one(shop):
    data = [entry(number, 1 + number) for number in range(9)]
    room, api = shop(data)
    assert counts(room.night())["new", ""] == 9
    assert counts(room.night()) == {("read", ""): 2, ("duplicate", ""): 2}  # those of the look-back window
    data[8] |= {"text": "Merci, mais le colis est abîmé"}
    data += [entry(98, 8, "venu en retard"), entry(99, 9, "du même instant")]
    told = counts(room.night())
    assert (told["new", ""], told["revised", ""], told["duplicate", ""]) == (2, 1, 1)
    assert api.asked[-1].query["since"] == "2025-01-08T00:00:00Z"


def test_a_night_that_is_cut_anywhere_goes_on_there_and_stores_everything_once(shop):
    data = [entry(number, 1 + number) for number in range(10)]
    room, api = shop(data)
    room.settings(chunk_texts=3)
    for stored in range(1, 5):
        with room.open() as work:
            [source], _ = open_sources(work)
            asked = len(api.asked)
            with recorded(work, "nightly", {}) as run_id:
                for chunk in read(work, source):
                    clean_and_store(work, run_id, chunk)
                    break  # killed behind its first chunk
            assert len(external_ids(work.engine)) == min(3 * stored, 10)
            [at] = rows(work.engine, schema.cursor)
            assert at["position"]["row"] == min(3 * stored, 10)
            if stored > 1:
                assert api.asked[asked].query.get("cursor", "0") == str(3 * (stored - 1) // 4 * 4)
    assert ("new", "") not in counts(room.night())


def test_faults_lose_and_double_nothing(shop):
    room, api = shop(
        [entry(number, 1 + number % 28) for number in range(80)], Faults(seed=3, late=1.2), timeout=1
    )
    told = counts(room.night())
    assert (told["read", ""], told["new", ""]) == (80, 80)
    assert len(api.faults.met) > 2


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (
            503,
            1,
            r"source shop: 127\.0\.0\.1/m\d+/export.json: no answer after 6 tries: the API answered 503",
        ),
        (401, 2, r"source shop: .*refuses the credentials \(found 401\); set EXAMPLE_TOKEN"),
        (403, 2, r"source shop: .*refuses the credentials \(found 403\); set EXAMPLE_TOKEN"),
    ],
)
def test_a_source_that_does_not_answer_is_told_at_the_end_and_the_others_are_done(shop, status, code, said):
    room, api = shop([entry(1)])
    room.feed(row(2, "Merci"))
    api.answer = lambda _request: Reply({"seen": SECRET}, status)
    with pytest.raises(SourcesFailed, match=said) as failed:
        room.night()
    assert failed.value.exit_code == code
    assert list(failed.value.failures) == ["shop"]
    with room.open() as work:
        assert list(external_ids(work.engine).values()) == ["2"]


def test_a_source_that_breaks_off_in_the_middle_keeps_its_whole_chunks(shop):
    room, api = shop([entry(number, 1 + number) for number in range(10)], retry={"tries": 2, "first_wait": 0})
    room.settings(chunk_texts=2)
    serve = api.answer
    api.answer = lambda request: Reply({}, 500) if request.query.get("cursor") == "8" else serve(request)
    with pytest.raises(SourcesFailed, match="no answer after 2 tries") as failed:
        room.night()
    assert failed.value.exit_code == 1
    api.answer = serve
    told = counts(room.night())
    assert told["new", ""] in (2, 4)  # the chunk that was being filled when the API broke off


def test_no_secret_without_its_variable(shop, monkeypatch):
    room, _ = shop([entry(1)])
    monkeypatch.delenv("EXAMPLE_TOKEN")
    with pytest.raises(SourcesFailed, match="EXAMPLE_TOKEN: this environment variable is not set") as failed:
        room.night()
    assert isinstance(failed.value.failures["shop"], ConfigError)


@pytest.mark.parametrize("auth", ["bearer", "query"])
def test_the_secret_is_in_no_table_log_or_output(shop, ressenti, caplog, auth):
    caplog.set_level(logging.DEBUG)
    told = {"type": auth, "env": "EXAMPLE_TOKEN", "name": "key"}
    room, api = shop(
        [entry(number) for number in range(6)], auth=told, paging={"type": "next_url", "next": "next"}
    )

    def serve(request):
        first = "page" not in request.query
        echoed = f"&key={SECRET}" if auth == "query" else ""  # some APIs write our own key into their links
        link = f"{api.base}/export.json?page=2{echoed}" if first else None
        return Reply({"data": [entry(len(api.asked))], "next": link})

    api.answer = serve
    said = [ressenti("source", "check", "shop"), ressenti("source", "list"), ressenti("run", "--dry-run")]
    room.night()
    api.answer = lambda _request: Reply({"key": SECRET}, 500)
    with pytest.raises(SourcesFailed) as failed:
        room.night()
    with room.open() as work:
        for table in (
            schema.cursor,
            schema.source,
            schema.run,
            schema.feedback,
            schema.revision,
            schema.run_count,
        ):
            for found in rows(work.engine, table):
                assert SECRET not in str(found), table.name
        assert rows(work.engine, schema.cursor)
    assert caplog.text
    for text in (caplog.text, str(failed.value), *(each.out + each.err for each in said)):
        assert SECRET not in text
    assert "shop\trest\treview" in said[1].out
