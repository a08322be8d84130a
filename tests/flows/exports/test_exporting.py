"""The views of BI as files: only what changed is written, killed anywhere the old or the new stands there."""

import csv
from datetime import date, timedelta

import duckdb
import pytest
from sqlalchemy import text

from configs.errors import ConfigError, RessentiError
from flows.exports import exporting, rows
from flows.exports.cells import original
from flows.exports.exporting import export
from flows.lifecycle.erasing import erase_customer
from storage.database import reading, writing
from storage.export import View, views
from tests.flows.night import night, row

FIRST = date(2026, 11, 1)
VIEW = """
SELECT id, day, words, n / 2.0 AS half, CAST(NULL AS text) AS untold FROM of_the_test
"""


def _named(engine, name):
    return f"bi.{name}" if engine.dialect.name == "postgresql" else f"bi_{name}"


COLUMNS = {"id": "whole", "day": "day", "words": "text", "half": "number", "untold": "text"}


@pytest.fixture
def filled(work, monkeypatch):
    """Three days of rows behind a view with days and one without."""
    engine = work.engine
    statements = [
        "CREATE TABLE of_the_test (id integer PRIMARY KEY, day date, words text, n integer)",
        f"CREATE VIEW {_named(engine, 'words')} AS {VIEW}",
        f"CREATE VIEW {_named(engine, 'total')} AS SELECT count(*) AS n FROM of_the_test",
    ]
    if engine.dialect.name == "postgresql":
        statements.insert(0, "CREATE SCHEMA IF NOT EXISTS bi")
    _run(engine, *statements)
    for number in range(30):
        _put(engine, number, FIRST + timedelta(days=number // 10), f'=mot {number}; "l\'été"\n-3')
    ours = {
        "words": View("words", _named(engine, "words"), COLUMNS),
        "total": View("total", _named(engine, "total"), {"n": "whole"}),
    }
    monkeypatch.setattr(exporting, "views", lambda *_: ours)
    yield work
    drops = [f"DROP VIEW {_named(engine, name)}" for name in ("words", "total")]
    _run(engine, *drops, "DROP TABLE of_the_test")


def _run(engine, *statements):
    with writing(engine) as connection:
        for statement in statements:
            connection.execute(text(statement))


def _put(engine, number, day, words):
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM of_the_test WHERE id = :id"), {"id": number})
        connection.execute(
            text("INSERT INTO of_the_test VALUES (:id, :day, :words, :n)"),
            {"id": number, "day": day.isoformat() if engine.dialect.name == "sqlite" else day, "words": words, "n": number},
        )  # fmt: skip


def _exported(work, out, format="parquet", view="words", **more):
    [done] = export(work, out, [view], format=format, **more)
    return done.written, done.unchanged, done.removed


def _in_parquet(out):
    query = f"SELECT id, day, words, half FROM read_parquet('{out}/words/*/*.parquet', hive_partitioning = true) ORDER BY id"
    return duckdb.sql(query).fetchall()


def _in_csv(out):
    return _lines(out / "words.csv")


def _lines(file):
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [{name: original(cell) for name, cell in line.items()} for line in csv.DictReader(stream)]


def test_parquet_has_a_file_a_day_that_duckdb_reads_with_its_types(filled, tmp_path):
    assert _exported(filled, tmp_path) == (3, 0, 0)
    assert sorted(path.name for path in (tmp_path / "words").glob("day=*")) == [
        "day=2026-11-01", "day=2026-11-02", "day=2026-11-03",
    ]  # fmt: skip
    read = _in_parquet(tmp_path)
    assert len(read) == 30
    assert read[11][:3] == (11, date(2026, 11, 2), '=mot 11; "l\'été"\n-3')
    assert read[11][3] == 5.5


def test_csv_gives_back_every_word_and_no_cell_begins_a_formula(filled, tmp_path):
    assert _exported(filled, tmp_path, "csv") == (3, 0, 0)
    read = _in_csv(tmp_path)
    assert [line["words"] for line in read] == [f'=mot {number}; "l\'été"\n-3' for number in range(30)]
    assert [line["id"] for line in read] == [str(number) for number in range(30)]
    assert (tmp_path / "words.csv").read_bytes().startswith(b'\xef\xbb\xbf"id","day"')
    assert ',"=' not in (tmp_path / "words.csv").read_text()


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_only_days_that_changed_are_written_again(filled, tmp_path, format):
    _exported(filled, tmp_path, format)
    assert _exported(filled, tmp_path, format) == (0, 3, 0)
    _put(filled.engine, 12, FIRST + timedelta(days=1), "autre chose")
    assert _exported(filled, tmp_path, format) == (1, 2, 0)
    read = (
        _in_parquet(tmp_path) if format == "parquet" else [tuple(line.values()) for line in _in_csv(tmp_path)]
    )
    assert "autre chose" in [line[2] for line in read]
    assert len(read) == 30


def test_a_file_that_did_not_change_stays_the_same_file(filled, tmp_path):
    _exported(filled, tmp_path)
    kept = tmp_path / "words" / "day=2026-11-01" / "part.parquet"
    before = kept.stat().st_ino
    _put(filled.engine, 12, FIRST + timedelta(days=1), "autre chose")
    _exported(filled, tmp_path)
    assert kept.stat().st_ino == before


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_what_is_not_there_any_more_leaves_no_byte_in_the_folder(filled, tmp_path, format):
    _put(filled.engine, 7, FIRST, "hippocampe")
    _exported(filled, tmp_path, format)
    _run(filled.engine, "DELETE FROM of_the_test WHERE id = 7 OR id >= 20")
    assert _exported(filled, tmp_path, format) == (1, 1, 1)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"hippocampe" in path.read_bytes()]
    assert not list(tmp_path.rglob("day=2026-11-03"))


def test_since_leaves_earlier_days_out_and_a_later_export_brings_them_back(filled, tmp_path):
    assert _exported(filled, tmp_path, since=FIRST + timedelta(days=2)) == (1, 0, 0)
    assert len(_in_parquet(tmp_path)) == 10
    assert _exported(filled, tmp_path) == (2, 1, 0)


def test_a_view_without_days_is_one_file(filled, tmp_path):
    assert _exported(filled, tmp_path, view="total") == (1, 0, 0)
    assert duckdb.sql(f"SELECT n FROM '{tmp_path}/total/part.parquet'").fetchall() == [(30,)]
    assert _exported(filled, tmp_path, "csv", view="total") == (1, 0, 0)
    assert _exported(filled, tmp_path, "csv", view="total") == (0, 1, 0)


def test_a_dry_run_writes_nothing(filled, tmp_path):
    assert _exported(filled, tmp_path / "out", dry_run=True) == (3, 0, 0)
    assert list(tmp_path.iterdir()) == [] or not (tmp_path / "out").exists()


def test_a_csv_that_somebody_changed_is_written_anew(filled, tmp_path):
    _exported(filled, tmp_path, "csv")
    file = tmp_path / "words.csv"
    file.write_text("saved by a spreadsheet")
    assert _exported(filled, tmp_path, "csv") == (3, 0, 0)
    assert len(_in_csv(tmp_path)) == 30


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_killed_while_it_writes_it_leaves_the_old_files_and_the_next_one_clears_up(
    filled, tmp_path, monkeypatch, format
):
    _exported(filled, tmp_path, format)
    for number in (2, 12, 22):
        _put(filled.engine, number, FIRST + timedelta(days=number // 10), "autre chose")
    written = []

    def dies(connection, view, day):
        written.append(day)
        if len(written) == 3:
            raise Killed
        return rows.batches(connection, view, day)

    with monkeypatch.context() as patch:
        patch.setattr(f"flows.exports.{format}.batches", dies)
        with pytest.raises(Killed):
            _exported(filled, tmp_path, format)
    read = _in_parquet(tmp_path) if format == "parquet" else _in_csv(tmp_path)
    assert len(read) == 30
    assert "autre chose" not in str(read)
    assert _exported(filled, tmp_path, format) == (3, 0, 0)
    left = [path.name for path in tmp_path.iterdir()]
    assert len([name for name in left if name.startswith(".words")]) == 1


def test_two_exports_into_one_folder_do_not_meet(filled, tmp_path):
    with exporting._alone(tmp_path), pytest.raises(RessentiError, match="another export writes here"):
        _exported(filled, tmp_path)


def test_what_is_no_export_is_left_alone(filled, tmp_path):
    (tmp_path / "words").mkdir()
    with pytest.raises(ConfigError, match="this is no export"):
        _exported(filled, tmp_path)


def test_an_unknown_view_is_refused_with_those_there_are(filled, tmp_path):
    with pytest.raises(ConfigError, match="total, words"):
        list(export(filled, tmp_path, ["nowhere"]))


def test_a_place_that_can_not_be_written_is_one_sentence(filled, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RessentiError, match="can't be written"):
        _exported(filled, tmp_path / "file" / "below")


def test_memory_holds_a_page_at_a_time(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "PAGE", 4)
    seen = []
    monkeypatch.setattr(
        "flows.exports.parquet.batches",
        lambda *given: (seen.append(batch.num_rows) or batch for batch in rows.batches(*given)),
    )
    _exported(filled, tmp_path)
    assert seen == [4, 4, 2] * 3


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_every_view_of_the_contract_is_read_by_duckdb_as_the_database_has_it(room, work, tmp_path, format):
    room.feed(
        row("1", "Merci, je suis ravi", date="2026-11-03", rating=5, city="Lyon", customer="anne"),
        row("2", "=C'est injuste; encore", rating=1, customer="bert"),
        row("3", "encore", date="pas une date"),
    )
    night(work)
    with reading(work.engine) as connection:
        known = views(connection, work.taxonomy)
        counts = {
            name: connection.execute(text(f"SELECT count(*) FROM {view.relation}")).scalar_one()
            for name, view in known.items()
        }
    assert counts["feedback"] == 2
    done = {each.view: each.rows for each in export(work, tmp_path, list(known), format=format)}
    assert done == counts
    for name, count in counts.items():
        files = f"{tmp_path}/{name}.csv" if format == "csv" else f"{tmp_path}/{name}/**/*.parquet"
        if count:
            assert duckdb.sql(f"SELECT count(*) FROM '{files}'").fetchall() == [(count,)], name


def test_what_is_erased_leaves_the_files_with_the_next_export(room, work, tmp_path):
    room.feed(
        row("1", "Merci hippocampe", customer="anne", date="2026-11-03"), row("2", "Merci", customer="bert")
    )
    night(work)
    for format in ("csv", "parquet"):
        list(export(work, tmp_path, format=format))
    erase_customer(work, "anne", ["reviews"])
    for format in ("csv", "parquet"):
        list(export(work, tmp_path, format=format))
    assert [line["external_id"] for line in _lines(tmp_path / "feedback.csv")] == ["2"]
    files = f"{tmp_path}/feedback/*/*.parquet"
    assert duckdb.sql(f"SELECT external_id FROM '{files}'").fetchall() == [("2",)]
