"""Many rows at once: `INSERT … ON CONFLICT` on both databases, and what goes with it.

Rows go into SQLite by `executemany`, and into PostgreSQL by COPY; where some may be there already, through a
temporary staging table and one `INSERT … SELECT`, still three times as fast as row by row. One statement with many
VALUES would be ten times slower on SQLite, six times on PostgreSQL.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import ARRAY, ColumnElement, Connection, Table, any_, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.problems import as_storage_error

Insert = postgresql.Insert | sqlite.Insert
Row = Mapping[str, Any]


def insert(connection: Connection, table: Table) -> Insert:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`, for a few rows."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_unseen(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert many rows, all with the same columns; the caller holds a lock and has seen that none is there."""
    if not rows:
        return
    names, values = _names(rows), _adapted(connection, table, rows)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table.name} ({names}) FROM STDIN", values)
    else:
        connection.exec_driver_sql(_insert_on_sqlite(table, rows), list(values))


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert many rows, all with the same columns; one that is there already stays as it is."""
    if not rows:
        return
    names, values = _names(rows), _adapted(connection, table, rows)
    if connection.dialect.name == "postgresql":
        _through_staging(connection, table.name, names, values)
    else:
        connection.exec_driver_sql(f"{_insert_on_sqlite(table, rows)} ON CONFLICT DO NOTHING", list(values))


def among(connection: Connection, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """`column IN values`, which go over as one parameter: five hundred take longer to write than to look up."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(sorted(values), ARRAY(column.type)))
    return column.in_(select(func.json_each(json.dumps(sorted(values))).table_valued("value").c.value))


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(f'"{name}"' for name in rows[0])


def _insert_on_sqlite(table: Table, rows: Sequence[Row]) -> str:
    return f"INSERT INTO {table.name} ({_names(rows)}) VALUES ({', '.join('?' * len(rows[0]))})"


def _adapted(connection: Connection, table: Table, rows: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
    """The rows as the driver takes them: what SQLAlchemy would do one by one, at the fifth of its price."""
    columns = [table.c[name] for name in rows[0]]
    found = [
        column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect) for column in columns
    ]
    adapt = list(zip((column.name for column in columns), found, strict=True))
    for row in rows:
        yield tuple([change(row[name]) if change else row[name] for name, change in adapt])


def _through_staging(connection: Connection, table: str, names: str, rows: Iterable[tuple[Any, ...]]) -> None:
    staging = f"new_{table}"
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging} ON COMMIT DELETE ROWS"
        f" AS SELECT {names} FROM {table} WITH NO DATA"
    )
    _copy(connection, f"COPY {staging} ({names}) FROM STDIN", rows)
    connection.exec_driver_sql(
        f"WITH new AS (DELETE FROM {staging} RETURNING {names})"
        f" INSERT INTO {table} ({names}) SELECT {names} FROM new ON CONFLICT DO NOTHING"
    )


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """The driver's COPY, which SQLAlchemy does not know: its errors have to be made ours here."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        known = as_storage_error(error, connection.engine.url)
        if known is None:
            raise
        raise known from error
