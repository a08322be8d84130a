"""What has been kept long enough: feedback by the last contact of its customer, quarantine by its arrival."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, Connection, exists, func, or_, select

from storage.schema import feedback, quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A source's feedback whose last contact was on `last_day` or before, and its records in quarantine till then."""

    source_id: int
    last_day: date
    zone: ZoneInfo

    @property
    def end(self) -> datetime:
        """The moment at which `last_day` ends."""
        return datetime.combine(self.last_day + timedelta(days=1), time(), self.zone).astimezone(UTC)


class Counted(NamedTuple):
    """How much is due."""

    feedback: int
    quarantine: int


def due_feedback(connection: Connection, which: Due, limit: int, after: int = 0) -> list[int]:
    """Numbers of the next feedback, greater than `after`."""
    return _next(connection, feedback.c.id, _feedback(which), limit, after)


def due_quarantine(connection: Connection, which: Due, limit: int, after: int = 0) -> list[int]:
    """Numbers of the next records in quarantine, greater than `after`."""
    return _next(connection, quarantine.c.id, _quarantine(which), limit, after)


def count_due(connection: Connection, which: Due) -> Counted:
    """How many of each there are."""
    texts = select(func.count()).select_from(feedback).where(*_feedback(which))
    records = select(func.count()).select_from(quarantine).where(*_quarantine(which))
    return Counted(connection.execute(texts).scalar_one(), connection.execute(records).scalar_one())


def _feedback(which: Due) -> tuple[ColumnElement[bool], ...]:
    """A contact is any feedback of the customer, of whatever source; who is not known was heard of once."""
    later = feedback.alias()
    heard_of = exists().where(later.c.customer == feedback.c.customer, later.c.day > which.last_day)
    return (
        feedback.c.source_id == which.source_id,
        feedback.c.day <= which.last_day,
        or_(feedback.c.customer.is_(None), ~heard_of),
    )


def _quarantine(which: Due) -> tuple[ColumnElement[bool], ...]:
    return quarantine.c.source_id == which.source_id, quarantine.c.quarantined_at < which.end


def _next(
    connection: Connection, key: Column[int], where: Sequence[ColumnElement[bool]], limit: int, after: int
) -> list[int]:
    return list(
        connection.execute(select(key).where(*where, key > after).order_by(key).limit(limit)).scalars()
    )
