"""What reading a source would give, without writing anything."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flows.sources.config import SourceConfig
from flows.sources.reader import Reader
from flows.sources.record import Deleted, Duplicate, Item, Record, Rejected, Skipped
from flows.sources.registry import reader


@dataclass
class Preview:
    """The first records as mapped (neither cleaned nor masked), the first others, and counts of all rows.

    `counts[file][outcome]`: outcomes are `record`, `duplicate`, `skipped:REASON`, `rejected:REASON`.
    """

    records: list[Record] = field(default_factory=list)
    others: list[Skipped | Duplicate | Rejected | Deleted] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def totals(self) -> Counter[str]:
        """Counts over all files; their sum is the number of rows."""
        return sum(self.counts.values(), Counter())


def outcome(item: Item) -> str:
    """The word that an item is counted under."""
    if isinstance(item, Skipped | Rejected):
        return f"{type(item).__name__.lower()}:{item.reason}"
    return type(item).__name__.lower()


def preview(config: SourceConfig, root: Path, n: int = 20) -> Preview:
    """Read everything; keep `n` records and `n` of the others.

    Raises:
        SourceUnavailable, ConfigError: as the reader's `check`.
    """
    return preview_of(reader(config, root), n)


def preview_of(rows: Reader, n: int = 20) -> Preview:
    """The same for a reader at hand, such as one with the settings' time zone."""
    rows.check()
    seen = Preview()
    for part in rows.parts():
        counts = seen.counts.setdefault(part.file, Counter())
        for item in rows.read(part, datetime.now(UTC)):
            counts[outcome(item)] += 1
            if isinstance(item, Record):
                if len(seen.records) < n:
                    seen.records.append(item)
            elif len(seen.others) < n:
                seen.others.append(item)
    return seen
