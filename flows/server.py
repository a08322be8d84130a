"""A Prefect server for the time of one run, where none is configured.

Prefect can start a temporary server by itself, but a killed run leaves that one behind as an orphan. This one
reads a pipe whose other end the run holds: when the run ends, however it ends, the pipe closes and the server
stops. Starting it is split from waiting for it, so that settings, sources and the model are checked meanwhile.
"""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from configs.errors import RessentiError

START_TIMEOUT = 120.0  # seconds; the first start on a machine migrates Prefect's own database


def prepare_environment(state_dir: Path) -> None:
    """Make Prefect quiet, without telemetry, at home in `state_dir`; must run before Prefect is imported."""
    os.environ.setdefault("PREFECT_HOME", str(state_dir / "prefect"))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def prefect_server() -> Iterator["Server | None"]:
    """A starting server while the block runs, or None where a server is configured already."""
    if _configured():
        yield None
        return
    server = Server()
    try:
        yield server
    finally:
        server.stop()


def _configured() -> bool:
    import prefect.settings

    return bool(prefect.settings.PREFECT_API_URL.value())


class Server:
    """A Prefect API on a free port of this machine, alive as long as this process."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.port = _free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flows.server", str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1"},
        )

    @property
    def api_url(self) -> str:
        """Where its API answers."""
        return f"http://127.0.0.1:{self.port}/api"

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        """Wait until it answers, and make it this process's server while the block runs."""
        from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

        self._wait()
        # The heartbeat of a synchronous flow costs up to a second of idle waiting at its end.
        with temporary_settings({PREFECT_API_URL: self.api_url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            yield
            _drain()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RessentiError("the temporary Prefect server stopped", found=self._last_words())
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.api_url}/health", timeout=1).close()
                return
            time.sleep(0.05)
        raise RessentiError(
            "the temporary Prefect server did not answer",
            found=f"{START_TIMEOUT:.0f} s of waiting",
            fix="see whether the machine is overloaded, or set PREFECT_API_URL to a server of yours",
        )

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]

    def stop(self) -> None:
        """End it now; closing the pipe is enough, waiting makes sure."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


def _drain() -> None:
    """Let Prefect's background threads send what they still hold, or they complain when the server goes."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (EventsWorker, APILogWorker):
        logging.getLogger(worker.__name__).setLevel(logging.ERROR)  # it warns that there is work left to do
        worker.drain_all(timeout=5, at_exit=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """Block until the pipe from the run closes, then end this process."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(2)  # a server that is busy with its start-up does not hear SIGTERM
    os._exit(0)


def main(port: int) -> None:
    """Serve Prefect's API on `port` until the parent's pipe closes."""
    import uvicorn

    threading.Thread(target=_end_with_parent, daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
