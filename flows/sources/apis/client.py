"""One HTTP client for every API: authenticated, patient, bounded, and silent about its secrets."""

import json
import logging
import os
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import httpx
import tenacity

from configs.errors import ConfigError, SourceUnavailable
from flows.sources.apis.blocks import Auth, Retry

LARGEST_ANSWER = 64 * 2**20  # bytes: more is a page that was asked too large, or no page
_LONGEST_ANSWER = 20  # times the time-out: a server that trickles is no answer either
_WORTH_A_RETRY = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_SCHEMES = ("https://", "http://")


class NotThere(ConfigError):
    """The API knows no such thing (404)."""


@dataclass(frozen=True)
class Answer:
    """What an API said: its JSON and its headers."""

    content: Any
    headers: httpx.Headers
    url: httpx.URL


class _Passing(Exception):
    """Something that may be gone a moment later; `after` is how long the server asks to wait, in seconds."""

    def __init__(self, what: str, after: float | None = None) -> None:
        super().__init__(what)
        self.after = after


class Client:
    """Gets JSON from one API, for one source.

    Args:
        base: scheme and host, and a path if all requests share one; nothing else is ever asked.
        auth: who we are.
        retry: how often a request is tried.
        timeout: seconds to wait for a connection, and for the next bytes.
        headers: sent with every request.

    Raises:
        ConfigError: `base` is no URL, or the secret's variable is not set.
    """

    def __init__(
        self, base: str, auth: Auth, retry: Retry, timeout: float, headers: Mapping[str, str] | None = None
    ) -> None:
        self._base, self._auth, self._retry, self._timeout = httpx.URL(base), auth, retry, timeout
        if not self._base.host:
            raise ConfigError("`base` names no host", found=base, accepted="such as https://api.example.com")
        self._signed = _Signed(auth, _secret(auth))
        self._headers = {"Accept": "application/json", "User-Agent": "ressenti"} | dict(headers or {})
        self._http: httpx.Client | None = None
        _keep_queries_out_of_logs()

    def get(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Answer:
        """The answer to one request, tried again where what failed may pass.

        Args:
            path: what stands behind `base`, or a link that `link` gave.
            query: parameters over those that `path` has already.

        Raises:
            ConfigError: the API refuses the request or the credentials.
            SourceUnavailable: no whole answer came, however often it was asked.
        """
        whole = path if path.startswith(_SCHEMES) else f"{str(self._base).rstrip('/')}/{path.lstrip('/')}"
        url = httpx.URL(whole).copy_merge_params(list(query))
        place = _told(url)
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._retry.tries),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(_Passing),
            sleep=_sleep,
            reraise=True,
        )
        try:
            return tries(self._once, url)
        except _Passing as error:
            times = tries.statistics.get("attempt_number", 1)
            raise SourceUnavailable(
                f"no answer after {times} {'try' if times == 1 else 'tries'}: {error}",
                place=place,
                fix="run again later, or raise `retry: {tries: …, longest_wait: …}` of the source",
            ) from None

    def link(self, told: str) -> str:
        """A link that the API gave, to follow with `get`: of the same host, and without our secret.

        Raises:
            ConfigError: it leads to another host, which must not see our secret.
        """
        url = self._base.join(told)
        if url.host != self._base.host:
            fix = "set `base` to it if it is the API's"
            raise ConfigError(
                "the API points to another host", place=_told(self._base), found=url.host, fix=fix
            )
        if self._auth.type == "query":
            url = url.copy_remove_param(str(self._auth.name))
        # behind a proxy, an API may take itself for another scheme or port
        return str(self._base.copy_with(raw_path=url.raw_path))

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome else None
        if isinstance(failed, _Passing) and failed.after is not None:
            return failed.after
        step = min(self._retry.first_wait * 2 ** (state.attempt_number - 1), self._retry.longest_wait)
        return tenacity.wait_random(step / 2, step)(state)

    def _once(self, url: httpx.URL) -> Answer:
        self._http = self._http or httpx.Client(
            timeout=self._timeout, headers=self._headers, auth=self._signed
        )
        try:
            with self._http.stream("GET", url) as response:
                self._refuse(response, url)
                body = self._body(response)
        except httpx.TimeoutException:
            raise _Passing(f"nothing came within {self._timeout:g} s") from None
        except httpx.DecodingError:
            raise _Passing("the answer can't be unpacked") from None
        except httpx.TransportError as error:
            raise _Passing(_words(error)) from None
        try:
            return Answer(json.loads(body), response.headers, url)
        except (ValueError, RecursionError):
            raise _Passing("the answer is not whole JSON") from None

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        latest = time.monotonic() + _LONGEST_ANSWER * self._timeout
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LARGEST_ANSWER:
                what = f"an answer of over {LARGEST_ANSWER // 2**20} MiB"
                raise ConfigError(what, place=_told(response.url), fix="ask for smaller pages in `query`")
            if time.monotonic() > latest:
                raise _Passing(f"the answer was not whole after {_LONGEST_ANSWER * self._timeout:g} s")
        return bytes(body)

    def _refuse(self, response: httpx.Response, url: httpx.URL) -> None:
        status = response.status_code
        if status in _WORTH_A_RETRY:
            raise _Passing(f"the API answered {status}", self._asked_to_wait(response))
        if status in (401, 403):
            self._refuse_credentials(status, url)
        if response.is_redirect:
            what, fix = "the API answers from elsewhere", "set `base` to the address that it redirects to"
            raise ConfigError(what, place=_told(url), found=status, fix=fix)
        if status == 404:
            fix = "mend `base`, `path` or `fill`"
            raise NotThere("no such thing", place=_told(url), found=404, fix=fix)
        if not response.is_success:
            fix = "compare `path` and `query` with the API's documentation"
            raise ConfigError("the API refuses the request", place=_told(url), found=status, fix=fix)

    def _refuse_credentials(self, status: int, url: httpx.URL) -> NoReturn:
        variable = self._auth.env
        fix = f"set {variable} to a secret that may read this" if variable else "set `auth`"
        raise ConfigError("the API refuses the credentials", place=_told(url), found=status, fix=fix)

    def _asked_to_wait(self, response: httpx.Response) -> float | None:
        """Seconds that `Retry-After` asks for, as a number or a date; None where it is absent.

        Raises:
            SourceUnavailable: longer than we are told to wait.
        """
        told = response.headers.get("Retry-After", "").strip()
        try:
            seconds = float(told) if told[:1].isdigit() else _until(told)
        except ValueError:
            return None
        if seconds > self._retry.longest_wait:
            what = f"the API asks to wait {seconds:.0f} s, longer than `retry: longest_wait`"
            fix = "run again after that, or raise `longest_wait`"
            raise SourceUnavailable(what, place=_told(response.url), found=response.status_code, fix=fix)
        return max(seconds, 0)


