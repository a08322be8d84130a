"""Progress for whoever looks on: a bar with rate and time left on a terminal, plain lines elsewhere."""

import contextlib
import logging
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

LOG_EVERY = 15.0  # seconds between two plain lines of one stage
T = TypeVar("T")
log = logging.getLogger("ressenti")
log.setLevel(logging.INFO)  # under a Prefect worker nothing else lets these lines through


WIDE = 120  # columns of a table that goes to a file or a pipe


def console() -> Console:
    """Standard output for tables. What customers wrote is printed as it is: no markup, no emoji codes."""
    return Console(highlight=False, soft_wrap=True, emoji=False, width=None if sys.stdout.isatty() else WIDE)


def plain_table(*names: str, numbers: Sequence[str] = ()) -> Table:
    """A table without lines, with a column of each of these names; those of `numbers` come last, set to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


class _Rate(ProgressColumn):
    """Items a second, since the beginning."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s", style="progress.data.speed")


class Progress:
    """Shows how far a stage has come.

    Args:
        terminal: draw bars (standard error must be a terminal); otherwise log lines.
    """

    def __init__(self, terminal: bool | None = None) -> None:
        self._terminal = sys.stderr.isatty() if terminal is None else terminal

    @contextlib.contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator["Stage"]:
        """One stage of a run: call `advance(n)` on what it yields. `total` None: not known beforehand."""
        with _BarStage(name, total) if self._terminal else _LogStage(name, total) as stage:
            yield stage


class Stage:
    """A stage in work."""

    def __init__(self, name: str, total: int | None) -> None:
        self.name, self.total, self.done = name, total, 0

    def advance(self, count: int) -> None:
        """`count` more are done."""
        self.done += count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: TracebackType | BaseException | None) -> None:
        pass


class _BarStage(Stage):
    def __enter__(self) -> Self:
        known = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        open_end = (TextColumn("{task.completed:,.0f}"), _Rate(), TimeElapsedColumn())
        columns = known if self.total is not None else open_end
        label = TextColumn("{task.description}")
        self._bars = Bars(SpinnerColumn(), label, *columns, console=Console(stderr=True), transient=True)
        self._task = self._bars.add_task(self.name, total=self.total)
        self._bars.start()
        return self

    def advance(self, count: int) -> None:
        super().advance(count)
        self._bars.advance(self._task, count)

    def __exit__(self, kind: type[BaseException] | None, *rest: TracebackType | BaseException | None) -> None:
        self._bars.stop()


class _LogStage(Stage):
    def __enter__(self) -> Self:
        self._begun = self._logged = time.monotonic()
        return self

    def advance(self, count: int) -> None:
        super().advance(count)
        if time.monotonic() - self._logged >= LOG_EVERY:
            self._logged = time.monotonic()
            log.info(self._line())

    def __exit__(self, kind: type[BaseException] | None, *rest: TracebackType | BaseException | None) -> None:
        if self.done and kind is None:
            log.info(self._line())

    def _line(self) -> str:
        seconds = max(time.monotonic() - self._begun, 1e-6)
        rate = self.done / seconds
        line = f"{self.name}: {self.done:,}"
        if self.total:
            line += f" of {self.total:,} ({self.done / self.total:.0%})"
        line += f", {rate:,.0f}/s, {seconds:.0f} s"
        return line + (f", {(self.total - self.done) / rate:.0f} s left" if self.total and rate else "")


class Stopwatch:
    """Seconds spent per stage; stages may be entered again."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextlib.contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add the time of the block to `stage`, also when it fails."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - begun

    def each(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """`items`, with the time spent in making each added to `stage`."""
        iterator = iter(items)
        while True:
            with self.time(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item
