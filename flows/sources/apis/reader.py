"""What all APIs share: pages of rows as items, each with the mark where a later reading goes on.

A page plays the part that a file plays elsewhere: the same id twice on one page with two texts is a collision, on
two pages an edit. Only one page is in memory.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from configs.errors import ConfigError
from flows.sources.apis.client import Client
from flows.sources.apis.config import ApiConfig
from flows.sources.apis.paging import At
from flows.sources.apis.values import row_of
from flows.sources.formats.table import BadRow, Row
from flows.sources.mapping import RowMapper
from flows.sources.reader import START, Part, Position
from flows.sources.record import Duplicate, Item, Record, Rejected
from flows.sources.suggest import did_you_mean

_COLLISION = "this id has different texts on one page: declare `id: {derive: [columns that tell them apart]}`"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its rows, numbered from 1, and where the next one is."""

    rows: Sequence[Row | BadRow]
    next: At | None
    last: bool
    newest: datetime | None = None  # the latest date of change in its rows, where the kind goes by dates
    anew: bool = False  # the API gives no further pages: it is asked anew, from the newest date on


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an API was read, as JSON in the cursor's row.

    `rows` rows of the page at `page` are stored, and `seen` is their digest: when the page has moved since, it is
    read from its start again, and nothing is missed.
    """

    since: str | None = None  # what this reading asked for, ISO 8601
    newest: str | None = None  # the latest date of change that it has met
    page: At | None = None  # None: the first one
    rows: int = 0
    seen: str = ""
    end: bool = False  # there was no further page

    def __str__(self) -> str:
        return json.dumps(
            {name: value for name, value in asdict(self).items() if value}, separators=(",", ":")
        )

    @classmethod
    def of(cls, told: str | None) -> "Mark":
        """The mark that `str` made."""
        return cls(**json.loads(told)) if told else cls()


class ApiReader(ABC):
    """Reads one API page by page. Memory is bounded by the largest page.

    Args:
        config: the source's description.
        base: the API's address.
        zone: of dates that name none, where the description names none either.
        key: secret that derived ids and digests are hashed with.
    """

    config: Any  # a kind's own subclass of ApiConfig

    def __init__(self, config: ApiConfig, base: str, zone: ZoneInfo, key: bytes) -> None:
        self.config, self._base, self._zone, self._key = config, base, zone, key

    @cached_property
    def client(self) -> Client:
        """What asks the API; the secret is looked up when it is first needed.

        Raises:
            ConfigError: the secret's environment variable is not set.
        """
        told = self.config
        return Client(self._base, told.auth, told.retry, told.timeout, told.headers)

    @property
    def place(self) -> str:
        """Host and path, for messages."""
        return str(self.config.place).partition("://")[2]

    @abstractmethod
    def page(self, mark: Mark) -> Page:
        """The page that the mark points to."""

    @abstractmethod
    def begin(self, last: Mark | None) -> Mark:
        """Where a new reading begins; `last` is where the one before ended, None for the very first."""

    def sample(self) -> Sequence[Row | BadRow]:
        """Some rows to see the columns in: the first page."""
        return self.page(self.begin(None)).rows

    def check(self) -> None:
        """Ask for the first page: it shows whether the API is there, lets us in, and has the columns.

        Raises:
            SourceUnavailable: no answer, however often it was asked.
            ConfigError: wrong credentials, address, list or column.
        """
        rows = self.sample()
        names = dict.fromkeys(name for row in rows if isinstance(row, Row) for name in row.values)
        spread = tuple(f"{name}." for name in self.config.spread)
        known = [*names, *self.config.optional]
        missing = [
            name for name in self.config.columns() if name not in known and not name.startswith(spread)
        ]
        if names and missing:
            fix = did_you_mean(missing[0], [*names]) or "mend the source's YAML, or name it under `optional`"
            raise ConfigError("no such column", place=self.place, found=missing[0], accepted=names, fix=fix)

    def parts(self) -> list[Part]:
        """The one part that an API is: read again in every run, from its mark on."""
        key = hashlib.sha256(f"{self.config.place}:{self.config.fingerprint()}".encode()).hexdigest()
        return [Part(key=key, file=self.place, endless=True)]

    def read(self, part: Part, first_seen: datetime, after: Position = START) -> Iterator[Item]:
        """One item for each row behind `after`, in the order in which the API gives them.

        Args:
            part: what `parts` gave.
            first_seen: relative dates count from it.
            after: where the last reading stopped; behind one that is done, a new one begins in its look-back window.

        Raises:
            SourceUnavailable: no answer, however often it was asked.
            ConfigError: the API refuses a request.
        """
        mapper = RowMapper(self.config, first_seen, self._zone, self._key)
        mark = Mark.of(after.mark)
        known = 0 if after.done or after.mark else after.row  # a position without a mark: rows to leave out
        row = max(after.row - mark.rows, 0)
        if after.done or mark.end or not after.mark:
            mark, row = self.begin(mark if after.mark else None), 0
        latest = datetime.now(UTC)  # a date in the future must not move the mark behind what is to come
        with closing(self.client):
            while True:
                page = self.page(mark)
                for item in self._items(page, mark, mapper, row, latest):
                    if item.row > known:
                        yield item
                row += len(page.rows)
                if page.last:
                    return
                mark = self._behind(page, mark, latest)

    def _items(
        self, page: Page, start: Mark, mapper: RowMapper, row: int, latest: datetime
    ) -> Iterator[Item]:
        """The page's items behind the mark, each with its own."""
        digests = list(_chain(page.rows, self._key))
        skipped = start.rows if start.rows and digests[start.rows - 1 : start.rows] == [start.seen] else 0
        mapped = [
            mapper.item(replace(each, number=row + each.number, line=row + each.line), self.place)
            for each in page.rows
        ]
        for n, item in islice(enumerate(settled(mapped), 1), skipped, None):
            inside = replace(start, rows=n, seen=digests[n - 1])
            yield replace(item, mark=str(inside if n < len(digests) else self._behind(page, start, latest)))

    def _behind(self, page: Page, mark: Mark, latest: datetime) -> Mark:
        """The mark behind a whole page."""
        newest = mark.newest
        if page.newest is not None:
            found = min(page.newest, latest).isoformat()
            newest = max(newest or found, found)
        return Mark(newest if page.anew else mark.since, newest, page.next, end=page.last)

    def row(self, record: Any, number: int) -> Row | BadRow:  # noqa: ANN401
        """One record of an answer as named cells."""
        return row_of(record, number, self.config.extra, self.config.spread)


def settled(items: Sequence[Item]) -> Iterator[Item]:
    """The items of one page: a record that repeats an earlier one is a duplicate, two texts under one id collide."""
    texts: dict[str, set[str]] = {}
    for item in items:
        if isinstance(item, Record):
            texts.setdefault(item.external_id, set()).add(item.text)
    met: set[str] = set()
    for item in items:
        if not isinstance(item, Record):
            yield item
        elif len(texts[item.external_id]) > 1:
            yield Rejected(item.place, item.row, "id_collision", None, _COLLISION, item.raw)
        elif item.external_id in met:
            yield Duplicate(item.place, item.row)
        else:
            met.add(item.external_id)
            yield item


def _chain(rows: Sequence[Row | BadRow], key: bytes) -> Iterator[str]:
    """Behind each row, a digest of the page's rows so far."""
    digest = hashlib.blake2b(digest_size=12, key=key[:64])
    for row in rows:
        told = row.values if isinstance(row, Row) else row.raw
        digest.update(json.dumps(told, sort_keys=True, default=str).encode())
        yield digest.hexdigest()
