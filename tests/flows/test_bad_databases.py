"""What a database that is too new, closed, full or gone gets from each command: a sentence, and nothing half written."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, select, text

import flows.scoring
from flows.reprocess import Reprocessed
from storage import schema
from storage.database import connect

from .crowd import picture
from .night import reprocess, row, rows

FEED = [row(n, f"Merci {n}") for n in range(40)]
CHUNK = 10


@pytest.fixture
def told(room, monkeypatch):
    """Two nights with two threshold sets, then another model; `ressenti reprocess` goes without Prefect."""
    room.settings(chunk_texts=CHUNK)
    room.feed(*FEED)
    room.night()
    room.model("thresholds", tag=0.45)
    room.night()
    room.model("other", seed=1, tag=0.4)
    (room.folder / "said.csv").write_text("source,external_id,label,present\nreviews,1,joy,yes\n")

    def plain(choice, model, thresholds, activate, open_follow_ups, report, config):
        with room.open() as work:
            run_id, found = reprocess(work, activate=activate, **vars(choice))
            return Reprocessed(run_id, found, work.settings.state_dir / "report.md", activate)

    monkeypatch.setattr("flows.cli.reprocess._with_server", plain)
    return room


@pytest.fixture
def commands(told):
    return [
        ("reprocess", "--activate"),
        ("corrections", "import", told.folder / "said.csv", "--author", "lea"),
        ("versions", "rollback"),
    ]


def _failed(said, *words):
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("ressenti: failed: ")
    assert said.err.count("\n") == 1
    for word in words:
        assert word in said.err


def _content(url):
    engine = connect(url)
    try:
        tables = (
            schema.prediction,
            schema.tag,
            schema.activation,
            schema.correction,
            schema.followup,
            schema.run,
        )
        return [rows(engine, table) for table in tables]
    finally:
        engine.dispose()


@contextmanager
def _administered(url):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_a_database_newer_than_the_program_is_left_alone(ressenti_anywhere, told, commands):
    with _administered(told.database_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = _content(told.database_url)
    for words in (*commands, ("versions", "list"), ("db", "upgrade")):
        _failed(ressenti_anywhere(*words), "made by a newer program", "'9999'", "update Ressenti")
    assert _content(told.database_url) == before


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_user_without_the_right_is_told_so(ressenti_anywhere, told, commands):
    with _administered(told.database_url) as connection:
        for statement in (
            "DROP OWNED BY visitor" if _has_role(connection) else "CREATE ROLE visitor LOGIN",
            "GRANT USAGE ON SCHEMA public TO visitor",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO visitor",
        ):
            connection.execute(text(statement))
    before = _content(told.database_url)
    visitor = make_url(told.database_url).set(username="visitor")
    told.settings(database_url=visitor.render_as_string(False))
    for words in commands:
        _failed(ressenti_anywhere(*words), "the database user may not do this", "writer's role")
    assert _content(told.database_url) == before
    with _administered(told.database_url) as connection:
        connection.execute(text("DROP OWNED BY visitor"))
        connection.execute(text("DROP ROLE visitor"))


def _has_role(connection):
    return connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = 'visitor'")).scalar() is not None


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_read_only_postgresql_is_told(ressenti_anywhere, told, commands):
    name = make_url(told.database_url).database
    before = _content(told.database_url)
    with _administered(told.database_url) as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        try:
            for words in commands:
                _failed(ressenti_anywhere(*words), "the database is read-only", "right to write")
        finally:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
    assert _content(told.database_url) == before


@contextmanager
def _disk(folder: Path, size: str):
    """A disk of its own: it can be full, or closed for writing, also for root."""
    folder.mkdir()
    if os.getuid() != 0:
        pytest.skip("only root may mount a small disk")
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True
    ).returncode:
        pytest.skip("this machine may not mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def _moved(room, folder):
    """The room's SQLite file on another disk."""
    file = Path(make_url(room.database_url).database)
    engine = connect(room.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    (folder / "ressenti.db").write_bytes(file.read_bytes())
    room.database_url = f"sqlite:///{folder / 'ressenti.db'}"
    room.settings(database_url=room.database_url)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_read_only_sqlite_is_told(ressenti_anywhere, told, commands, tmp_path):
    with _disk(tmp_path / "disk", "20m") as folder:
        _moved(told, folder)
        before = _content(told.database_url)
        _remount(folder, "ro")
        for words in commands:
            said = ressenti_anywhere(*words)
            _failed(said, "SQLite ")
            assert "read-only" in said.err or "can't be opened" in said.err
        _remount(folder, "rw")
        assert _content(told.database_url) == before


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_full_disk_leaves_whole_chunks_and_with_room_again_it_goes_on(ressenti_anywhere, told, tmp_path):
    with _disk(tmp_path / "disk", "20m") as folder:
        _moved(told, folder)
        old = picture(told.database_url)
        used = sum(each.stat().st_size for each in folder.iterdir())
        _remount(folder, f"size={used + 96 * 1024}")
        _failed(
            ressenti_anywhere("reprocess", "--activate"), "disk under the database is full", "free some room"
        )
        _remount(folder, "size=20m")
        assert picture(told.database_url) == old
        _whole_chunks_then_all(ressenti_anywhere, told)


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_full_disk_under_postgresql_too(ressenti_anywhere, told):
    """The predictions lie in a tablespace on a small disk."""
    base = Path(make_url(told.database_url).query["host"])
    owner = (base / "data").stat() if (base / "data").exists() else base.stat()
    with _disk(base / "small", "20m") as folder:
        os.chown(folder, owner.st_uid, owner.st_gid)
        with _administered(told.database_url) as connection:
            connection.execute(text(f"CREATE TABLESPACE small LOCATION '{folder}'"))
            connection.execute(text("ALTER TABLE prediction SET TABLESPACE small"))
            connection.execute(text("VACUUM FULL prediction"))  # no room is left of rows that were deleted
            try:
                old = picture(told.database_url)
                filler = folder / "filler"
                filler.write_bytes(b"x" * (20 * 2**20 - _used(folder) - 4096))
                said = ressenti_anywhere("reprocess", "--activate")
                filler.unlink()
                _failed(said, "disk under the database is full", "free some room")
                assert picture(told.database_url) == old
                _whole_chunks_then_all(ressenti_anywhere, told)
            finally:
                (folder / "filler").unlink(missing_ok=True)
                connection.execute(text("ALTER TABLE prediction SET TABLESPACE pg_default"))
                connection.execute(text("DROP TABLESPACE small"))


def _used(folder):
    disk = os.statvfs(folder)
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_connection_lost_in_the_middle_of_a_chunk_leaves_whole_chunks(ressenti_anywhere, told, monkeypatch):
    old = picture(told.database_url)
    alongside, calls = flows.scoring.tag_alongside, []

    def lost(connection, *arguments):
        calls.append(1)
        if len(calls) == 3:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        alongside(connection, *arguments)

    monkeypatch.setattr("flows.scoring.tag_alongside", lost)
    _failed(ressenti_anywhere("reprocess", "--activate"), "the connection to the database broke", "run again")
    assert picture(told.database_url) == old
    assert _whole_chunks_then_all(ressenti_anywhere, told) == 2 * CHUNK


def _whole_chunks_then_all(ressenti_anywhere, room):
    """Of the new model there are whole chunks with their tags; run again, all is there, once. Returns how many were."""
    engine = connect(room.database_url)
    with room.open() as work:
        version = work.configured.model_version
    by_new = schema.prediction.c.model_version == version
    with engine.connect() as connection:
        there = len(connection.execute(select(schema.prediction.c.id).where(by_new)).all())
        tags = select(schema.tag.c.label).join(
            schema.prediction, schema.prediction.c.id == schema.tag.c.prediction_id
        )
        assert len(connection.execute(tags.where(by_new)).all()) == there  # one each: gratitude
    assert there % CHUNK == 0
    assert there < len(FEED)
    assert ressenti_anywhere("reprocess", "--activate").code == 0
    with engine.connect() as connection:
        assert len(connection.execute(select(schema.prediction.c.id).where(by_new)).all()) == len(FEED)
    engine.dispose()
    return there
