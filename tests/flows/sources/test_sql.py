"""A database as a source: what a night reads of it, what is cut and resumed, and what is told of bad input."""

import tracemalloc
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from configs.errors import ConfigError, SourcesFailed, SourceUnavailable
from flows.reading import clean_and_store, open_sources, read
from flows.sources.reader import START, Position
from flows.sources.registry import parse_source, reader
from flows.sources.sql import connection
from flows.workspace import recorded
from storage import schema
from tests.contract.databases import FIRST, fill
from tests.flows.night import counts, external_ids, night, row, rows

COLUMNS = ["id", "text", "gone"]
TOLD = {
    "kind": "sql",
    "channel": "review",
    "database": {"env": "SHOP_URL"},
    "query": "SELECT id, text, gone, changed FROM feed WHERE changed >= :since",
    "since": {"column": "changed", "start": date(2020, 1, 1), "lookback": "1 day"},
    "text": "text",
    "id": "id",
}
NO_MORE = dict.fromkeys(("path", "customer", "date", "rating", "language", "skip", "attributes"))


def records(count, first=0):
    return [{"id": f"T{number}", "text": f"texte {number}"} for number in range(first, first + count)]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Writes the shop's table anew; returns its URL."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    monkeypatch.setenv("SHOP_URL", url)
    monkeypatch.setattr(connection, "_FIRST_WAIT", 0)

    def write(found, when=None):
        fill(url, COLUMNS, found, when)
        return url

    return write


def source(**told):
    return parse_source(TOLD | told, "shop.yml", "shop")


def opened(tmp_path, **told):
    return reader(source(**told), tmp_path)


def items(rows_, after=START):
    return list(rows_.read(rows_.parts()[0], datetime.now(UTC), after))


def stored(work):
    return {(each["external_id"]) for each in rows(work.engine, schema.feedback)}


def test_a_night_reads_what_changed_and_the_look_back_window(small_room, shop):
    days = [FIRST + timedelta(days=day) for day in range(5)]
    shop(records(4), days)
    small_room.source("shop", **(NO_MORE | TOLD | {"since": TOLD["since"] | {"start": "2020-01-01"}}))
    with small_room.open() as work:
        assert counts(night(work))["new", ""] == 4
        shop(records(5), days)
        told = counts(night(work))
        # T2 lies in the look-back window of T3, the last one; T4 is new
        assert (told["read", ""], told["duplicate", ""], told["new", ""]) == (3, 2, 1)
        [cursor] = rows(work.engine, schema.cursor)
        assert cursor["position"]["file"] == "query"
        assert "2025-03-05" in cursor["position"]["mark"]


def test_an_edited_text_is_seen_though_its_date_did_not_move_and_a_late_one_is_not_lost(small_room, shop):
    shop(records(3))
    small_room.source("shop", **(NO_MORE | TOLD | {"since": TOLD["since"] | {"start": "2020-01-01"}}))
    with small_room.open() as work:
        night(work)
        late = {"id": "T9", "text": "arrivé en retard"}
        edited = [records(1)[0], {"id": "T1", "text": "corrigé"}, late, records(3)[2]]
        shop(
            edited,
            [FIRST, FIRST + timedelta(minutes=1), FIRST - timedelta(hours=20), FIRST + timedelta(minutes=2)],
        )
        told = counts(night(work))
        assert (told["revised", ""], told["new", ""], told["duplicate", ""]) == (1, 1, 2)


def test_a_deleted_row_is_marked(small_room, shop):
    shop(records(2))
    deleted = {
        "deleted": {"column": "gone", "not_empty": True},
        "since": TOLD["since"] | {"start": "2020-01-01"},
    }
    small_room.source("shop", **(NO_MORE | TOLD | deleted))
    with small_room.open() as work:
        night(work)
        shop([records(1)[0], {"id": "T1", "text": "texte 1", "gone": "2025-03-02"}])
        assert counts(night(work))["skipped", "deleted"] == 1
        dead = [each["external_id"] for each in rows(work.engine, schema.feedback) if each["deleted_at"]]
        assert dead == ["T1"]


def test_a_run_cut_between_equal_timestamps_loses_nothing(small_room, shop):
    small_room.settings(chunk_texts=3)
    shop(records(10), [FIRST] * 4 + [FIRST + timedelta(hours=1)] * 6)
    small_room.source("shop", **(NO_MORE | TOLD | {"since": TOLD["since"] | {"start": "2020-01-01"}}))
    with small_room.open() as work:
        [shop_source] = open_sources(work)[0]
        with recorded(work, "nightly", {}) as run_id:
            chunks = read(work, shop_source)
            for _ in range(2):
                clean_and_store(work, run_id, next(chunks))
            chunks.close()  # the process dies here: two chunks are committed
        assert len(external_ids(work.engine)) == 6
        night(work)
        assert len(external_ids(work.engine)) == 10


