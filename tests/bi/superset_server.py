"""A real Apache Superset, in an environment of its own (it needs an older SQLAlchemy than ours), and its REST API."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = Path(__file__).with_name("superset.txt")
FOLDER = PROJECT / ".venv-superset"
PATIENCE = 900.0  # seconds that it may take to start: a busy machine is no failure
CONFIG = """
SECRET_KEY = {key!r}
SQLALCHEMY_DATABASE_URI = {database!r}
TALISMAN_ENABLED = False  # it would want HTTPS
CONTENT_SECURITY_POLICY_WARNING = False
"""


def installed() -> Path:
    """The folder of Superset's commands; what REQUIREMENTS name is installed where it is not yet.

    Raises:
        subprocess.CalledProcessError: pip could not; it has said why.
    """
    stamp, wanted = FOLDER / "installed", REQUIREMENTS.read_text(encoding="utf-8")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(FOLDER, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        pip = [FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", REQUIREMENTS], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return FOLDER / "bin"


class Superset:
    """Its REST API, as an administrator.

    Args:
        url: where it listens.
        password: of the user `admin`.
    """

    def __init__(self, url: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE)
        who = {"username": "admin", "password": password, "provider": "db"}
        token = self.ask("POST", "security/login", json=who)["access_token"]
        self._http.headers.update({"Authorization": f"Bearer {token}", "Referer": url})
        self._http.headers["X-CSRFToken"] = self.ask("GET", "security/csrf_token/")["result"]

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """An answer's JSON; an error fails the test with what Superset says."""
        answer = self._http.request(method, f"/api/v1/{path}", **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def make(self, kind: str, **values: Any) -> int:
        """Make a database, a dataset or a chart; returns its number."""
        return int(self.ask("POST", f"{kind}/", json=values)["id"])

    def data(self, dataset: int, **query: Any) -> list[dict[str, Any]]:
        """The rows that a chart over the dataset gets."""
        context = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [query],
            "result_format": "json",
            "result_type": "full",
        }
        return _rows(self.ask("POST", "chart/data", json=context))

    def data_of_chart(self, chart: int) -> list[dict[str, Any]]:
        """The rows of a chart that was saved."""
        return _rows(self.ask("GET", f"chart/{chart}/data/"))

    def take_in(self, archive: Path, passwords: dict[str, str]) -> None:
        """Import dashboards, over those that are there."""
        self.ask(
            "POST",
            "dashboard/import/",
            files={"formData": (archive.name, archive.read_bytes(), "application/zip")},
            data={"passwords": json.dumps(passwords), "overwrite": "true"},
        )

    def charts_of(self, dashboard: str) -> dict[str, int]:
        """{name: number} of a dashboard's charts."""
        return {
            each["slice_name"]: each["id"]
            for each in self.ask("GET", f"dashboard/{dashboard}/charts")["result"]
        }


def _rows(answer: Any) -> list[dict[str, Any]]:
    [result] = answer["result"]
    assert result["error"] is None, result["error"]
    return list(result["data"])


@contextmanager
def serving(folder: Path) -> Iterator[Superset]:
    """A fresh one at home in `folder`, with an administrator and nothing else; ended afterwards."""
    commands, password = installed(), secrets.token_urlsafe()
    config = folder / "superset_config.py"
    config.write_text(
        CONFIG.format(key=secrets.token_urlsafe(42), database=f"sqlite:///{folder / 'superset.db'}")
    )
    environment = os.environ | {
        "HOME": str(folder),
        "SUPERSET_HOME": str(folder),
        "SUPERSET_CONFIG_PATH": str(config),
        "FLASK_APP": "superset.app:create_app()",
    }
    admin = ["--username", "admin", "--firstname", "A", "--lastname", "B", "--email", "admin@example.org"]
    log = folder / "log"
    with log.open("w") as out:
        for words in (["db", "upgrade"], ["fab", "create-admin", *admin, "--password", password], ["init"]):
            done = subprocess.run(
                [commands / "superset", *words], env=environment, cwd=folder, stdout=out, stderr=out
            )
            assert done.returncode == 0, log.read_text()[-3000:]
        port = _free_port()
        server = subprocess.Popen(
            [commands / "gunicorn", "--workers", "1", "--threads", "4", "--timeout", "600", "--bind",
             f"127.0.0.1:{port}", "superset.app:create_app()"],
            env=environment, cwd=folder, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        try:
            _wait_until_it_answers(server, f"http://127.0.0.1:{port}", log)
            yield Superset(f"http://127.0.0.1:{port}", password)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(60)


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            if httpx.get(f"{url}/health", timeout=PATIENCE).text == "OK":
                return
        except httpx.TransportError:
            time.sleep(1)
    pytest.fail(f"Superset did not answer within {PATIENCE:.0f} s: {log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
