"""Opening somebody's database to read from it, and what it may answer, in one sentence without secrets or rows."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tenacity
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    InterfaceError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from configs.errors import ConfigError, RessentiError, SourceUnavailable
from flows.sources.sql.config import Database, SqlConfig

_TRIES, _FIRST_WAIT, _LONGEST_WAIT = 4, 1, 8  # seconds: a database that restarts is back by then
_REFUSED = re.compile(
    r"authentication failed|access denied|no password supplied|login failed|"
    r'(?:role|user|database) "[^"]*" does not exist|unknown database',
    re.IGNORECASE,
)
# SQLite's and MySQL's drivers call wrong queries and lost connections by one name, OperationalError.
_WRONG_QUERY = re.compile(
    r'no such|syntax|unknown|doesn.t exist|does not exist|ambiguous|denied|near "|misuse|read-?only',
    re.IGNORECASE,
)
_PACKAGES = {"psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "oracledb": "oracledb"}


def url_of(database: Database, root: Path) -> URL:
    """The whole URL, secret included; a relative SQLite file is looked for from `root`.

    Raises:
        ConfigError: a variable is not set, or what it holds is no URL.
        SourceUnavailable: no such SQLite file (SQLite would make an empty one).
    """
    place = f"${database.env}" if database.env else "database.url"
    try:
        url = make_url(_variable(database.env) if database.env else str(database.url))
    except ArgumentError:
        accepted = "DIALECT+DRIVER://USER:PASSWORD@HOST/NAME"
        raise ConfigError("holds no database URL", place=place, accepted=accepted) from None
    if database.password_env:
        url = url.set(password=_variable(database.password_env))
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return url
    file = root / str(url.database)
    if not file.is_file():
        raise SourceUnavailable(
            "no such file", place=place, found=file.name, fix="put it there or mend the URL"
        )
    return url.set(database=str(file))


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigError("this environment variable is not set", place=f"${name}", fix=f"set {name}")
    return value


def engine_of(config: SqlConfig, root: Path) -> Engine:
    """An engine that keeps no connection open and logs no rows.

    Raises:
        ConfigError, SourceUnavailable: as `url_of`; the driver is not installed.
    """
    from sqlalchemy.pool import NullPool

    url = url_of(config.database, root)
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except NoSuchModuleError:
        raise _no_driver(
            config, url.drivername, f"install the SQLAlchemy dialect for {url.drivername}"
        ) from None
    except ImportError as error:
        package = _PACKAGES.get(error.name or "", error.name)
        raise _no_driver(config, url.drivername, f"`pip install {package}`, or name another driver") from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _only_read_sqlite)
    return engine


def _no_driver(config: SqlConfig, name: str, fix: str) -> ConfigError:
    return ConfigError("no driver for this database is installed", place=config.place, found=name, fix=fix)


def _only_read_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401
    connection.execute("PRAGMA query_only = ON")
    # Bytes that are no UTF-8 are a row for the quarantine, as in a file; by default they end the reading.
    connection.text_factory = lambda found: found.decode("utf-8", "surrogateescape")


@contextmanager
def reading(config: SqlConfig, root: Path) -> Iterator[Connection]:
    """A connection that can only read, where the database knows how; rows are streamed.

    Raises:
        ConfigError: the query or the login is refused.
        SourceUnavailable: not reached in several tries, or lost on the way.
    """
    engine = engine_of(config, root)
    try:
        with _connected(engine, config) as connection:
            yield connection
    except SQLAlchemyError as error:
        raise told(error, config) from None
    finally:
        engine.dispose()


def _connected(engine: Engine, config: SqlConfig) -> Connection:
    for attempt in tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(SourceUnavailable),
        stop=tenacity.stop_after_attempt(_TRIES),
        wait=tenacity.wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT),
        reraise=True,
    ):
        with attempt:
            try:
                return _read_only(engine.connect())
            except SQLAlchemyError as error:
                raise told(error, config, connecting=True) from None
    raise AssertionError("the last attempt raises")


def _read_only(connection: Connection) -> Connection:
    if connection.dialect.name != "postgresql":
        return connection
    return connection.execution_options(postgresql_readonly=True)


def told(error: SQLAlchemyError, config: SqlConfig, *, connecting: bool = False) -> RessentiError:
    """What the database or its driver said, for a person."""
    if not isinstance(error, DBAPIError):
        found = str(error).split("\n", 1)[0][:200]
        return ConfigError("the query can't be sent", place=_query(config), found=found, fix="mend `query`")
    said = _first_line(error, config)
    if connecting and _REFUSED.search(said):
        fix = "correct the URL, its user and its password"
        return ConfigError("the database refused the login", place=config.place, found=said, fix=fix)
    broken = error.connection_invalidated or isinstance(error, InterfaceError | InternalError)
    passing = isinstance(error, OperationalError) and not _WRONG_QUERY.search(said)
    if connecting or broken or passing:
        what = "the database can't be reached" if connecting else "the database broke off the reading"
        return SourceUnavailable(what, place=config.place, found=said, fix="run again when it is back")
    if isinstance(error, DataError):
        fix = "make the query fit the data, and `since.start` the column's type"
        return ConfigError("a value does not fit the query", place=_query(config), fix=fix)
    fix = "grant this account SELECT on it" if _no_right(error, said) else "mend `query`"
    return ConfigError("the database refused the query", place=_query(config), found=said, fix=fix)


def _no_right(error: DBAPIError, said: str) -> bool:
    return getattr(error.orig, "sqlstate", None) == "42501" or "denied" in said


def _query(config: SqlConfig) -> str:
    return f"query of source {config.name}"


def _first_line(error: DBAPIError, config: SqlConfig) -> str:
    """The driver's first line without the password, should a driver ever repeat the URL."""
    if isinstance(error, DataError):
        return ""  # it quotes the value, which may be a customer's
    said = (str(error.orig).strip() or type(error.orig).__name__).split("\n", 1)[0]
    variable = config.database.env or config.database.password_env
    secret = os.environ.get(variable, "") if variable else ""
    password = make_url(secret).password if "://" in secret else secret
    for hidden in filter(None, (secret, str(password or ""))):
        said = said.replace(hidden, "…")
    return said[:200]