class _Signed(httpx.Auth):
    """Puts the secret into a request at the last moment, so that no URL or header of ours holds it before."""

    def __init__(self, auth: Auth, secret: str) -> None:
        self._auth, self._secret = auth, secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        auth = self._auth
        if auth.type == "basic":
            user, password = (self._secret, "X") if auth.secret_user else (auth.user, self._secret)
            yield from httpx.BasicAuth(user, password).auth_flow(request)
            return
        if auth.type == "query":
            request.url = request.url.copy_merge_params({str(auth.name): self._secret})
        elif auth.type != "none":
            name, prefix = ("Authorization", "Bearer ") if auth.type == "bearer" else (auth.name, auth.prefix)
            request.headers[str(name)] = f"{prefix}{self._secret}"
        yield request


def _secret(auth: Auth) -> str:
    """The secret, from the environment.

    Raises:
        ConfigError: its variable is not set, or holds what no header can carry.
    """
    if auth.env is None:
        return ""
    secret = os.environ.get(auth.env, "").strip()
    if not secret:
        raise ConfigError(
            "this environment variable is not set", place=auth.env, fix="put the API's secret in it"
        )
    if not (secret.isascii() and secret.isprintable()):
        what = "this environment variable holds signs that no header can carry"
        raise ConfigError(what, place=auth.env, fix="copy the API's secret into it again")
    return secret


def _told(url: httpx.URL) -> str:
    """Host and path of a URL: a query may hold a secret, or a customer's words."""
    return f"{url.host}{url.path}"


def _until(told: str) -> float:
    """Seconds until an HTTP date.

    Raises:
        ValueError: not a date.
    """
    at = parsedate_to_datetime(told)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()


def _words(error: httpx.TransportError) -> str:
    """What happened, in our words: the library's may quote the request."""
    if isinstance(error, httpx.ConnectError):
        return "it can't be reached"
    return "the connection broke"


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


class _WithoutQuery(logging.Filter):
    """httpx logs every URL; its query may hold a secret or an address of a customer."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                each.copy_with(query=None) if isinstance(each, httpx.URL) else each for each in record.args
            )
        return True


def _keep_queries_out_of_logs() -> None:
    logger = logging.getLogger("httpx")
    if not any(isinstance(each, _WithoutQuery) for each in logger.filters):
        logger.addFilter(_WithoutQuery())
