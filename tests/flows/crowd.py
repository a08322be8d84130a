"""Many feedback, a reprocess in a process of its own, and readers that never pause."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from sqlalchemy import text

from flows.choosing import Choice, make_plan, unseen
from flows.difference import compare
from flows.publishing import register, settle_version
from flows.scoring import score_and_tag, waiting
from flows.tagging import show
from flows.workspace import open_workspace, recorded
from storage.chunk import Chunk, NewFeedback
from storage.database import connect, reading, writing
from storage.writer import register_source, store_chunk

TEXTS = ("Merci", "bof", "Je suis furieux", "C'est injuste", "rien à dire")
CHUNK = 500


def stored(config: Path, count: int, batch: str = "W12", name: str = "crowd") -> None:
    """So many feedback of one batch, scored and tagged by the configured model."""
    with open_workspace(config) as work, recorded(work, "nightly", {}) as run_id:
        settle_version(work, run_id)
        with writing(work.engine) as connection:
            source = register_source(connection, name, "files", "review", _moment())
        for start in range(0, count, CHUNK):
            chunk = Chunk(
                source_id=source,
                feedback=[_item(n, batch) for n in range(start, min(start + CHUNK, count))],
            )
            with writing(work.engine) as connection:
                store_chunk(connection, run_id, chunk, work.keys.id, _moment())
        for texts in waiting(work):
            score_and_tag(work, run_id, texts, open_follow_ups=False)


def _item(number: int, batch: str) -> NewFeedback:
    words = f"{TEXTS[number % len(TEXTS)]} {number}"
    return NewFeedback(
        external_id=f"{batch}-{number}",
        channel="review",
        text_hash=f"{batch} {words}",
        masked_text=words,
        clean_text=words,
        cleaning_version="1",
        batch=batch,
        language="fr",
    )


def _moment() -> Any:
    from flows.workspace import now

    return now()


def reprocess_all(config: Path, *, activate: bool = True) -> None:
    """A reprocess of everything, without Prefect."""
    with open_workspace(config) as work:
        plan = make_plan(work, Choice(), activate=activate)
        with recorded(work, "reprocess", {}) as run_id:
            register(work)
            for texts in unseen(work, plan):
                score_and_tag(work, run_id, texts, open_follow_ups=False)
            compare(work, plan.selection)
            if activate:
                show(work, work.configured, plan.choice.scope, by="a test")


def in_a_process(config: Path) -> "multiprocessing.process.BaseProcess":
    """The same in a process that may be killed."""
    process = multiprocessing.get_context("spawn").Process(target=reprocess_all, args=(config,))
    process.start()
    return process


PICTURE = """
SELECT model_version, threshold_set, label, count(*)
FROM current_tag GROUP BY model_version, threshold_set, label ORDER BY 1, 2, 3
"""


def picture(url: str) -> tuple[tuple[Any, ...], ...]:
    """What readers see, in one statement."""
    engine = connect(url)
    try:
        with reading(engine) as connection:
            return tuple(map(tuple, connection.execute(text(PICTURE))))
    finally:
        engine.dispose()


class Reader(Thread):
    """Looks without pause until it is told to stop; keeps every picture that differs, and what failed."""

    def __init__(self, url: str, stop: Event) -> None:
        super().__init__()
        self.url, self.stop = url, stop
        self.seen: list[tuple[tuple[Any, ...], ...]] = []
        self.looks = 0
        self.failed: BaseException | None = None

    def run(self) -> None:
        engine = connect(self.url)
        try:
            while not self.stop.is_set():
                with reading(engine) as connection:
                    found = tuple(map(tuple, connection.execute(text(PICTURE))))
                self.looks += 1
                if not self.seen or self.seen[-1] != found:
                    self.seen.append(found)
        except BaseException as error:
            self.failed = error
        finally:
            engine.dispose()


@contextmanager
def readers(url: str, count: int = 8) -> Iterator[list[Reader]]:
    """So many readers while the block runs."""
    stop = Event()
    crowd = [Reader(url, stop) for _ in range(count)]
    for each in crowd:
        each.start()
    try:
        yield crowd
    finally:
        stop.set()
        for each in crowd:
            each.join()