def test_a_limit_goes_on_behind_what_it_stored(small_room, shop):
    shop(records(7))
    small_room.source("shop", **(NO_MORE | TOLD | {"since": TOLD["since"] | {"start": "2020-01-01"}}))
    with small_room.open() as work:
        for _ in range(4):
            night(work, limit=3)
        assert len(external_ids(work.engine)) == 7


def test_a_long_window_is_read_twice_and_not_held_in_memory(shop, tmp_path):
    shop([{"id": f"T{n}", "text": f"{n} " + "long texte " * 300} for n in range(6_000)])  # 20 MB
    rows_ = opened(tmp_path)
    tracemalloc.start()
    try:
        count = sum(1 for _ in rows_.read(rows_.parts()[0], datetime.now(UTC), START))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 6_000
    assert peak < 16 * 2**20


def test_numbers_as_cursor_are_read_again_a_look_back_earlier(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'n.db'}"
    monkeypatch.setenv("SHOP_URL", url)
    engine = create_engine(url)
    with engine.begin() as opened_:
        opened_.execute(text("CREATE TABLE feed (id INTEGER, text TEXT)"))
        opened_.execute(
            text("INSERT INTO feed VALUES (3000000000, 'a'), (3000000001, 'b'), (3000000900, 'c')")
        )
    engine.dispose()
    told = {
        "query": "SELECT id, text FROM feed WHERE id >= :since",
        "since": {"column": "id", "start": 0, "lookback": 10},
    }
    rows_ = opened(tmp_path, **told)
    found = items(rows_)
    assert [item.text for item in found] == ["a", "b", "c"]
    again = items(rows_, Position(3, done=True, mark=found[1].mark))
    assert [item.text for item in again] == ["a", "b", "c"]
    again = items(rows_, Position(3, done=True, mark=found[2].mark))
    assert [item.text for item in again] == ["c"]


def test_without_since_everything_is_read_each_time(shop, tmp_path):
    shop(records(3))
    rows_ = opened(tmp_path, query="SELECT id, text FROM feed;", since=None)
    assert len(items(rows_)) == 3
    assert len(items(rows_, Position(3, done=True))) == 3


def test_the_source_can_not_be_written_to(shop, tmp_path):
    url = shop(records(1))
    with (
        connection.reading(source(), tmp_path) as opened_,
        pytest.raises(Exception, match=r"readonly|read-only"),
    ):
        opened_.execute(text("DELETE FROM feed"))
    engine = create_engine(url)
    with engine.connect() as found:
        assert found.execute(text("SELECT count(*) FROM feed")).scalar_one() == 1
    engine.dispose()


