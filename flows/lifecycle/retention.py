"""Retention: feedback is erased once its customer has not been heard of for as long as its source keeps it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from configs.periods import ago
from flows.intake import tombstone
from flows.sources.registry import load_sources
from flows.workspace import Workspace, now
from storage.compaction import truncate_log
from storage.database import reading, writing
from storage.days import day_of, zone
from storage.erasure import Doomed, begin, erase, hold
from storage.retention import Due, count_due, due_feedback, due_quarantine
from storage.status import source_ids
from storage.sums import prune

CHUNK = 500  # feedback, and records in quarantine, in one transaction


@dataclass(frozen=True)
class Kept:
    """How long a source's feedback is kept, and what is to go: whose last contact was on `last_day` or before."""

    source: str
    period: str
    last_day: date | None
    feedback: int = 0
    quarantine: int = 0


def overdue(work: Workspace) -> list[Kept]:
    """For every source that was ever read: what has been kept long enough, as of today in the database's zone."""
    with reading(work.engine) as connection:
        return [
            replace(kept, **count_due(connection, which)._asdict()) if which else kept
            for kept, which in _sources(work)
        ]


def expire(work: Workspace, *, by: str) -> Counter[str]:
    """Erase it, in small transactions, with one proof; returns {table: rows}.

    Killed, it leaves whole feedback only, and the next one goes on. Files keep traces of it until `compact`.
    """
    run = _Expiry(work, by)
    for kept, which in _sources(work):
        if which is not None:
            with work.progress.stage(f"retention of {kept.source}") as stage:
                for page in run.pages(which):
                    stage.advance(page)
    if run.gone:
        with writing(work.engine) as connection:
            prune(connection)
        truncate_log(work.engine)
    return run.gone


class _Expiry:
    """Erases page by page and counts; the proof is begun with the first page, in its transaction."""

    def __init__(self, work: Workspace, by: str) -> None:
        self.gone: Counter[str] = Counter()
        self._work, self._by, self._proof = work, by, 0

    def pages(self, which: Due) -> Iterator[int]:
        """Erase what is due of one source; yields how many feedback and records went with each transaction."""
        after, after_record = 0, 0
        while True:
            with writing(self._work.engine) as connection:
                hold(connection, [which.source_id])
                feedback = due_feedback(connection, which, CHUNK, after)
                records = due_quarantine(connection, which, CHUNK, after_record)
                if not feedback and not records:
                    return
                self._erase(connection, Doomed(feedback=feedback, quarantine=records))
            after, after_record = max(feedback, default=after), max(records, default=after_record)
            yield len(feedback) + len(records)

    def _erase(self, connection: Connection, doomed: Doomed) -> None:
        keys = self._work.keys
        if not self._proof:
            self._proof = begin(connection, "retention", now(), by=self._by, key_id=keys.id)
        self.gone += erase(connection, self._proof, doomed, lambda key: tombstone(keys, key))


def _sources(work: Workspace) -> Iterator[tuple[Kept, Due | None]]:
    configured = {source.name: source.retention for source in load_sources(work.settings.sources_dir)}
    with reading(work.engine) as connection:
        numbers, cut_in = source_ids(connection), zone(connection)
    today = day_of(now(), cut_in)
    for name, number in sorted(numbers.items()):
        period = configured.get(name) or work.settings.retention
        last_day = ago(period, today)
        which = None if last_day is None else Due(source_id=number, last_day=last_day, zone=cut_in)
        yield Kept(name, period, last_day), which
