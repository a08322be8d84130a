"""What `ressenti status` shows."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from configs.errors import ConfigError
from flows.progress import plain_table
from flows.workspace import Workspace, now
from storage.database import reading
from storage.problems import place
from storage.reader import count_pending
from storage.registry import DEFAULT, Active, active
from storage.status import (
    RunRow,
    followups_summary,
    last_runs,
    quarantine_summary,
    run_summary,
    stored_summary,
)


@dataclass(frozen=True)
class Overview:
    """The state of the database, for a person."""

    database: str
    shown: Active | None
    configured: Active | ConfigError
    stored: dict[str, int]
    pending: int
    quarantine: dict[tuple[str, str], int]
    followups: dict[str, int]
    runs: list[tuple[RunRow, int, int]]  # run, rows read, texts scored
    zone: str


def overview(work: Workspace) -> Overview:
    """Read it all in one transaction."""
    with reading(work.engine) as connection:
        summaries = [run_summary(connection, run.id) for run in last_runs(connection, 5)]
        return Overview(
            database=place(work.engine.url),
            shown=active(connection).get(DEFAULT),
            configured=_configured(work),
            stored=stored_summary(connection),
            pending=count_pending(connection),
            quarantine=quarantine_summary(connection),
            followups=followups_summary(connection, now()),
            runs=[(each.run, each.total("read"), each.total("scored")) for each in summaries],
            zone=work.settings.timezone,
        )


def _configured(work: Workspace) -> Active | ConfigError:
    """What the settings ask for, or why it can't be told: a broken model must not hide the rest."""
    try:
        return work.configured
    except ConfigError as error:
        return error


def print_overview(found: Overview, console: Console) -> None:
    """Tables for a terminal."""
    console.print(f"[bold]Database[/] {found.database}")
    console.print(f"[bold]Model[/] {_shown(found)}")
    console.print(
        f"[bold]Feedback[/] {sum(found.stored.values()):,} ({_listed(found.stored)}), "
        f"{found.pending:,} waiting for a score"
    )
    console.print(f"[bold]Follow-ups[/] {_listed(found.followups)}")
    reasons = {f"{source} {reason}": n for (source, reason), n in found.quarantine.items()}
    console.print(f"[bold]Quarantine[/] {sum(reasons.values()):,} waiting {_in_brackets(reasons)}\n")
    console.print(_runs_table(found))


def _shown(found: Overview) -> str:
    shown, configured = found.shown, found.configured
    told = "none yet" if shown is None else f"{shown.model_version} with thresholds {shown.threshold_set}"
    if isinstance(configured, ConfigError):
        return f"{told}; the configured one can't be used: {configured}"
    if shown is not None and shown != configured:
        asked = f"{configured.model_version} with thresholds {configured.threshold_set}"
        return f"{told}; the settings ask for {asked}: the next run brings it"
    return told


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.items()) or "none"


def _in_brackets(counts: dict[str, int]) -> str:
    return f"({_listed(counts)})" if counts else ""


def _runs_table(found: Overview) -> Table:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(found.zone)
    table = plain_table("last runs", "flow", "outcome", "read", "scored", "seconds", "error")
    for run, read, scored in found.runs:
        seconds = f"{(run.ended_at - run.started_at).total_seconds():.1f}" if run.ended_at else "·"
        started = run.started_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(started, run.flow, run.outcome, f"{read:,}", f"{scored:,}", seconds, run.error or "")
    return table
