"""Reading a view of BI for files: its columns, its days, a digest of each day's rows, and the rows in pages.

Whoever exports reads all of it in one `snapshot`. A day's digest is made of the rows themselves, so whatever changes
what the view shows (a correction, another model, an erasure) changes it, and nobody has to keep a list of changes.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    Engine,
    Float,
    Select,
    TableClause,
    Text,
    cast,
    column,
    select,
    table,
    text,
)
from sqlalchemy.types import TypeEngine

from configs.taxonomy import Taxonomy
from storage.schema import Utc
from storage.views import Dialect, all_views
from storage.views.base import Kind

TYPES: Mapping[Kind, type[TypeEngine[Any]]] = {
    "text": Text,
    "whole": BigInteger,
    "number": Float,
    "flag": BigInteger,
    "day": Date,
    "moment": Utc,
}
DAY = "day"
DIGITS = 2**64


@dataclass(frozen=True)
class View:
    """A view that can be exported: its columns in order, with what they hold."""

    name: str
    relation: str  # as SQL calls it
    columns: Mapping[str, Kind]

    @property
    def has_days(self) -> bool:
        """Whether its rows can be told apart by day."""
        return self.columns.get(DAY) == "day"


@dataclass(frozen=True)
class Part:
    """The rows of one day (None: of a view without days), how many, and their digest."""

    day: date | None
    rows: int
    digest: str


def views(connection: Connection, taxonomy: Taxonomy) -> dict[str, View]:
    """Every view of the contract with BI, by its name."""
    dialect = Dialect(connection.dialect.name)
    return {
        view.name: View(
            view.name, dialect.view(view.name), {column.name: column.kind for column in view.columns}
        )
        for view in all_views(taxonomy)
    }


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database from beginning to end, and keeps nobody waiting."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.begin() as connection:
        yield connection


def parts(connection: Connection, view: View, since: date | None = None) -> Iterator[Part]:
    """The view day by day, oldest first; only days from `since` on."""
    for day in _days(connection, view, since):
        rows, digest = _digest(connection, view, day)
        yield Part(day, rows, digest)


def pages(
    connection: Connection, view: View, day: date | None, size: int
) -> Iterator[Sequence[Sequence[Any]]]:
    """A day's rows in pages of at most `size`, each a sequence of values in the order of the columns."""
    found = connection.execution_options(yield_per=size).execute(_of_day(view, day, _values(view)))
    yield from found.partitions()


def count_days(connection: Connection, view: View, since: date | None = None) -> int:
    """How many days the view has; 1 for a view without days."""
    return len(_days(connection, view, since))


def _days(connection: Connection, view: View, since: date | None) -> list[date | None]:
    if not view.has_days:
        return [None]
    day = column(DAY, Date)
    statement = select(day).select_from(_table(view)).distinct().order_by(day)
    return list(connection.execute(statement if since is None else statement.where(day >= since)).scalars())


def _digest(connection: Connection, view: View, day: date | None) -> tuple[int, str]:
    """How many rows, and the sum of a 64-bit hash of each: the same in whatever order they come."""
    if connection.dialect.name == "postgresql":
        hashed = "SELECT count(*), coalesce(sum(hashtextextended(v::text, 0)), 0) FROM {} AS v"
        where = "" if day is None else " WHERE v.day = :day"
        values = {} if day is None else {"day": day}
        rows, total = connection.execute(text(hashed.format(view.relation) + where), values).one()
        return rows, f"{int(total) % DIGITS:016x}"
    rows, total = 0, 0
    raw = connection.execution_options(yield_per=1000).execute(_of_day(view, day, [text("*")]))
    for row in raw:
        told = hashlib.blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=8)
        rows, total = rows + 1, total + int.from_bytes(told.digest())
    return rows, f"{total % DIGITS:016x}"


def _of_day(view: View, day: date | None, columns: Sequence[Any]) -> Select[Any]:
    statement = select(*columns).select_from(_table(view))
    return statement if day is None else statement.where(column(DAY, Date) == day)


def _values(view: View) -> list[Any]:
    """Its columns by what they hold; a text may be JSON on PostgreSQL, which is exported as it is written."""
    return [
        cast(column(name), Text) if kind == "text" else column(name, TYPES[kind])
        for name, kind in view.columns.items()
    ]


def _table(view: View) -> TableClause:
    schema, _, name = view.relation.rpartition(".")
    return table(name, schema=schema or None)
