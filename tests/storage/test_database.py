import os
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import create_engine, insert, make_url, select, text

from configs.errors import ConfigError, StorageError
from storage import schema
from storage.database import connect, reading, writing
from storage.upgrade import upgrade

from .world import NOW, add_source, rows


def _source(**changes):
    return {"name": "reviews", "kind": "files", "channel": "review", "created_at": NOW} | changes


def test_moments_come_back_in_utc_and_naive_ones_are_refused(engine):
    paris = datetime(2026, 11, 20, 4, 30, tzinfo=timezone(timedelta(hours=1)))
    with writing(engine) as connection:
        connection.execute(insert(schema.source), _source(created_at=paris))
    [stored] = rows(engine, schema.source)
    assert stored["created_at"] == NOW
    assert stored["created_at"].tzinfo is UTC
    with pytest.raises(Exception, match="without a time zone"), writing(engine) as connection:
        connection.execute(insert(schema.source), _source(name="other", created_at=datetime(2026, 1, 1)))


def test_a_transaction_is_all_or_nothing(engine):
    def fail_halfway():
        with writing(engine) as connection:
            connection.execute(insert(schema.source), _source())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert rows(engine, schema.source) == []


def test_readers_do_not_wait_for_a_writer(engine):
    add_source(engine, "before")
    with writing(engine) as writer:
        writer.execute(insert(schema.source), _source(name="during"))
        with reading(engine) as reader:
            assert reader.execute(select(schema.source.c.name)).scalars().all() == ["before"]


def test_unknown_words_and_missing_parents_are_refused(engine):
    with pytest.raises(Exception, match=r"(?i)check"), writing(engine) as connection:
        connection.execute(insert(schema.source), _source(channel="letter"))
    with pytest.raises(Exception, match=r"(?i)foreign"), writing(engine) as connection:
        connection.execute(
            insert(schema.run_stage), {"run_id": "no such run", "stage": "read", "seconds": 1.0}
        )


def test_sqlite_is_set_up_for_a_nightly_writer_and_many_readers(tmp_path):
    engine = connect(f"sqlite:///{tmp_path}/ressenti.db")
    with reading(engine) as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "secure_delete", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 1,
        "secure_delete": 1,
        "busy_timeout": 30_000,
    }
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://root@host/db", "ressenti.db", "", "postgresql://h:port/x"])
def test_a_url_of_no_known_database_is_refused(url):
    with pytest.raises(ConfigError, match="sqlite:///FILE"):
        connect(url)


def test_a_postgresql_url_needs_no_driver_name():
    assert connect("postgresql://u@h/d").url.drivername == "postgresql+psycopg"


def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="RESSENTI_DATABASE_URL"):
        upgrade(connect(f"sqlite:///{tmp_path}/file/below/ressenti.db"))


def _provoke(url, statement="SELECT 1"):
    engine = connect(url)
    with pytest.raises(StorageError) as caught, writing(engine) as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nobody_listening_is_one_sentence():
    said = _provoke("postgresql://me:pass-word@127.0.0.1:1/shop?options=-csecret%3Dpass-word")
    assert "can't be reached" in said
    assert "start it" in said
    assert "pass-word" not in said


def test_a_missing_database_is_one_sentence(postgresql_server):
    said = _provoke(make_url(postgresql_server).set(database="nowhere").render_as_string(False))
    assert "no such database" in said
    assert "nowhere" in said


def test_a_refused_login_is_one_sentence(postgresql_server):
    said = _provoke(make_url(postgresql_server).set(username="nobody").render_as_string(False))
    assert "refused the login" in said


def test_missing_tables_are_one_sentence(empty_database_url):
    assert "ressenti db upgrade" in _provoke(empty_database_url, "SELECT * FROM feedback")


def test_a_read_only_postgresql_is_one_sentence(new_postgresql, postgresql_template):
    url = new_postgresql(postgresql_template)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            text(f"ALTER DATABASE {admin.url.database} SET default_transaction_read_only = on")
        )
    admin.dispose()
    assert "read-only" in _provoke(url, "DELETE FROM tag")


def test_a_missing_right_is_one_sentence(new_postgresql, postgresql_template):
    url = new_postgresql(postgresql_template)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS onlooker"))
        connection.execute(text("CREATE ROLE onlooker LOGIN"))
    admin.dispose()
    onlooker = make_url(url).set(username="onlooker").render_as_string(False)
    assert "may not do this" in _provoke(onlooker, "DELETE FROM tag")


def test_a_connection_that_breaks_is_one_sentence_and_the_next_one_works(new_postgresql, postgresql_template):
    engine = connect(new_postgresql(postgresql_template))

    def break_halfway():
        with writing(engine) as connection:
            connection.execute(insert(schema.source), _source())
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StorageError, match="broke"):
        break_halfway()
    assert rows(engine, schema.source) == []
    engine.dispose()


def test_a_file_that_is_no_database_is_one_sentence(tmp_path):
    file = tmp_path / "ressenti.db"
    file.write_bytes(b"date;note;avis\n" * 1000)
    assert "no database" in _provoke(f"sqlite:///{file}")


def test_a_folder_in_the_file_s_place_is_one_sentence(tmp_path):
    assert "can't be opened" in _provoke(f"sqlite:///{tmp_path}")


def test_a_locked_sqlite_is_one_sentence(sqlite_template, monkeypatch):
    monkeypatch.setattr("storage.database.BUSY_SECONDS", 0.1)
    other = sqlite3.connect(sqlite_template, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "locked" in _provoke(f"sqlite:///{sqlite_template}", "DELETE FROM tag")
    other.execute("ROLLBACK")
    other.close()


def test_a_read_only_sqlite_is_one_sentence(sqlite_template, tmp_path):
    file = tmp_path / "ressenti.db"
    file.write_bytes(sqlite_template.read_bytes())
    said = _provoke(f"sqlite:///file:{file}?mode=ro&uri=true", "DELETE FROM tag")
    assert "read-only" in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a disk of one megabyte to fill it")
def test_a_full_disk_is_one_sentence_and_leaves_whole_transactions(sqlite_template, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("this machine may not mount a small disk")
    try:
        (disk / "ressenti.db").write_bytes(sqlite_template.read_bytes())
        engine = connect(f"sqlite:///{disk}/ressenti.db")
        add_source(engine, "before")
        many = [_source(name=f"{number}" * 100) for number in range(5000)]
        with pytest.raises(StorageError, match=r"disk.*is full"), writing(engine) as connection:
            connection.execute(insert(schema.source), many)
        assert [row["name"] for row in rows(engine, schema.source)] == ["before"]
        engine.dispose()
    finally:
        subprocess.run(["umount", disk], check=True)
