"""read -> clean -> store: plain functions that a flow calls in tasks, and tests and benchmarks call bare.

A chunk is one transaction with its cursor: killed anywhere, a run leaves whole chunks only, and the next one goes
on behind them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from configs.errors import ConfigError, RessentiError, SourcesFailed, SourceUnavailable
from configs.settings import PROJECT
from flows.intake import Intake, read_by_row
from flows.sources.config import SourceConfig
from flows.sources.reader import START, Part, Position, Reader
from flows.sources.record import Item
from flows.sources.registry import load_sources, reader
from flows.workspace import Workspace, now
from storage.database import reading, writing
from storage.reader import cursor
from storage.runs import NO_SOURCE
from storage.status import source_ids
from storage.withdrawal import follow_source
from storage.writer import Stored, register_source, store_chunk

CHARACTERS_PER_TOKEN = 4  # French and English feedback, cautiously: cuts chunks that are not tokenized yet


@dataclass(frozen=True)
class Source:
    """A source that passed its checks, ready to be read."""

    config: SourceConfig
    reader: Reader

    @property
    def name(self) -> str:
        """Its name in tables and messages."""
        return self.config.name


@dataclass(frozen=True)
class ReadChunk:
    """Rows of one part of a source, not yet cleaned, and how far the reading has come with them."""

    source: SourceConfig
    source_id: int
    part: str
    position: Mapping[str, Any]
    items: Sequence[Item] = field(repr=False)


def open_sources(work: Workspace, only: Sequence[str] = ()) -> tuple[list[Source], dict[str, RessentiError]]:
    """The configured sources that passed their checks, and why the others did not; nothing is read yet.

    Raises:
        ConfigError: a description is wrong, or no source is fit to be read.
    """
    ready: list[Source] = []
    failed: dict[str, RessentiError] = {}
    for config in load_sources(work.settings.sources_dir, only):
        source = Source(config, reader(config, PROJECT, work.settings.zone, work.keys.ids))
        try:
            source.reader.check()
            ready.append(source)
        except (ConfigError, SourceUnavailable) as error:
            failed[config.name] = error
    if failed and not ready:
        raise SourcesFailed(failed)
    return ready, failed


def read(
    work: Workspace, source: Source, limit: int | None = None, *, dry_run: bool = False
) -> Iterator[ReadChunk]:
    """What is new in `source`, chunk by chunk, from where the last run stopped.

    Args:
        work: what the run works with.
        source: as `open_sources` gives it.
        limit: rows to read at most; a part that is cut by it goes on from there next time.
        dry_run: do not register the source; one that was never read has the number 0.
    """
    left = limit
    source_id = _known_source(work, source.name) if dry_run else _register(work, source.config)
    for part in source.reader.parts():
        with reading(work.engine) as connection:
            known = _known_position(connection, source_id, part.key)
        if (known.at.done and not part.endless) or left == 0:
            continue
        seen = None if part.endless else known.first_seen  # a file's « il y a 3 jours » stays where it was
        items = iter(source.reader.read(part, seen or now(), known.at))
        taken = _Counted(islice(items, left))
        chunk = partial(_read_chunk, source.config, source_id, part)
        row, mark = known.at.row, known.at.mark
        for rows in read_by_row(taken, *_chunk_size(work)):
            row, mark = rows[-1].row, rows[-1].mark or mark
            yield chunk(Position(row, mark=mark), rows)
        left = None if left is None else left - taken.count
        if left is None or next(items, None) is None:
            yield chunk(Position(row, True, mark), ())


class _Counted:
    """An iterator that says how many it gave."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items, self.count = items, 0

    def __iter__(self) -> Iterator[Item]:
        for item in self._items:
            self.count += 1
            yield item


@dataclass(frozen=True)
class _Known:
    at: Position = START
    first_seen: datetime | None = None


def _known_position(connection: Any, source_id: int, part: str) -> _Known:  # noqa: ANN401
    known = cursor(connection, source_id, part)
    if known is None:
        return _Known()
    told = known.position
    return _Known(Position(int(told["row"]), bool(told["done"]), told.get("mark")), known.first_seen_at)


def _read_chunk(
    source: SourceConfig, source_id: int, part: Part, at: Position, items: Sequence[Item]
) -> ReadChunk:
    position = {"file": part.file, "row": at.row, "done": at.done}
    if at.mark is not None:
        position["mark"] = at.mark
    return ReadChunk(source, source_id, part.key, position, items)


def _known_source(work: Workspace, name: str) -> int:
    with reading(work.engine) as connection:
        return source_ids(connection).get(name, NO_SOURCE)


def _register(work: Workspace, source: SourceConfig) -> int:
    with writing(work.engine) as connection:
        return register_source(connection, source.name, source.kind, source.channel, now())


def _chunk_size(work: Workspace) -> tuple[int, int]:
    settings = work.settings
    return settings.chunk_texts, settings.chunk_tokens * CHARACTERS_PER_TOKEN


def clean_and_store(work: Workspace, run_id: str, chunk: ReadChunk) -> Stored:
    """Clean, mask and key a chunk's rows and store them with the cursor and the counts: one transaction."""
    with work.stopwatch.time("clean"):
        intake = Intake(chunk.source, work.keys, work.detector)
        made = intake.chunk(chunk.source_id, chunk.part, chunk.position, chunk.items)
    with work.stopwatch.time("store"), writing(work.engine) as connection:
        stored = store_chunk(connection, run_id, made, work.keys.id, now())
        follow_source(connection, made, now())
    return stored
