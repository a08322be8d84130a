"""What `ressenti source check` shows: a source's records as they would be stored; nothing is written."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rich.markup import escape

from configs.settings import PROJECT, load_settings
from flows.intake import Intake
from flows.progress import console
from flows.sources.apis.config import ApiConfig
from flows.sources.record import Deleted, Duplicate, Record, Rejected, Skipped
from flows.sources.registry import load_sources, reader
from flows.workspace import now
from nlp.language import Detector
from storage.chunk import NewFeedback
from storage.keys import Keys

MOST_OF_AN_API = (
    1000  # rows that a check asks an API for: the whole of it may take hours, and its limit of requests
)


@dataclass
class Check:
    """The first records of a source as they would be stored, and what would become of all its rows."""

    source: str
    rows: int = 0
    more: bool = False  # there may be more rows than were read
    records: list[tuple[str, NewFeedback]] = field(default_factory=list)  # (place, record)
    outcomes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)  # outcome -> place and why, of its first row


def check_source(config: Path | None, name: str, show: int) -> Check:
    """Read the whole of a source, or the first rows of an API; keep the first `show` records.

    Raises:
        ConfigError: no such source, or its description does not fit the file.
    """
    settings = load_settings(config)
    [source] = load_sources(settings.sources_dir, [name])
    keys = Keys.from_environment()
    intake = Intake(source, keys, Detector(settings.languages))
    rows = reader(source, PROJECT, settings.zone, keys.ids)
    rows.check()
    found = Check(name)
    for part in rows.parts():
        most = MOST_OF_AN_API if isinstance(source, ApiConfig) else None
        for item in islice(rows.read(part, now()), most):
            found.rows += 1
            match item:
                case Record():
                    _take(found, item, intake.feedback(item), show)
                case Skipped():
                    _count(found, f"skipped: {item.reason}", str(item.place))
                case Duplicate():
                    _count(found, "duplicate", str(item.place))
                case Deleted():
                    _count(found, "deleted in the source", str(item.place))
                case Rejected():
                    _count(found, f"quarantined: {item.reason}", f"{item.place}: {item.what}")
        found.more = most is not None and found.rows >= most
    return found


def _take(found: Check, item: Record, made: NewFeedback | str, show: int) -> None:
    if isinstance(made, str):
        _count(found, f"skipped: {made}", str(item.place))
        return
    _count(
        found, "stored" if made.refusal is None else f"stored, not scored: {made.refusal}", str(item.place)
    )
    if len(found.records) < show:
        found.records.append((str(item.place), made))


def _count(found: Check, outcome: str, example: str) -> None:
    found.outcomes[outcome] += 1
    found.examples.setdefault(outcome, example)


def print_check(found: Check) -> None:
    """For a terminal: the records, then the sums."""
    out = console()
    for place, record in found.records:
        out.print(f"[bold]{escape(place)}[/] id {escape(record.external_id)}  {escape(_facts(record))}")
        out.print(f"  {escape(record.clean_text)}\n")
    first = "the first " if found.more else ""
    out.print(f"[bold]{first}{found.rows:,} rows[/] of {found.source}; nothing was written")
    for outcome, n in found.outcomes.most_common():
        out.print(f"  {n:>8,}  {outcome}  [dim](first: {escape(found.examples[outcome])})[/]")


def _facts(record: NewFeedback) -> str:
    written = record.written_at
    facts = {
        "written": written and f"{written:%Y-%m-%d %H:%M}Z to the {record.written_precision}",
        "customer": record.customer and record.customer[:8],
        "rating": record.rating is not None
        and f"{record.rating:g} of {record.rating_low:g}-{record.rating_high:g}",
        "nps": record.nps is not None and str(record.nps),
        "survey": record.survey,
        "batch": record.batch,
        "language": f"{record.language} {record.language_confidence:.2f}",
        "attributes": ", ".join(f"{name}={value}" for name, value in record.attributes.items()),
    }
    return "; ".join(f"{name} {value}" for name, value in facts.items() if value)
