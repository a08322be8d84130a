"""Which model versions and threshold sets there are, and which of them each scope shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, column, select, table

from configs.errors import ConfigError
from storage import schema
from storage.database import lock
from storage.upsert import insert

DEFAULT = "default"
_active = table("active", column("scope"), column("model_version"), column("threshold_set"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A model and its thresholds, as they are registered before first use. Ids are hashes made by `nlp`."""

    id: str
    name: str
    labels: Sequence[str]
    taxonomy_version: str
    threshold_set: str
    thresholds: Mapping[str, Any]  # {label: {"tag": …, "sure": …}}
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Active:
    """What a scope shows."""

    model_version: str
    threshold_set: str


def batch_scope(batch: str) -> str:
    """The scope that overrides the default one for a batch."""
    return f"batch:{batch}"


def overrides(shown: Mapping[str, Active]) -> dict[str, Active]:
    """{batch: what it shows instead of the default}."""
    prefix = batch_scope("")
    return {scope.removeprefix(prefix): shown[scope] for scope in shown if scope.startswith(prefix)}


def register_model(connection: Connection, model: ModelVersion, now: datetime) -> None:
    """Write down a model version and its threshold set; those known already stay as they are."""
    version = {
        "id": model.id,
        "name": model.name,
        "labels": list(model.labels),
        "taxonomy_version": model.taxonomy_version,
        "facts": dict(model.facts),
        "registered_at": now,
    }
    thresholds = {
        "id": model.threshold_set,
        "model_version": model.id,
        "values": dict(model.thresholds),
        "registered_at": now,
    }
    connection.execute(insert(connection, schema.model_version).on_conflict_do_nothing(), version)
    connection.execute(insert(connection, schema.threshold_set).on_conflict_do_nothing(), thresholds)


def active(connection: Connection) -> dict[str, Active]:
    """{scope: what it shows}; scopes are `default` and `batch:NAME`."""
    return {
        row.scope: Active(row.model_version, row.threshold_set) for row in connection.execute(select(_active))
    }


def activate(
    connection: Connection,
    model_version: str,
    threshold_set: str,
    now: datetime,
    *,
    by: str,
    scope: str = DEFAULT,
) -> bool:
    """Make a scope show this version from the commit on: one row. False when it does already."""
    lock(connection, "activation")
    shows = Active(model_version, threshold_set)
    if active(connection).get(scope) == shows:
        return False
    _add(connection, scope, shows, now, by)
    return True


def withdraw(connection: Connection, batch: str, now: datetime, *, by: str) -> bool:
    """Let a batch show again what the default shows. False when it does already."""
    lock(connection, "activation")
    if batch_scope(batch) not in active(connection):
        return False
    _add(connection, batch_scope(batch), None, now, by)
    return True


def roll_back(connection: Connection, now: datetime, *, by: str, scope: str = DEFAULT) -> Active | None:
    """Make a scope show what it showed before its newest activation; None: a batch shows the default again.

    Raises:
        ConfigError: the scope never showed anything else.
    """
    lock(connection, "activation")
    activation = schema.activation
    newest_first = select(activation).where(activation.c.scope == scope).order_by(activation.c.id.desc())
    rows = connection.execute(newest_first.limit(2)).all()
    if len(rows) < 2 and (not rows or scope == DEFAULT):
        raise ConfigError("nothing to roll back to", place=scope, fix="activate a model version first")
    shows = None
    if rows[1:] and rows[1].model_version is not None:
        shows = Active(rows[1].model_version, rows[1].threshold_set)
    _add(connection, scope, shows, now, by)
    return shows


def known_versions(connection: Connection) -> list[str]:
    """Ids of all registered model versions, oldest first."""
    version = schema.model_version
    oldest_first = select(version.c.id).order_by(version.c.registered_at, version.c.id)
    return list(connection.execute(oldest_first).scalars())


def _add(connection: Connection, scope: str, shows: Active | None, now: datetime, by: str) -> None:
    values = {
        "scope": scope,
        "model_version": shows and shows.model_version,
        "threshold_set": shows and shows.threshold_set,
        "activated_at": now,
        "activated_by": by,
    }
    connection.execute(schema.activation.insert(), values)