def test_bytes_that_are_no_text_are_a_row_for_the_quarantine(shop, tmp_path):
    engine = create_engine(shop(records(2)))
    with engine.begin() as opened_:
        opened_.execute(text("UPDATE feed SET text = CAST(X'E9E8' AS TEXT) WHERE id = 'T0'"))
    engine.dispose()
    first, second = items(opened(tmp_path))
    assert first.reason == "bad_encoding"
    assert second.text == "texte 1"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {"query": "SELECT id, txt, changed FROM feed WHERE changed >= :since"},
            "the database refused the query .*txt",
        ),
        (
            {"query": "SELECT id, changed FROM feed WHERE changed >= :since"},
            "query of source shop: no such column .*'text'",
        ),
        (
            {"query": "SELECT id, text, changed FROM other WHERE changed >= :since"},
            "refused the query .*other",
        ),
        ({"query": "SELECT id, text, text FROM feed", "since": None}, "two columns have this name .*'text'"),
        (
            {"query": "SELECT id, text, :who AS w FROM feed", "since": None},
            "query of source shop: the query can't be sent .*who",
        ),
        ({"database": {"env": "NO_SUCH_URL"}}, r"\$NO_SUCH_URL: this environment variable is not set"),
    ],
)
def test_a_wrong_description_is_told_before_anything_is_read(told, said, shop, tmp_path):
    shop(records(1))
    with pytest.raises(ConfigError, match=said):
        opened(tmp_path, **told).check()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"query": "DELETE FROM feed"}, "`query`: is no query"),
        ({"query": "SELECT * FROM feed WHERE changed > :since"}, "leaves out the rows at `:since` itself"),
        ({"query": "SELECT * FROM feed"}, "`:since` in the query and the block `since"),
        ({"since": None}, "`:since` in the query and the block `since"),
        (
            {"since": {"column": "changed", "start": 0, "lookback": "2 days"}},
            "`lookback` is to be a whole number",
        ),
        ({"database": {"url": "postgresql://me:secret@db/shop"}}, "`url` holds a password"),
        ({"database": {}}, "give either `env: VARIABLE` or `url:"),
        ({"path": "a.csv"}, "unknown key `path`"),
    ],
)
def test_a_mistake_in_the_yaml_is_told_without_the_secret(told, said):
    with pytest.raises(ConfigError, match=said) as error:
        source(**told)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "kind", "said"),
    [
        ("nonsense", ConfigError, r"\$SHOP_URL: holds no database URL"),
        ("nosuchdb://u:hush@h/d", ConfigError, "no driver for this database is installed .*'nosuchdb'"),
        ("mysql+pymysql://u:hush@h/d", ConfigError, "no driver for this database.*pip install pymysql"),
        ("sqlite:///gone.db", SourceUnavailable, "no such file .*'gone.db'"),
        ("postgresql+psycopg://u:hush@127.0.0.1:9/d", SourceUnavailable, "the database can't be reached"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_without_the_password(url, kind, said, monkeypatch, tmp_path):
    monkeypatch.setenv("SHOP_URL", url)
    monkeypatch.setattr(connection, "_FIRST_WAIT", 0)
    with pytest.raises(kind, match=said) as error:
        opened(tmp_path).check()
    assert "hush" not in str(error.value)


def test_a_login_without_the_right_to_read_is_told(shop_postgresql, tmp_path, monkeypatch):
    fill(shop_postgresql, COLUMNS, records(1))
    engine = create_engine(shop_postgresql)
    with engine.begin() as opened_:
        opened_.execute(text("DROP ROLE IF EXISTS stranger"))
        opened_.execute(text("CREATE ROLE stranger LOGIN PASSWORD 'hush'"))
    monkeypatch.setenv(
        "SHOP_URL", engine.url.set(username="stranger", password="hush").render_as_string(False)
    )
    engine.dispose()
    with pytest.raises(ConfigError, match=r"permission denied .*grant this account SELECT") as error:
        opened(tmp_path).check()
    assert "hush" not in str(error.value)


def test_a_database_that_breaks_off_in_the_middle_is_worth_a_retry(shop_postgresql, tmp_path, monkeypatch):
    fill(shop_postgresql, COLUMNS, [{"id": f"T{n}", "text": f"{n} " + "long " * 600} for n in range(2_000)])
    monkeypatch.setenv("SHOP_URL", shop_postgresql)
    rows_ = opened(tmp_path)
    reading = rows_.read(rows_.parts()[0], datetime.now(UTC), START)
    cut = [next(reading) for _ in range(700)]
    engine = create_engine(shop_postgresql)
    with engine.connect() as opened_:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        opened_.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    engine.dispose()
    with pytest.raises(SourceUnavailable, match="the database broke off the reading"):
        list(reading)
    rest = items(rows_, Position(700, mark=cut[-1].mark))
    assert {item.external_id for item in (*cut, *rest)} == {f"T{n}" for n in range(2_000)}
    assert len(rest) == 1_301


def test_postgresql_refuses_a_query_that_writes(shop_postgresql, tmp_path, monkeypatch):
    fill(shop_postgresql, COLUMNS, records(2))
    monkeypatch.setenv("SHOP_URL", shop_postgresql)
    told = {"query": "WITH gone AS (DELETE FROM feed RETURNING *) SELECT id, text FROM gone", "since": None}
    with pytest.raises(ConfigError, match=r"refused the query .*(read-only transaction|data-modifying)"):
        opened(tmp_path, **told).check()


def test_the_other_sources_are_done_when_a_database_is_not_reached(ressenti, small_room, monkeypatch):
    small_room.feed(row(1, "ravi"))
    monkeypatch.setenv("SHOP_URL", "sqlite:///gone.db")
    monkeypatch.setattr(connection, "_FIRST_WAIT", 0)
    small_room.source("shop", **(NO_MORE | TOLD | {"since": TOLD["since"] | {"start": "2020-01-01"}}))
    with small_room.open() as work:
        with pytest.raises(SourcesFailed, match=r"source shop: .*no such file") as error:
            night(work)
        assert error.value.exit_code == 1
        assert list(external_ids(work.engine).values()) == ["1"]
    said = ressenti("source", "list")
    assert "shop\tsql\treview\t$SHOP_URL" in said.out
    said = ressenti("source", "check", "shop")
    assert said.code == 1
    assert "no such file" in said.err
