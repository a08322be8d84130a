"""One client for every API: what it waits for, what it refuses, and that nobody reads its secret."""

import logging
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from configs.errors import ConfigError, SourceUnavailable
from flows.sources.apis.blocks import Auth, Retry
from flows.sources.apis.client import Client
from tests.flows.sources.apis.server import SECRET, Reply, mount

QUERY = [("mail", "lea@exemple.fr")]
QUICK = Retry(tries=4, first_wait=0.01, longest_wait=2)


@pytest.fixture
def client(monkeypatch):
    def make(answer, retry=QUICK, timeout=5.0, **auth):
        monkeypatch.setenv("EXAMPLE_TOKEN", SECRET)
        told = Auth.model_validate({"type": "bearer", "env": "EXAMPLE_TOKEN"} | auth)
        api = mount(answer)
        return Client(api.base, told, retry, timeout), api

    return make


def in_turn(*replies):
    """These answers, one after the other."""
    waiting = list(replies)
    return lambda _request: waiting.pop(0)


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        ({}, lambda request: request.headers["authorization"] == f"Bearer {SECRET}"),
        ({"type": "basic", "user": "me"}, lambda request: request.basic == f"me:{SECRET}"),
        ({"type": "basic", "secret_user": True}, lambda request: request.basic == f"{SECRET}:X"),
        ({"type": "header", "name": "X-Key"}, lambda request: request.headers["x-key"] == SECRET),
        (
            {"type": "header", "name": "X-Key", "prefix": "T "},
            lambda request: request.headers["x-key"] == f"T {SECRET}",
        ),
        ({"type": "query", "name": "key"}, lambda request: request.query == {"a": "é&", "key": SECRET}),
    ],
    ids=["bearer", "basic", "basic with a secret user", "header", "header with a prefix", "query"],
)
def test_the_secret_travels_as_the_source_says(client, auth, sent):
    asking, api = client(lambda _request: Reply({"rows": []}), **auth)
    assert asking.get("/rows", [("a", "é&")]).content == {"rows": []}
    assert api.asked[0].path == "/rows"
    assert sent(api.asked[0])


PASSING = {
    "too many requests": Reply({}, 429),
    "server error": Reply({}, 500),
    "gateway": Reply(b"<html>bad gateway</html>", 502),
    "truncated JSON": Reply({"rows": [1, 2, 3]}, cut=4),
    "broken connection": Reply({"rows": list(range(100))}, drop=True),
    "no JSON at all": Reply(b"<html>"),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_asked_again(client, fault):
    asking, api = client(in_turn(fault, fault, Reply({"rows": [1]})))
    assert asking.get("/rows").content == {"rows": [1]}
    assert len(api.asked) == 3


def test_silence_is_asked_again(client):
    asking, _ = client(in_turn(Reply({}, late=1.2), Reply({"rows": []})), timeout=1.0)
    assert asking.get("/rows").content == {"rows": []}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_never_passes_is_told_in_one_sentence(client, fault):
    asking, _ = client(lambda _request: fault)
    with pytest.raises(
        SourceUnavailable, match=r"^127\.0\.0\.1/m\d+/rows: no answer after 4 tries: "
    ) as error:
        asking.get("/rows")
    assert "\n" not in str(error.value)


def test_an_api_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("EXAMPLE_TOKEN", SECRET)
    auth = Auth(type="bearer", env="EXAMPLE_TOKEN")
    with pytest.raises(
        SourceUnavailable, match=r"127.0.0.1/rows: no answer after 4 tries: it can't be reached"
    ):
        Client("http://127.0.0.1:9", auth, QUICK, 5).get("/rows")


@pytest.mark.parametrize(
    "told", ["1", format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)]
)
def test_the_server_says_how_long_to_wait(client, monkeypatch, told):
    waited = []
    monkeypatch.setattr("flows.sources.apis.client._sleep", waited.append)
    asking, _ = client(in_turn(Reply({}, 429, {"Retry-After": told}), Reply({})), Retry(longest_wait=100))
    asking.get("/rows")
    assert waited == [1] if told == "1" else 0 < waited[0] <= 90


