"""Looking into quarantine and settling what lies there. Payloads stay sealed: `Keys.open` is the caller's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, select, update

from configs.errors import ConfigError
from storage import schema

State = Literal["waiting", "replayed", "discarded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRecord:
    """A record in quarantine: its place and reason in clear, its payload sealed."""

    id: int
    source_id: int
    source: str
    file: str | None
    line: int | None
    field: str | None
    reason: str
    detail: str
    payload: bytes
    key_id: str
    fingerprint: str
    quarantined_at: datetime
    state: State
    settled_at: datetime | None


def quarantine_list(
    connection: Connection,
    limit: int,
    *,
    after: int = 0,
    state: State | None = "waiting",
    sources: Sequence[int] = (),
    reason: str | None = None,
) -> list[QuarantinedRecord]:
    """The next records in order of id; `state` None takes all states, `sources` empty all sources."""
    table = schema.quarantine
    statement = _records().where(table.c.id > after)
    if state is not None:
        statement = statement.where(table.c.state == state)
    if sources:
        statement = statement.where(table.c.source_id.in_(sources))
    if reason is not None:
        statement = statement.where(table.c.reason == reason)
    rows = connection.execute(statement.order_by(table.c.id).limit(limit))
    return [QuarantinedRecord(**row._mapping) for row in rows]


def quarantine_numbers(connection: Connection, sources: Collection[int]) -> list[int]:
    """Numbers of all records of these sources, whatever became of them."""
    table = schema.quarantine
    statement = select(table.c.id).where(table.c.source_id.in_(sorted(sources)))
    return list(connection.execute(statement.order_by(table.c.id)).scalars())


def quarantine_some(connection: Connection, numbers: Collection[int]) -> list[QuarantinedRecord]:
    """The records with these numbers, in their order."""
    statement = _records().where(schema.quarantine.c.id.in_(sorted(numbers)))
    return [
        QuarantinedRecord(**row._mapping)
        for row in connection.execute(statement.order_by(schema.quarantine.c.id))
    ]


def quarantine_get(connection: Connection, number: int) -> QuarantinedRecord:
    """One record.

    Raises:
        ConfigError: there is none with this number.
    """
    row = connection.execute(_records().where(schema.quarantine.c.id == number)).one_or_none()
    if row is None:
        raise ConfigError("no such record in quarantine", found=number, fix="see `ressenti quarantine list`")
    return QuarantinedRecord(**row._mapping)


def settle(
    connection: Connection, number: int, state: Literal["replayed", "discarded"], now: datetime
) -> bool:
    """Mark a waiting record as replayed or discarded; False when it was settled before."""
    table = schema.quarantine
    waiting = update(table).where(table.c.id == number, table.c.state == "waiting")
    return connection.execute(waiting, {"state": state, "settled_at": now}).rowcount == 1


def _records() -> Select[Any]:
    table, source = schema.quarantine, schema.source
    columns = [
        source.c.name.label("source") if field.name == "source" else table.c[field.name]
        for field in fields(QuarantinedRecord)
    ]
    return select(*columns).select_from(table.join(source, source.c.id == table.c.source_id))
