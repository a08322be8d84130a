"""Which versions there are and who made which one be shown; showing another, and going back."""

import getpass
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from configs.errors import ConfigError
from flows.progress import plain_table
from flows.tagging import show
from flows.workspace import Workspace, now
from storage.database import reading, writing
from storage.reader import Selection, batches, count_hidden, count_pending
from storage.registry import DEFAULT, Active, active, batch_scope, place_of, roll_back, scope_name, withdraw
from storage.versions import Activation, Version, find_version, history, versions

NEWEST = 20  # activations that are listed
_RUN = re.compile(r"\b(run [0-9a-f]{8})[0-9a-f-]{28}\b")  # eight digits of a run's id tell enough


@dataclass(frozen=True)
class Registry:
    """Every version, and the newest activations."""

    versions: list[Version]
    history: list[Activation]
    zone: str


def registry(work: Workspace) -> Registry:
    """Read it in one transaction."""
    with reading(work.engine) as connection:
        return Registry(versions(connection), history(connection, NEWEST), work.settings.timezone)


def person() -> str:
    """Who runs this program, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"user {os.getuid()}"


def activate_version(
    work: Workspace, model_version: str, threshold_set: str | None, batch: str | None
) -> str:
    """Show a registered version in a scope; tags are derived from stored scores first, nothing is scored.

    Raises:
        ConfigError: no such version or batch, or it has not spoken of what the scope holds.
    """
    with reading(work.engine) as connection:
        shows = find_version(versions(connection), model_version, threshold_set)
    scope = scope_of(work, batch)
    refuse_hiding(work, shows, scope, batch)
    changed = show(work, shows, scope, by=person())
    return f"{scope_name(scope)} {'now shows' if changed else 'shows already'} {_pair(shows)}"


def roll_back_version(work: Workspace, batch: str | None) -> str:
    """Let a scope show what it showed before: one row, whatever the number of feedback.

    Raises:
        ConfigError: it never showed anything else.
    """
    scope = scope_of(work, batch)
    with writing(work.engine) as connection:
        shows = roll_back(connection, now(), by=person(), scope=scope)
        if shows is None:
            return f"{scope_name(scope)} shows again what everything else shows"
        waiting = count_pending(connection, model_version=shows.model_version)
        place = place_of(connection, shows.model_version)
    told = f"{scope_name(scope)} shows again {_pair(shows)}"
    if waiting:
        told += f"; {waiting:,} texts that came in since wait for that model: the next night scores them from {place}"
    return told


def withdraw_version(work: Workspace, batch: str) -> str:
    """Let a batch show what everything else shows."""
    scope = scope_of(work, batch)
    with writing(work.engine) as connection:
        changed = withdraw(connection, batch, now(), by=person())
    return f"{scope_name(scope)} {'shows again' if changed else 'shows already'} what everything else shows"


def scope_of(work: Workspace, batch: str | None) -> str:
    """The scope of a batch, or the default one.

    Raises:
        ConfigError: no feedback is of this batch; names the nearest ones.
    """
    if batch is None:
        return DEFAULT
    with reading(work.engine) as connection:
        known = batches(connection)
        overridden = batch_scope(batch) in active(connection)
    if batch not in known and not overridden:
        raise no_such_batch(batch, known)
    return batch_scope(batch)


def no_such_batch(batch: str, known: list[str]) -> ConfigError:
    """Names the nearest batches, not hundreds."""
    by_name = {name.casefold(): name for name in known}
    near = [by_name[name] for name in get_close_matches(batch.casefold(), by_name, n=5, cutoff=0.4)]
    return ConfigError(
        "no such batch",
        place="--batch",
        found=batch,
        accepted=near or known[:5] or "none is stored yet",
        fix=f"did you mean `{near[0]}`?" if near else None,
    )


def refuse_hiding(
    work: Workspace, shows: Active, scope: str, batch: str | None, but: Selection | None = None
) -> None:
    """See that a model has spoken of all that the scope shows now, but for what is about to be scored.

    Raises:
        ConfigError: readers would lose tags.
    """
    with reading(work.engine) as connection:
        hidden = count_hidden(connection, shows.model_version, batch)
        if but is not None:
            hidden -= count_hidden(connection, shows.model_version, batch, but)
    if hidden:
        one = f"--batch {batch} " if batch else ""
        raise ConfigError(
            f"{hidden:,} feedback would lose their tags: this model has not scored them",
            place=scope_name(scope),
            found=shows.model_version,
            fix=f"score them first: `ressenti reprocess {one}--model FOLDER`",
        )


def print_registry(found: Registry, console: Console) -> None:
    """Tables for a terminal."""
    zone = ZoneInfo(found.zone)
    table = plain_table("model", "thresholds", "name", "taxonomy", "registered", "shown for", "measured")
    for each in found.versions:
        table.add_row(
            *(each.shows.model_version, each.shows.threshold_set, each.name, each.taxonomy_version),
            *(_moment(each.registered_at, zone), ", ".join(map(scope_name, each.scopes)) or "·"),
            _measured(each.facts),
        )
    console.print(table)
    console.print()
    table = plain_table("activated", "by", "for", "model", "thresholds", "")
    for row in found.history:
        table.add_row(
            *(_moment(row.activated_at, zone), _RUN.sub(r"\1", row.activated_by), scope_name(row.scope)),
            *(row.model_version or "as everything else", row.threshold_set or ""),
            "as the settings ask" if row.by_settings else "",
        )
    console.print(table)


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _measured(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in facts.get("metrics", {}).items())


def _pair(shows: Active) -> str:
    return f"model {shows.model_version} with thresholds {shows.threshold_set}"
