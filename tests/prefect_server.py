"""A real Prefect server, work pool, deployments and worker for tests, started once a session.

They are started by the very lines of docs/deploy.md, in a PREFECT_HOME of their own on a free port, and they are
all gone at the end: every process that carries this PREFECT_HOME in its environment is looked for and ended.
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs" / "deploy.md"
PATIENCE = 300.0  # seconds that anything may take here: the machine may be busy, and nothing is timed
T = TypeVar("T")


def wait_for(found: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """What `found` gives as soon as it gives something true."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.1)
    pytest.fail(f"{what}: not within {patience:.0f} s")


def documented(command: str) -> list[str]:
    """The one line of docs/deploy.md that begins with `command`, as a list of words."""
    blocks = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith(command)]
    assert lines, f"docs/deploy.md does not show `{command}`"
    return shlex.split(lines[0], comments=True)


def documented_exports() -> dict[str, str]:
    """What docs/deploy.md has its reader export, the address of the server left out."""
    page = PAGE.read_text(encoding="utf-8")
    exports = dict(re.findall(r"^export (PREFECT_\w+|DO_NOT_TRACK)=(\S+)", page, re.MULTILINE))
    return {name: value for name, value in exports.items() if name not in ("PREFECT_API_URL", "PREFECT_HOME")}


def clean_environment(**given: str) -> dict[str, str]:
    """This process's environment without what Prefect and Ressenti would read from it, and `given`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "RESSENTI"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {"PATH": path, "PYTHONUNBUFFERED": "1"} | given


def processes_at(prefect_home: Path) -> list[psutil.Process]:
    """Every living process whose Prefect is at home there."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and (
                process.environ().get("PREFECT_HOME") == str(prefect_home)
            ):
                found.append(process)
        except psutil.Error:
            continue  # it has just ended, or is not ours
    return found


def end_all_at(prefect_home: Path) -> None:
    """End what is left there, and see that it is gone."""
    for process in processes_at(prefect_home):
        process.kill()
    wait_for(lambda: not processes_at(prefect_home), f"processes at {prefect_home} end")


@dataclass(frozen=True)
class Prefect:
    """A running server and how to speak to it."""

    port: int
    home: Path
    environment: Mapping[str, str]

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def ask(self, path: str, body: object = None) -> Any:
        """POST `body`, or GET without one; the answer's JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.api_url + path, data, headers={"Content-Type": "application/json"}
        )
        for _ in range(20):
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 503:  # its database is busy; Prefect's own clients try again too
                    raise
                time.sleep(1)
        return pytest.fail(f"{path}: the server's database stays busy")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command line against this server, from the project's folder."""
        return subprocess.run(
            command,
            cwd=PROJECT,
            env={**self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
        )

    def flow_run(self, run_id: str) -> dict[str, Any]:
        return dict(self.ask(f"/flow_runs/{run_id}"))

    def wait_for_state(self, run_id: str, *accepted: str) -> dict[str, Any]:
        """The flow run, once its state is one of these; fails at once when it ends otherwise."""

        def ended() -> dict[str, Any] | None:
            run = self.flow_run(run_id)
            return run if run["state_type"] in {*accepted, *ENDED} else None

        run = wait_for(ended, f"flow run {run_id} comes to {accepted}")
        assert run["state_type"] in accepted, f"{run['state']}\n{self.log('worker')}"
        return run

    def log(self, name: str) -> str:
        """What a process has said so far."""
        return (self.home / f"{name}.log").read_text(errors="replace")


ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@pytest.fixture(scope="session")
def migrated_prefect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prefect's own database, made once and copied: making it takes longer than starting the server."""
    home = tmp_path_factory.mktemp("template")
    subprocess.run(
        ["prefect", "server", "database", "upgrade", "-y"],
        env=clean_environment(PREFECT_HOME=str(home), DO_NOT_TRACK="1"),
        check=True,
        capture_output=True,
        timeout=2 * PATIENCE,
    )
    return home / "prefect.db"


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory, migrated_prefect: Path) -> Iterator[Prefect]:
    """A Prefect server that schedules more than a year ahead, so that both clock changes are in it."""
    home = tmp_path_factory.mktemp("server")
    shutil.copy(migrated_prefect, home)
    port = free_port()
    ahead = {"MIN_RUNS": "380", "MAX_RUNS": "400", "MAX_SCHEDULED_TIME": "P400D", "LOOP_SECONDS": "3600"}
    patient = {"SERVER_DATABASE_TIMEOUT": PATIENCE, "API_REQUEST_TIMEOUT": PATIENCE}
    environment = clean_environment(
        **documented_exports(),
        PREFECT_HOME=str(home),
        PREFECT_API_URL=f"http://127.0.0.1:{port}/api",
        PREFECT_WORKER_QUERY_SECONDS="1",
        **{f"PREFECT_SERVER_SERVICES_SCHEDULER_{name}": value for name, value in ahead.items()},
        **{f"PREFECT_{name}": str(value) for name, value in patient.items()},
    )
    server = Prefect(port, home, environment)
    command = documented("prefect server start")
    command[command.index("--port") + 1] = str(port)
    with running(command, home / "server.log", environment) as process:
        try:
            wait_for(lambda: process.poll() is not None or _healthy(server), "the Prefect server answers")
            assert process.poll() is None, server.log("server")
            yield server
        finally:
            stop(process)
            end_all_at(home)


@pytest.fixture(scope="session")
def deployed_prefect(prefect_server: Prefect) -> Prefect:
    """The server with the work pool and what prefect.yaml declares."""
    for command in ("prefect work-pool create", "prefect deploy "):
        done = prefect_server.run(*documented(command))
        assert done.returncode == 0, done.stdout + done.stderr
    return prefect_server


class running:  # noqa: N801 - reads like the standard library's context managers
    """A process in a session of its own, its words in a file."""

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str]) -> None:
        self._command, self._log, self._environment = command, log, environment

    def __enter__(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=PROJECT,
                env={**self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self._process

    def __exit__(self, *_: object) -> None:
        stop(self._process)


def stop(process: "subprocess.Popen[bytes]", patience: float = 20) -> None:
    """Ask a process to end, then make it, and its whole group with it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(server: Prefect) -> bool:
    try:
        return bool(server.ask("/health"))
    except OSError:
        return False