def test_a_wait_longer_than_ours_is_told_and_not_waited(client):
    asking, api = client(lambda _request: Reply({}, 429, {"Retry-After": "3600"}))
    with pytest.raises(SourceUnavailable, match=r"asks to wait 3600 s, longer than `retry: longest_wait`"):
        asking.get("/rows")
    assert len(api.asked) == 1


def test_the_waits_grow_and_are_bounded(client, monkeypatch):
    waited = []
    monkeypatch.setattr("flows.sources.apis.client._sleep", waited.append)
    asking, _ = client(lambda _request: Reply({}, 500), Retry(tries=7, first_wait=1, longest_wait=8))
    with pytest.raises(SourceUnavailable, match="7 tries"):
        asking.get("/rows")
    for wait, step in zip(waited, [1, 2, 4, 8, 8, 8], strict=True):
        assert step / 2 <= wait <= step


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_name_the_variable_and_nothing_else(client, status):
    asking, api = client(lambda _request: Reply({"seen": SECRET}, status))
    with pytest.raises(ConfigError) as error:
        asking.get("/rows")
    assert str(error.value).endswith(
        f"/rows: the API refuses the credentials (found {status}); set EXAMPLE_TOKEN to a secret that may read this"
    )
    assert len(api.asked) == 1


@pytest.mark.parametrize("found", ["", "  ", "clé"])
def test_a_variable_that_is_not_set_or_no_secret_is_told_before_anything_is_asked(monkeypatch, found):
    monkeypatch.setenv("EXAMPLE_TOKEN", found)
    with pytest.raises(ConfigError, match=r"^EXAMPLE_TOKEN: this environment variable ") as error:
        Client("http://127.0.0.1:9", Auth(type="bearer", env="EXAMPLE_TOKEN"), QUICK, 5)
    assert "clé" not in str(error.value)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply({}, 404), r"no such thing \(found 404\); mend `base`, `path` or `fill`"),
        (Reply({}, 400), r"refuses the request \(found 400\)"),
        (
            Reply({}, 301, {"Location": "http://elsewhere.example/"}),
            r"from elsewhere \(found 301\); set `base`",
        ),
    ],
)
def test_what_no_waiting_mends_is_told_at_once(client, reply, said):
    asking, api = client(lambda _request: reply)
    with pytest.raises(ConfigError, match=said):
        asking.get("/rows")
    assert len(api.asked) == 1


def test_a_link_to_another_host_is_not_followed(client):
    asking, api = client(lambda _request: Reply({}))
    with pytest.raises(ConfigError, match=r"points to another host \(found 'evil.example'\)"):
        asking.link("https://evil.example/rows?page=2")
    assert asking.link("/rows?page=2") == api.base.rpartition("/")[0] + "/rows?page=2"
    # an API behind a proxy may write another scheme or port: neither is where the secret goes
    assert asking.link("https://127.0.0.1:8443/rows") == api.base.rpartition("/")[0] + "/rows"


def test_an_answer_without_end_is_refused(client, monkeypatch):
    monkeypatch.setattr("flows.sources.apis.client.LARGEST_ANSWER", 2**20)
    asking, _ = client(lambda _request: Reply({"rows": "x" * 2**21}))
    with pytest.raises(ConfigError, match=r"an answer of over 1 MiB; ask for smaller pages"):
        asking.get("/rows")


@pytest.mark.parametrize(
    "auth", [{}, {"type": "basic", "secret_user": True}, {"type": "query", "name": "key"}]
)
@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_no_log_and_no_exception_holds_the_secret(client, caplog, auth, status):
    caplog.set_level(logging.DEBUG)
    asking, _ = client(
        lambda _request: Reply({"seen": "nothing"}, status), Retry(tries=2, first_wait=0), **auth
    )
    said = ""
    try:
        asking.get("/rows", QUERY)
    except (ConfigError, SourceUnavailable) as error:
        said = "".join(traceback.format_exception(error))
    assert caplog.text
    for needle in (SECRET, "lea%40exemple", "lea@exemple"):
        assert needle not in caplog.text + said
    assert SECRET not in repr(asking) + repr(vars(asking))


def test_links_are_kept_without_the_secret(client):
    asking, api = client(lambda _request: Reply({}), type="query", name="key")
    assert SECRET not in asking.link(f"{api.base}/rows?page=2&key={SECRET}")
