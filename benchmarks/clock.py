"""Seconds on the wall, and of processors: on a machine that others use too, the second says what the work costs."""

import os
import time
from contextlib import suppress
from pathlib import Path

import psutil
from sqlalchemy import Engine, text

from storage.database import reading


class Clock:
    """Seconds spent inside `with` blocks, added up; `worked` is of processors, this process's and the server's.

    A PostgreSQL on another machine can't be looked at: `worked` is then of this process alone.
    """

    def __init__(self, engine: Engine) -> None:
        self.seconds = self.worked = 0.0
        self._server = _server_of(engine)

    def __enter__(self) -> "Clock":
        # Looking at the server takes some milliseconds: outside of what is timed.
        self._server_before = self._server_worked()
        self._before = time.process_time()
        self._begun = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._begun
        self.worked += time.process_time() - self._before
        self.worked += self._server_worked() - self._server_before

    def _server_worked(self) -> float:
        return _all_of(self._server) if self._server else 0.0

    def __str__(self) -> str:
        """Both, in seconds."""
        return f"{self.seconds:8.3f} s ({self.worked:7.3f} s of processors)"


def machine() -> str:
    """How many processors there are, and how many processes wanted one in the last minute."""
    return f"{os.cpu_count()} processors, {os.getloadavg()[0]:.1f} processes that want one"


def _server_of(engine: Engine) -> psutil.Process | None:
    if engine.dialect.name == "sqlite":
        return None
    with reading(engine) as connection:
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
    with suppress(OSError, psutil.NoSuchProcess):
        return psutil.Process(int(Path(folder, "postmaster.pid").read_text().split()[0]))
    return None


def _all_of(server: psutil.Process) -> float:
    """Of the server, of those that it has started, and of those of them that have ended."""
    total = _times(server, ended=True)
    for child in server.children():
        with suppress(psutil.NoSuchProcess):
            total += _times(child)
    return total


def _times(process: psutil.Process, *, ended: bool = False) -> float:
    times = process.cpu_times()
    own = times.user + times.system
    return float(own + times.children_user + times.children_system if ended else own)
