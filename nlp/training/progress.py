"""How far a long piece of work has come: a bar on a terminal, now and then a log line elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nlp.evaluation import Scorer

log = logging.getLogger(__name__)
LOG_EVERY = 30.0  # seconds between two lines
_CHUNK = 256  # texts between two movements of a scorer's bar


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


class Shown:
    """A model whose scoring is seen to move."""

    def __init__(self, model: Scorer, name: str) -> None:
        """`name` stands beside the bar."""
        self._model, self._name, self.labels = model, name, model.labels
        self.thresholds = getattr(model, "thresholds", None)

    def score(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """float32 [texts, labels]."""
        parts = [np.zeros((0, len(self.labels)), np.float32)]
        with bar(self._name, len(texts)) as advance:
            for start in range(0, len(texts), _CHUNK):
                parts.append(self._model.score(texts[start : start + _CHUNK]))
                advance(len(parts[-1]))
        return np.concatenate(parts)
