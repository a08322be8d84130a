"""How far a long piece of work has come: a bar on a terminal, now and then a log line elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)
LOG_EVERY = 30.0  # seconds between two lines


@contextmanager
def bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function that is told how many more are done; may stand inside another bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task(name, total=total)
        done, start = 0, time.monotonic()
        logged = start

        def advance(count: int) -> None:
            nonlocal done, logged
            done += count
            progress.update(task, completed=done)
            now = time.monotonic()
            if not sys.stderr.isatty() and now - logged >= LOG_EVERY:
                logged = now
                left = (total - done) * (now - start) / done / 60
                log.info("%s: %d of %d, %.1f minutes left", name, done, total, left)

        yield advance
