"""A real HTTP server on loopback that behaves as a vendor documents, faults included.

One server serves every test of the session; each test mounts its API under an address of its own.
"""

import base64
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET = "canary-s3cret-token"


@dataclass
class Request:
    """What an API is asked: its path behind the address where it is mounted, and its parameters."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    mount: str  # the address of the API

    @property
    def basic(self) -> str:
        """`user:password` of basic authentication."""
        return base64.b64decode(self.headers.get("authorization", "").removeprefix("Basic ")).decode()


@dataclass
class Reply:
    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0  # bytes left out at the end: truncated JSON
    drop: bool = False  # the connection breaks in the middle
    late: float = 0  # seconds of silence


@dataclass
class Faults:
    """A share of the requests fails, the same ones each time; never more than three in a row."""

    share: float = 0.2
    seed: int = 7
    late: float = 0.5
    kinds: tuple[str, ...] = ("429", "500", "late", "cut", "drop")

    def __post_init__(self) -> None:
        self._random, self._row, self.met = random.Random(self.seed), 0, []

    def instead_of(self, reply: Reply) -> Reply:
        if reply.status != 200 or self._row >= 3 or self._random.random() >= self.share:
            self._row = 0
            return reply
        self._row += 1
        kind = self._random.choice(self.kinds)
        self.met.append(kind)
        if kind == "429":
            return Reply({"error": "RateLimited"}, 429, {"Retry-After": "0"})
        if kind == "500":
            return Reply({"error": SECRET}, 500)
        return Reply(
            reply.content, cut=10 * (kind == "cut"), drop=kind == "drop", late=self.late * (kind == "late")
        )


@dataclass
class Mounted:
    """An API of a test: what it was asked, in order."""

    base: str
    answer: Callable[[Request], Reply]
    faults: Faults | None = None
    asked: list[Request] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        told = urlsplit(self.path)
        _, mount, path = told.path.split("/", 2)
        api = self.server.apis.get(mount)  # type: ignore[attr-defined]
        if api is None:
            self._send(Reply(status=404))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(f"/{path}", dict(parse_qsl(told.query, keep_blank_values=True)), headers, api.base)
        api.asked.append(request)
        reply = api.answer(request)
        self._send(api.faults.instead_of(reply) if api.faults else reply)

    def _send(self, reply: Reply) -> None:
        body = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content).encode()
        if reply.late:
            time.sleep(reply.late)
        length = len(body)
        body = body[: length - reply.cut]
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(length if reply.drop else len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: length // 2] if reply.drop else body)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client did not wait
        if reply.drop:
            self.close_connection = True

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        """Say nothing: a client that does not wait is what some tests are about."""


@cache
def _server() -> ThreadingHTTPServer:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.apis = {}  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def mount(answer: Callable[[Request], Reply], faults: Faults | None = None) -> Mounted:
    """An API at an address of its own."""
    server = _server()
    name = f"m{len(server.apis) + 1}"  # type: ignore[attr-defined]
    api = Mounted(f"http://127.0.0.1:{server.server_address[1]}/{name}", answer, faults)
    server.apis[name] = api  # type: ignore[attr-defined]
    return api


def bearer(request: Request) -> bool:
    return request.headers.get("authorization") == f"Bearer {SECRET}"


def cursor_api(records: list[dict[str, Any]], size: int = 100) -> Callable[[Request], Reply]:
    """An API with a bearer token, `?cursor=`, and `?since=` inclusive on `at`; the list may grow while it is read."""

    def answer(request: Request) -> Reply:
        if not bearer(request):
            return Reply({"error": "unauthorized"}, 401)
        if request.path != "/export.json":
            return Reply({"error": "not found"}, 404)
        since = request.query.get("since", "")
        found = [each for each in records if str(each.get("at")) >= since]
        start = int(request.query.get("cursor", "0"))
        page = found[start : start + size]
        after = str(start + size) if start + size < len(found) else None
        return Reply({"data": page, "meta": {"next": after}})

    return answer
