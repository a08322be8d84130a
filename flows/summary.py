"""A run's summary, for a terminal and for Prefect's interface: from its rows alone, so both say the same."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from flows.progress import plain_table
from storage.status import RunSummary

COLUMNS = ("read", "new", "revised", "updated", "duplicate", "skipped", "quarantined", "scored", "refused")


def rows_by_source(summary: RunSummary) -> list[tuple[str, list[int]]]:
    """(source, its counts in the order of COLUMNS), and a last line with the sums when there are several."""
    rows = []
    for source in summary.sources:
        counts = summary.of_source(source)
        rows.append((source, [counts.get(what, 0) for what in COLUMNS]))
    if len(rows) > 1:
        rows.append(("all", [sum(column) for column in zip(*(row[1] for row in rows), strict=True)]))
    return rows


def facts(summary: RunSummary, stages: Mapping[str, float]) -> list[tuple[str, str]]:
    """(name, value) lines below the table; those with nothing to say are left out."""
    lines = [
        ("skipped", _listed(summary.by_reason("skipped"))),
        ("quarantined", _listed(summary.by_reason("quarantined"))),
        ("not scored", _listed(summary.by_reason("refused"))),
        ("tags", _listed(summary.by_reason("tagged"))),
        ("follow-ups opened", _listed(summary.by_reason("followup_opened"), total=True)),
        ("linked to an open one", _listed(summary.by_reason("followup_linked"), total=True)),
        ("too old to open one", f"{summary.total('followup_too_old') or ''}"),
        ("seconds", _listed({name: round(seconds, 1) for name, seconds in stages.items()})),
    ]
    return [(name, value) for name, value in lines if value]


def _listed(counts: Mapping[str, float], *, total: bool = False) -> str:
    words = ", ".join(f"{name or 'all'} {n:,}" for name, n in counts.items())
    return f"{sum(counts.values()):,} ({words})" if total and words else words


def nothing_new(summary: RunSummary) -> bool:
    """True when the run found nothing to read and nothing to score."""
    return not any(summary.total(what) for what in ("read", "scored", "refused"))


def as_markdown(summary: RunSummary, stages: Mapping[str, float]) -> str:
    """The summary as an artifact of Prefect's interface."""
    lines = [f"# {summary.run.flow}", "", f"Run `{summary.run.id}`", ""]
    if nothing_new(summary):
        lines += ["Nothing new: every source was read before, every text is scored.", ""]
    else:
        lines += [f"| source | {' | '.join(COLUMNS)} |", "|---|" + "---:|" * len(COLUMNS)]
        lines += [
            f"| {source} | {' | '.join(f'{n:,}' for n in counts)} |"
            for source, counts in rows_by_source(summary)
        ]
        lines.append("")
    return "\n".join(lines + [f"- **{name}**: {value}" for name, value in facts(summary, stages)])


def print_summary(summary: RunSummary, console: Console) -> None:
    """The summary on a terminal."""
    if nothing_new(summary):
        console.print("[bold]Nothing new:[/] every source was read before, every text is scored.")
    else:
        table = plain_table("source", numbers=COLUMNS)
        for source, counts in rows_by_source(summary):
            table.add_row(source, *(f"{n:,}" if n else "·" for n in counts))
        console.print(table)
    details = Table(box=None, pad_edge=False, show_header=False)
    details.add_column(style="bold", no_wrap=True)
    details.add_column()
    for name, value in facts(summary, summary.stages):
        details.add_row(name, value)
    console.print()
    console.print(details)
