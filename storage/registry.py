"""Which model versions and threshold sets there are, and which of them each scope shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, column, func, select, table

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


def scope_name(scope: str) -> str:
    """A scope in a sentence: `everything` or `batch NAME`."""
    return "everything" if scope == DEFAULT else f"batch {scope.removeprefix(batch_scope(''))}"


def overrides(shown: Mapping[str, Active]) -> dict[str, Active]:
    """{batch: what it shows instead of the default}."""
    prefix = batch_scope("")
    return {scope.removeprefix(prefix): shown[scope] for scope in shown if scope.startswith(prefix)}


def register_model(connection: Connection, model: ModelVersion, now: datetime) -> None:
    """Write down a model version and its threshold set; of one known already only name and facts may change."""
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
    statement = insert(connection, schema.model_version)
    newest = {"name": statement.excluded.name, "facts": statement.excluded.facts}  # its folder may have moved
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=newest), version)
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
    by_settings: bool = False,
) -> bool:
    """Make a scope show this version from the commit on: one row. False when it does already.

    `by_settings`: a night does it because the settings ask for it, not a person.
    """
    lock(connection, "activation")
    shows = Active(model_version, threshold_set)
    if active(connection).get(scope) == shows:
        return False
    _add(connection, scope, shows, now, by, by_settings=by_settings)
    return True


def asked_anew(connection: Connection, asked: Active) -> bool:
    """True when the settings ask for what no night has brought since they last asked for something else.

    False when the default shows it, and when a person has activated another version or taken this one back: that
    stands until the settings change.
    """
    activation = schema.activation
    brought = (
        select(activation.c.model_version, activation.c.threshold_set)
        .where(activation.c.scope == DEFAULT, activation.c.by_settings)
        .order_by(activation.c.id.desc())
        .limit(1)
    )
    row = connection.execute(brought).one_or_none()
    return active(connection).get(DEFAULT) != asked and (row is None or Active(*row) != asked)


def kept_sets(connection: Connection, model_version: str, scopes: Iterable[str]) -> dict[str, list[str]]:
    """{scope: the threshold sets of this model that it shows, or would show after a rollback}.

    Whoever writes predictions writes tags by all of them, so that a rollback is one row and hides nothing.
    """
    activation = schema.activation
    newer = activation.alias()
    is_newer = (newer.c.scope == activation.c.scope) & (newer.c.id > activation.c.id)
    later = select(func.count()).select_from(newer).where(is_newer).scalar_subquery()
    statement = select(activation.c.scope, activation.c.threshold_set).where(
        activation.c.scope.in_(sorted(scopes)), activation.c.model_version == model_version, later < 2
    )
    kept: dict[str, list[str]] = {}
    for scope, threshold_set in connection.execute(statement.order_by(activation.c.id)):
        kept.setdefault(scope, []).append(threshold_set)
    return kept


def thresholds_of(connection: Connection, threshold_set: str) -> dict[str, Any]:
    """{label: its cuts} of a registered threshold set."""
    table = schema.threshold_set
    return dict(connection.execute(select(table.c["values"]).where(table.c.id == threshold_set)).scalar_one())


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
        raise ConfigError(
            "nothing to roll back to", place=scope_name(scope), fix="activate a model version first"
        )
    shows = None
    if rows[1:] and rows[1].model_version is not None:
        shows = Active(rows[1].model_version, rows[1].threshold_set)
    _add(connection, scope, shows, now, by)
    return shows


def labels_of(connection: Connection, model_version: str) -> list[str]:
    """The labels of a registered model version, in the order of its scores."""
    table = schema.model_version
    return list(connection.execute(select(table.c.labels).where(table.c.id == model_version)).scalar_one())


def place_of(connection: Connection, model_version: str) -> str | None:
    """Folder or hub id that a registered model version was last read from; None when that is not known."""
    table = schema.model_version
    facts = connection.execute(select(table.c.facts).where(table.c.id == model_version)).scalar_one()
    place: str | None = facts.get("place")
    return place


def activated_at(connection: Connection) -> dict[str, datetime]:
    """{scope: since when it shows what it shows}."""
    activation = schema.activation
    newest = select(activation.c.scope, func.max(activation.c.id).label("id")).group_by(activation.c.scope)
    rows = newest.subquery()
    statement = select(activation.c.scope, activation.c.activated_at).join(rows, rows.c.id == activation.c.id)
    return {scope: moment for scope, moment in connection.execute(statement)}


def known_versions(connection: Connection) -> list[str]:
    """Ids of all registered model versions, oldest first."""
    version = schema.model_version
    oldest_first = select(version.c.id).order_by(version.c.registered_at, version.c.id)
    return list(connection.execute(oldest_first).scalars())


def _add(
    connection: Connection,
    scope: str,
    shows: Active | None,
    now: datetime,
    by: str,
    *,
    by_settings: bool = False,
) -> None:
    values = {
        "scope": scope,
        "model_version": shows and shows.model_version,
        "threshold_set": shows and shows.threshold_set,
        "activated_at": now,
        "activated_by": by,
        "by_settings": by_settings,
    }
    connection.execute(schema.activation.insert(), values)
