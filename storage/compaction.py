"""Getting erased rows out of the database's files, not only out of its tables.

PostgreSQL leaves deleted rows in a table's file until that is written anew, and samples of their values in its
statistics. SQLite overwrites them at once (`secure_delete`), but its write-ahead log holds older pages, and
in a page, in the room between its rows, copies may stand of rows that have moved to another one.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from configs.errors import StorageError
from storage import erasure, sums
from storage.problems import BUSY, NO_RIGHT, as_storage_error, place
from storage.schema import attribute_value

STATISTICS = "pg_statistic"
TABLES = (*(table.name for table in (*erasure.TABLES, *sums.TABLES, attribute_value)), STATISTICS)
NOT_OURS = """
SELECT c.oid::regclass::text FROM pg_class AS c, pg_database AS d
WHERE d.datname = current_database() AND c.oid = ANY (CAST(:names AS regclass[]))
  AND NOT pg_has_role(CASE WHEN c.relname = :statistics THEN d.datdba ELSE c.relowner END, 'USAGE')
ORDER BY 1
"""


def compact(engine: Engine) -> Iterator[tuple[str, float]]:
    """Write anew every file that may hold what was erased; yields each table and the seconds it took.

    Nobody can read or write a table meanwhile. On SQLite it is the whole file at once.

    Raises:
        StorageError: not the owner's role (PostgreSQL), others have the file open (SQLite), no room.
    """
    if engine.dialect.name == "sqlite":
        begun = time.perf_counter()
        _rewrite_file(engine)
        yield "the file", time.perf_counter() - begun
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _refuse_others_tables(connection, engine)
        for name in TABLES:
            begun = time.perf_counter()
            how = "FULL" if name == STATISTICS else "FULL, ANALYZE"
            connection.execute(text(f"VACUUM ({how}) {name}"))
            yield name, time.perf_counter() - begun


def truncate_log(engine: Engine) -> bool:
    """Bring SQLite's write-ahead log into the file and empty it; False when a reader keeps it from that.

    Elsewhere there is nothing to do, and False says that files may still hold what was erased.
    """
    if engine.dialect.name != "sqlite":
        return False
    with _driver(engine) as driver:
        busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _rewrite_file(engine: Engine) -> None:
    with _driver(engine) as driver:
        driver.execute("PRAGMA temp_store=FILE")  # the copy may be larger than memory
        driver.execute("VACUUM")
        driver.execute("PRAGMA temp_store=MEMORY")
    if not truncate_log(engine):
        raise StorageError(BUSY.what, place=place(engine.url), fix=BUSY.fix)


@contextmanager
def _driver(engine: Engine) -> Iterator[sqlite3.Connection]:
    """SQLite's own connection, outside of any transaction."""
    connection = engine.raw_connection()
    try:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        yield driver
    except sqlite3.Error as error:
        known = as_storage_error(error, engine.url)
        if known is None:
            raise
        raise known from error
    finally:
        connection.close()


def _refuse_others_tables(connection: Connection, engine: Engine) -> None:
    """PostgreSQL only warns of a table that it may not vacuum, and passes it over."""
    values = {"names": list(TABLES), "statistics": STATISTICS}
    found = connection.execute(text(NOT_OURS), values).scalars().all()
    if found:
        raise StorageError(
            NO_RIGHT.what,
            place=place(engine.url),
            found=", ".join(found),
            accepted="the owner's role",
            fix="name it in RESSENTI_DATABASE_URL for this command",
        )
