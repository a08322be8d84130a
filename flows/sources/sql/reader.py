"""Reads the rows of a query, streamed, from where the last reading's cursor stands."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Executable,
    Select,
    bindparam,
    column,
    false,
    select,
    text,
)
from sqlalchemy.engine import CursorResult
from sqlalchemy.types import TypeEngine

from configs.errors import ConfigError
from flows.sources.formats.table import Row
from flows.sources.keys import COLLISION, KeyIndex
from flows.sources.mapping import RowMapper
from flows.sources.reader import START, Part, Position
from flows.sources.record import Duplicate, Item, Record, Rejected
from flows.sources.sql.config import SqlConfig
from flows.sources.sql.connection import reading
from flows.sources.sql.marks import Mark, Value, checked, window
from flows.sources.suggest import did_you_mean

_AT_ONCE = 500  # rows that the driver holds
_WAITING = 2**21  # characters of text whose items may wait in memory until the window is known to its end
FILE = "query"


class SqlReader:
    """Reads one query. Memory is bounded whatever it gives, where the driver can stream.

    Args:
        config: the source's description.
        root: where a relative SQLite file is looked for.
        zone: of dates that name none, where the description names none either.
        key: secret that derived ids are hashed with.
    """

    def __init__(self, config: SqlConfig, root: Path, zone: ZoneInfo, key: bytes = b"") -> None:
        self.config, self._root, self._zone, self._key = config, root, zone, key

    def check(self) -> None:
        """Ask the database for the query's columns, and for no row.

        Raises:
            ConfigError: a variable, the driver, the login, the query or a column is wrong.
            SourceUnavailable: not reached in several tries.
        """
        with reading(self.config, self._root) as connection:
            told = self.config.since
            started = self._ordered(told.start, nothing=True) if told else text(self.config.query)
            with closing(_streamed(connection, started)) as result:
                self._check_columns(list(result.keys()))

    def parts(self) -> list[Part]:
        """The query, which is one part that never ends."""
        return [Part(key=sha256(self.config.fingerprint().encode()).hexdigest(), file=FILE, endless=True)]

    def read(self, part: Part, first_seen: datetime, after: Position = START) -> Iterator[Item]:
        """One item a row from the mark of `after` on, in the cursor's order.

        Which rows repeat or contradict each other is known only at the window's end: a short window's items wait
        for it in memory, a longer one is read twice.

        Raises:
            SourceUnavailable: the database went away.
            ConfigError: the query does not give what is described any more.
        """
        start: Value | None = None
        goes_on: Value | None = None
        if self.config.since:
            start, goes_on = window(self.config.since, after)
        mapper = RowMapper(self.config, first_seen, self._zone, self._key)
        with KeyIndex() as keys:
            waiting = self._indexed(keys, mapper, start, keep=start == goes_on)
            keys.settle()
            for item in self._mapped(mapper, start, goes_on) if waiting is None else waiting:
                yield _judged(item, keys)

    def _indexed(
        self, keys: KeyIndex, mapper: RowMapper, start: Value | None, *, keep: bool
    ) -> list[Item] | None:
        """Note every record of the window; its items, if they are to be kept and are few enough."""
        waiting: list[Item] | None = [] if keep else None
        size = 0
        for item in self._mapped(mapper, start, start):
            if isinstance(item, Record):
                keys.add(item.row, item.external_id, item.text)
            if waiting is not None:
                waiting.append(item)
                size += _size(item)
                waiting = waiting if size < _WAITING else None
        return waiting

    def _mapped(self, mapper: RowMapper, start: Value | None, since: Value | None) -> Iterator[Item]:
        told = self.config.since
        query = self._ordered(since) if told and since is not None else text(self.config.query)
        mark = since
        with (
            reading(self.config, self._root) as connection,
            closing(_streamed(connection, query)) as result,
        ):
            names = list(result.keys())
            for number, cells in enumerate(result, 1):
                row = dict(zip(names, cells, strict=True))
                item = mapper.item(Row(number, number, row), FILE)
                if told and start is not None:
                    at = row[told.column]
                    mark = (start if mark is None else mark) if at is None else checked(at, told.column)
                    item = replace(item, mark=Mark(mark, start).dump())
                yield item

    def _ordered(self, since: Value, *, nothing: bool = False) -> Select[tuple[object]]:
        """The query in the cursor's order: only then is what lies behind a mark all read."""
        assert self.config.since is not None
        told = text(f"{self.config.query}\n").bindparams(bindparam("since", since, _type(since)))
        feed = told.columns(column(self.config.since.column)).subquery("feed")
        made = select(text("*")).select_from(feed).order_by(feed.c[self.config.since.column])
        return made.where(false()) if nothing else made

    def _check_columns(self, columns: list[str]) -> None:
        place = f"query of source {self.config.name}"
        twice = [name for name in columns if columns.count(name) > 1]
        if twice:
            raise ConfigError(
                "two columns have this name", place=place, found=twice[0], fix="rename one with AS"
            )
        missing = [name for name in self.config.columns() if name not in (*columns, *self.config.optional)]
        if missing:
            fix = did_you_mean(missing[0], columns) or "mend the source's YAML, or name it under `optional`"
            raise ConfigError("no such column", place=place, found=missing[0], accepted=columns, fix=fix)


def _type(value: Value) -> TypeEngine[Any] | None:
    """What SQLAlchemy would not guess: it takes every number for a small one and every moment for a local one."""
    if isinstance(value, int):
        return BigInteger()
    return DateTime(timezone=True) if isinstance(value, datetime) and value.tzinfo else None


def _size(item: Item) -> int:
    """About how many characters an item holds in memory."""
    cells = item.raw.values() if isinstance(item, Record | Rejected) else ()
    return 200 + sum(len(cell) for cell in cells if isinstance(cell, str))


def _judged(item: Item, keys: KeyIndex) -> Item:
    verdict = keys.verdict(item.external_id) if isinstance(item, Record) else None
    if verdict is None or not isinstance(item, Record):
        return item
    if verdict == "duplicate":
        return Duplicate(item.place, item.row, item.mark)
    return Rejected(item.place, item.row, "id_collision", None, COLLISION, item.raw, item.mark)


def _streamed(connection: Connection, query: Executable) -> CursorResult[Any]:
    return connection.execution_options(stream_results=True, yield_per=_AT_ONCE).execute(query)
