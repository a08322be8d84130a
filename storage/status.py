"""What `ressenti status` and a run's summary show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from configs.errors import ConfigError
from storage import schema


class CountOf(NamedTuple):
    """One line of a run's counts; `source` is None for a count of no one source."""

    source: str | None
    what: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as it is written down."""

    id: str
    flow: str
    parameters: dict[str, Any]
    versions: dict[str, Any]
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None
    outcome: str
    error: str | None
    prefect_run_id: str | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run, all its counts, and the seconds of each stage."""

    run: RunRow
    counts: list[CountOf]
    stages: Mapping[str, float]

    def total(self, what: str) -> int:
        """Sum over sources and reasons, such as `total("new")`."""
        return sum(count.n for count in self.counts if count.what == what)

    def by_reason(self, what: str) -> dict[str, int]:
        """{reason: sum over sources}, most frequent first: reasons of `skipped`, labels of `tagged`."""
        sums: dict[str, int] = {}
        for count in self.counts:
            if count.what == what:
                sums[count.reason] = sums.get(count.reason, 0) + count.n
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

    def of_source(self, source: str) -> dict[str, int]:
        """{what: sum over reasons} of one source."""
        sums: dict[str, int] = {}
        for count in self.counts:
            if count.source == source:
                sums[count.what] = sums.get(count.what, 0) + count.n
        return sums

    @property
    def sources(self) -> list[str]:
        """Names of the sources that were counted."""
        return sorted({count.source for count in self.counts if count.source is not None})


def last_runs(connection: Connection, limit: int = 10, *, flow: str | None = None) -> list[RunRow]:
    """The newest runs first."""
    run = schema.run
    statement = select(run).order_by(run.c.started_at.desc(), run.c.id).limit(limit)
    if flow is not None:
        statement = statement.where(run.c.flow == flow)
    return [RunRow(**row._mapping) for row in connection.execute(statement)]


def run_summary(connection: Connection, run_id: str) -> RunSummary:
    """A run with its counts and stages.

    Raises:
        ConfigError: there is no such run.
    """
    run, count, stage = schema.run, schema.run_count, schema.run_stage
    row = connection.execute(select(run).where(run.c.id == run_id)).one_or_none()
    if row is None:
        raise ConfigError("no such run", found=run_id, fix="see `ressenti status`")
    counts = (
        select(schema.source.c.name, count.c.what, count.c.reason, count.c.n)
        .outerjoin(schema.source, schema.source.c.id == count.c.source_id)
        .where(count.c.run_id == run_id)
        .order_by(count.c.source_id, count.c.what, count.c.reason)
    )
    stages = select(stage.c.stage, stage.c.seconds).where(stage.c.run_id == run_id)
    return RunSummary(
        RunRow(**row._mapping),
        [CountOf(*found) for found in connection.execute(counts)],
        {name: seconds for name, seconds in connection.execute(stages)},
    )


def followups_summary(connection: Connection, now: datetime) -> dict[str, int]:
    """{state: how many}, and `overdue`: open or taken and past the time they were due."""
    followup = schema.followup
    states = select(followup.c.state, func.count()).group_by(followup.c.state)
    summary = {state: int(n) for state, n in connection.execute(states)}
    overdue = select(func.count()).where(followup.c.state.in_(("open", "taken")), followup.c.due_at < now)
    return summary | {"overdue": connection.execute(overdue).scalar_one()}


def quarantine_summary(connection: Connection) -> dict[tuple[str, str], int]:
    """{(source, reason): how many records wait}."""
    table, source = schema.quarantine, schema.source
    statement = (
        select(source.c.name, table.c.reason, func.count())
        .join(source, source.c.id == table.c.source_id)
        .where(table.c.state == "waiting")
        .group_by(source.c.name, table.c.reason)
        .order_by(source.c.name, table.c.reason)
    )
    return {(name, reason): int(n) for name, reason, n in connection.execute(statement)}


def stored_summary(connection: Connection) -> dict[str, int]:
    """{source: how many living feedback}."""
    feedback, source = schema.feedback, schema.source
    statement = (
        select(source.c.name, func.count())
        .join(feedback, feedback.c.source_id == source.c.id)
        .where(feedback.c.deleted_at.is_(None))
        .group_by(source.c.name)
        .order_by(source.c.name)
    )
    return {name: int(n) for name, n in connection.execute(statement)}


def source_ids(connection: Connection) -> dict[str, int]:
    """{name: number} of every source that was ever read."""
    source = schema.source
    return {name: number for name, number in connection.execute(select(source.c.name, source.c.id))}
