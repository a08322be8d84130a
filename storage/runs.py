"""A run's own rows: when it began and ended, what it counted, where its time went."""

import os
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, update

from storage import schema
from storage.upsert import insert

NO_SOURCE = 0  # a count that is of no one source
Count = tuple[str, str]  # what, reason
Outcome = Literal["done", "failed", "stopped"]


def start_run(
    connection: Connection,
    flow: str,
    now: datetime,
    *,
    parameters: Mapping[str, Any] | None = None,
    versions: Mapping[str, Any] | None = None,
    prefect_run_id: str | None = None,
) -> str:
    """Write down that a run began, here and in this process; returns its id."""
    run_id = str(uuid4())
    connection.execute(
        schema.run.insert(),
        {
            "id": run_id,
            "flow": flow,
            "parameters": dict(parameters or {}),
            "versions": dict(versions or {}),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started_at": now,
            "heartbeat_at": now,
            "outcome": "running",
            "prefect_run_id": prefect_run_id,
        },
    )
    return run_id


def heartbeat(connection: Connection, run_id: str, now: datetime) -> None:
    """Give a sign of life."""
    _change(connection, run_id, heartbeat_at=now)


def end_run(
    connection: Connection, run_id: str, outcome: Outcome, now: datetime, *, error: str | None = None
) -> None:
    """Write down how a run ended. `error` is one sentence without personal data."""
    _change(connection, run_id, outcome=outcome, error=error, ended_at=now, heartbeat_at=now)


def add_counts(connection: Connection, run_id: str, source_id: int, counts: Mapping[Count, int]) -> None:
    """Add to a run's counts: {(what, reason): how many}; zeros are left out. Workers may add at once.

    Raises:
        ValueError: `what` is none of `schema.COUNTED`.
    """
    if unknown := {what for what, _ in counts} - set(schema.COUNTED):
        raise ValueError(f"no such count: {sorted(unknown)}; accepted: {', '.join(schema.COUNTED)}")
    rows = [
        {"run_id": run_id, "source_id": source_id, "what": what, "reason": reason, "n": n}
        for (what, reason), n in sorted(
            counts.items()
        )  # one order for all, or two workers wait for each other
        if n
    ]
    if rows:
        statement = insert(connection, schema.run_count)
        added = schema.run_count.c.n + statement.excluded.n
        keys = ["run_id", "source_id", "what", "reason"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={"n": added}), rows)


def add_stage(connection: Connection, run_id: str, stage: str, seconds: float) -> None:
    """Add to the seconds that a run spent in a stage."""
    statement = insert(connection, schema.run_stage)
    added = schema.run_stage.c.seconds + statement.excluded.seconds
    upsert = statement.on_conflict_do_update(index_elements=["run_id", "stage"], set_={"seconds": added})
    connection.execute(upsert, [{"run_id": run_id, "stage": stage, "seconds": seconds}])


def _change(connection: Connection, run_id: str, **values: object) -> None:
    connection.execute(update(schema.run).where(schema.run.c.id == run_id), values)
