"""Opening the database: SQLite or PostgreSQL by URL, the same code above it.

`writing(engine)` and `reading(engine)` are the two ways in. Each is one transaction; what goes wrong with the
database in it comes out as `StorageError`, one sentence with the fix.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from configs.errors import ConfigError
from storage.problems import translate

ACCEPTED = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
BUSY_SECONDS = 30  # a writer waits this long for another one's chunk, which takes well under one
CONNECT_SECONDS = 10
WRITES = "ressenti_writes"


def connect(url: str) -> Engine:
    """An engine for `url`; nothing is opened or made yet.

    Raises:
        ConfigError: not a URL, or of a database we do not know.
    """
    parsed = _parse(url)
    backend = parsed.get_backend_name()
    engine = _sqlite(parsed) if backend == "sqlite" else _postgresql(parsed)
    event.listen(engine, "handle_error", translate)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: commits at the end, rolls back on any error.

    On SQLite it takes the write lock at once: one that reads first and writes later would be refused, not
    made to wait, when another process wrote in between.
    """
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads: it waits for no writer and keeps none waiting."""
    with engine.begin() as connection:
        yield connection


def lock(connection: Connection, name: str, number: int = 0, *, shared: bool = False) -> None:
    """Wait until no other transaction holds this name; held to the end of the transaction.

    Any number may hold a name `shared`, as long as nobody holds it alone. On SQLite there is nothing to do: the
    whole database has one writer.
    """
    if connection.dialect.name == "postgresql":
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        connection.execute(
            text(f"SELECT {function}(hashtext(:name), :number)"), {"name": name, "number": number}
        )


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise ConfigError("this is no database URL", place="database_url", accepted=ACCEPTED) from None
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite")
    raise ConfigError("no such database here", place="database_url", found=backend, accepted=ACCEPTED)


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite database; None for another one, and for one in memory or by a URI of SQLite's own."""
    name = url.database if url.get_backend_name() == "sqlite" else None
    return Path(name) if name and name != ":memory:" and not name.startswith("file:") else None


def make_folder(url: URL) -> None:
    """Make the folder of a new SQLite file; does nothing for other databases.

    Raises:
        ConfigError: it can't be made.
    """
    file = sqlite_file(url)
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            "the database's folder can't be made",
            place=url.database,
            found=error.strerror,
            fix="give another place with RESSENTI_DATABASE_URL",
        ) from None


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,  # a server that was restarted between two chunks costs nothing
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "ressenti"},
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401
    connection.isolation_level = (
        None  # the driver would begin late and commit early; `_begin_sqlite` says when
    )
    _write_ahead(connection)
    for pragma in ("foreign_keys=ON", "synchronous=NORMAL", "secure_delete=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Two processes that make the same new database at once do not wait for each other here, so we do."""
    for _ in range(100):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.05)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
