"""What a run would do, found out without writing anything, without Prefect and without the model's weights."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from configs.errors import RessentiError
from flows.intake import Intake
from flows.progress import console, plain_table
from flows.reading import open_sources, read
from flows.scoring import count_waiting, scorers
from flows.workspace import open_workspace
from storage.chunk import Stored
from storage.database import reading
from storage.writer import preview_chunk

COLUMNS = ("read", "new", "revised", "updated", "duplicate", "skipped", "quarantined")


@dataclass
class Preview:
    """What each source would give, what waits for a score already, and what can't be read."""

    sources: dict[str, Counter[str]] = field(default_factory=dict)
    waiting: int = 0
    failed: dict[str, RessentiError] = field(default_factory=dict)

    @property
    def to_score(self) -> int:
        """Texts that the run would score or refuse."""
        return self.waiting + sum(counts["new"] + counts["revised"] for counts in self.sources.values())


def preview(config: Path | None, sources: Sequence[str], limit: int | None) -> Preview:
    """Read, clean and compare with the database, which is only read.

    Files that overlap each other within one run are counted as new in each: only the run itself can tell.
    """
    found = Preview()
    with open_workspace(config) as work:
        ready, found.failed = open_sources(work, sources)
        found.waiting = sum(count_waiting(scorer) for scorer in scorers(work))
        for source in ready:
            counts = found.sources.setdefault(source.name, Counter())
            intake = Intake(source.config, work.keys, work.detector)
            with work.progress.stage(f"reading {source.name}") as stage:
                for chunk in read(work, source, limit, dry_run=True):
                    made = intake.chunk(chunk.source_id, None, None, chunk.items)
                    with reading(work.engine) as connection:
                        _add(counts, preview_chunk(connection, made))
                    stage.advance(len(chunk.items))
    return found


def _add(counts: Counter[str], stored: Stored) -> None:
    counts.update({name: getattr(stored, name) for name in COLUMNS})


def print_preview(found: Preview) -> None:
    """For a terminal."""
    out = console()
    table = plain_table("source", numbers=COLUMNS)
    for source, counts in found.sources.items():
        table.add_row(source, *(f"{counts[name]:,}" for name in COLUMNS))
    out.print(table)
    out.print(f"\n{found.to_score:,} texts would be scored. Nothing was written.")
