import random
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.compaction import TABLES, compact, truncate_log
from storage.database import connect, reading, writing

WORD = b"hippocampe"


def _moved_about(engine, seed):
    """Put a row among others that grow, so that its page is parted more than once, then delete it."""
    dice = random.Random(seed)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE grown (id integer PRIMARY KEY, words text)"))
        for number in range(60):
            words = (WORD.decode() if number == 30 else "x") + "y" * dice.choice([200, 600, 900, 1500])
            connection.execute(text("INSERT INTO grown VALUES (:id, :words)"), {"id": number, "words": words})
    with writing(engine) as connection:
        for number in range(60):
            if number != 30:
                more = {"id": number, "more": "z" * dice.choice([100, 700, 1200])}
                connection.execute(text("UPDATE grown SET words = words || :more WHERE id = :id"), more)
        connection.execute(text("DELETE FROM grown WHERE id = 30"))


def _in_files(engine):
    file = Path(str(engine.url.database))
    return sum(path.read_bytes().count(WORD) for path in file.parent.glob(f"{file.name}*"))


def test_a_copy_that_sqlite_left_between_rows_is_gone_once_the_file_is_written_anew(tmp_path):
    """`secure_delete` overwrites the row that is deleted, and not what pages held before their rows moved."""
    for seed in range(200):
        engine = connect(f"sqlite:///{tmp_path}/{seed}.db")
        _moved_about(engine, seed)
        assert truncate_log(engine)
        if _in_files(engine):
            assert [name for name, _ in compact(engine)] == ["the file"]
            assert _in_files(engine) == 0
            engine.dispose()
            return
        engine.dispose()
    pytest.skip("this SQLite leaves no copies")


def test_the_log_is_not_emptied_under_a_reader_which_is_said(tmp_path):
    engine = connect(f"sqlite:///{tmp_path}/read.db")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE read (id integer)"))
    reader = connect(f"sqlite:///{tmp_path}/read.db")
    with reading(reader) as one:
        one.execute(text("SELECT * FROM read")).all()
        with writing(engine) as connection:
            connection.execute(text("INSERT INTO read VALUES (1)"))
        with engine.connect() as impatient:
            impatient.exec_driver_sql("PRAGMA busy_timeout = 100")
        assert not truncate_log(engine)
    assert truncate_log(engine)
    engine.dispose()
    reader.dispose()


def test_every_table_that_may_hold_something_of_a_customer_is_written_anew(
    new_postgresql, postgresql_template
):
    engine = connect(new_postgresql(postgresql_template))
    written = [name for name, _ in compact(engine)]
    engine.dispose()
    assert written == list(TABLES)
    assert {
        "revision",
        "feedback",
        "quarantine",
        "texts_by_customer",
        "attribute_value",
        "pg_statistic",
    } <= set(written)
