"""The registry as people read it: every model version with its threshold sets, and who activated what when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from configs.errors import ConfigError
from storage import schema
from storage.registry import Active, active


@dataclass(frozen=True, slots=True)
class Version:
    """A model version with one of its threshold sets, and the scopes that show the two."""

    shows: Active
    name: str
    taxonomy_version: str
    registered_at: datetime
    facts: Mapping[str, Any]
    scopes: tuple[str, ...]


class Activation(NamedTuple):
    """One row of the activations; `model_version` None lets a batch show the default again."""

    activated_at: datetime
    activated_by: str
    scope: str
    model_version: str | None
    threshold_set: str | None
    by_settings: bool


def versions(connection: Connection) -> list[Version]:
    """Every registered pair of model version and threshold set, oldest first."""
    model, cuts, activation = schema.model_version, schema.threshold_set, schema.activation
    shown = active(connection)
    first_used = select(cuts.c.model_version, cuts.c.id, cuts.c.registered_at)
    rows = {Active(*row[:2]): row.registered_at for row in connection.execute(first_used)}
    also = select(activation.c.model_version, activation.c.threshold_set, activation.c.activated_at)
    for row in connection.execute(
        also.where(activation.c.model_version.is_not(None)).order_by(activation.c.id)
    ):
        rows.setdefault(Active(*row[:2]), row.activated_at)
    models = {row.id: row for row in connection.execute(select(model))}
    return [
        Version(
            shows,
            models[shows.model_version].name,
            models[shows.model_version].taxonomy_version,
            rows[shows],
            models[shows.model_version].facts,
            tuple(sorted(scope for scope in shown if shown[scope] == shows)),
        )
        for shows in sorted(rows, key=lambda shows: (rows[shows], shows.model_version, shows.threshold_set))
    ]


def history(connection: Connection, limit: int) -> list[Activation]:
    """The newest activations first."""
    columns = [schema.activation.c[name] for name in Activation._fields]
    newest_first = select(*columns).order_by(schema.activation.c.id.desc()).limit(limit)
    return [Activation(*row) for row in connection.execute(newest_first)]


def find_version(known: list[Version], model_version: str, threshold_set: str | None) -> Active:
    """The one pair that these ids, or their beginnings, name.

    Raises:
        ConfigError: none or several; lists what there is.
    """
    found = [
        each.shows
        for each in known
        if each.shows.model_version.startswith(model_version)
        and each.shows.threshold_set.startswith(threshold_set or "")
    ]
    if len(found) != 1:
        asked = model_version if threshold_set is None else f"{model_version} {threshold_set}"
        pairs = [f"{each.shows.model_version} {each.shows.threshold_set}" for each in known]
        raise ConfigError(
            "no such version" if not found else "several versions begin so",
            place="model version and threshold set",
            found=asked,
            accepted=pairs or "none is registered yet",
            fix="see `ressenti versions list`",
        )
    return found[0]
