"""What a database may complain about, in one sentence with the fix; never with a password or a record."""

import sqlite3
from typing import NamedTuple

import psycopg
from sqlalchemy import URL, ExceptionContext

from configs.errors import StorageError


class Problem(NamedTuple):
    """What is wrong, and what to do."""

    what: str
    fix: str


UNREACHABLE = Problem("the database can't be reached", "start it, or correct RESSENTI_DATABASE_URL")
REFUSED = Problem("the database refused the login", "correct user and password in RESSENTI_DATABASE_URL")
NO_DATABASE = Problem(
    "there is no such database", "create it with `createdb`, or correct RESSENTI_DATABASE_URL"
)
NO_TABLES = Problem("the database has not the tables that this program needs", "run `ressenti db upgrade`")
READ_ONLY = Problem(
    "the database is read-only", "give this user the right to write, file and folder included"
)
NO_RIGHT = Problem("the database user may not do this", "grant it the right, or use the writer's role")
FULL = Problem(
    "the disk under the database is full", "free some room and run again: only whole chunks are stored"
)
BUSY = Problem("the database stayed locked by another process", "let that one end, then run again")
DAMAGED = Problem("the file is damaged or is no database", "restore it from a backup, or give another file")
BROKEN = Problem("the connection to the database broke", "run again: only whole chunks are stored")

SQLITE = {
    sqlite3.SQLITE_CANTOPEN: Problem(
        "the database file can't be opened", "correct RESSENTI_DATABASE_URL or the file's rights"
    ),
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_IOERR: Problem("the disk under the database failed", "see the disk's health and room"),
}
POSTGRESQL = {
    "28": REFUSED,
    "3D": NO_DATABASE,
    "08": BROKEN,
    "57": BROKEN,
    "40": BUSY,
    "25006": READ_ONLY,
    "53100": FULL,
    "53300": Problem("the database has no connection left", "raise max_connections or run fewer workers"),
    "42501": NO_RIGHT,
    "42P01": NO_TABLES,
    "3F000": NO_TABLES,
    "55P03": BUSY,
}
# While connecting, PostgreSQL's client library gives a sentence instead of a code.
CONNECTING = {
    "password authentication failed": REFUSED,
    "no password supplied": REFUSED,
    "no pg_hba.conf entry": REFUSED,
    "role": REFUSED,
    "database": NO_DATABASE,
    "too many clients": POSTGRESQL["53300"],
}


def translate(context: ExceptionContext) -> StorageError | None:
    """The driver's error as ours; None leaves it as it is, because then it is our own mistake."""
    where = context.dialect.name if context.engine is None else place(context.engine.url)
    return _storage_error(context.original_exception, where)


def as_storage_error(error: BaseException, url: URL) -> StorageError | None:
    """The same for an error that did not come through SQLAlchemy."""
    return _storage_error(error, place(url))


def _storage_error(error: BaseException, where: str) -> StorageError | None:
    problem = _sqlite(error) if isinstance(error, sqlite3.Error) else _postgresql(error)
    return problem and StorageError(problem.what, place=where, fix=problem.fix)


def place(url: URL) -> str:
    """The database's name for messages: no user, no password, no options."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite {url.database}"
    return f"PostgreSQL {url.database} on {url.host or 'this machine'}"


def _sqlite(error: sqlite3.Error) -> Problem | None:
    if str(error).startswith(("no such table", "no such column")):
        return NO_TABLES
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else SQLITE.get(code & 0xFF)


def _postgresql(error: BaseException) -> Problem | None:
    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate:
        return POSTGRESQL.get(error.sqlstate) or POSTGRESQL.get(error.sqlstate[:2])
    if not isinstance(error, psycopg.OperationalError):
        return None
    if "connection" not in str(error):
        return BROKEN
    said = str(error)
    if "FATAL" not in said:
        return UNREACHABLE if "server at" in said or "timeout" in said else BROKEN
    fatal = said.split("FATAL", 1)[1].lstrip(": ")
    return next((problem for words, problem in CONNECTING.items() if words in fatal), UNREACHABLE)
