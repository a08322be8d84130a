"""APIs that pass the contract suite: each holds the records that a test gives it."""

import json
import os
from pathlib import Path

from flows.sources.registry import parse_source, reader
from tests.flows.sources.apis.helpers import PARIS, REST
from tests.flows.sources.apis.server import SECRET, Mounted, Reply, cursor_api, mount
from tests.flows.sources.apis.vendors import Zendesk

_MOUNTED: dict[Path, Mounted] = {}  # by the folder of the test


def _reader(api: Mounted, folder: Path, told):
    _MOUNTED[folder] = api
    os.environ["EXAMPLE_TOKEN"] = SECRET
    return reader(parse_source({"base": api.base} | told, "feed.yml", "feed"), folder, PARIS, b"k" * 32)


def take_away(folder: Path) -> None:
    """From now on the API answers nothing but errors."""
    _MOUNTED[folder].answer = lambda _request: Reply(status=503)


def rest(columns, mapping):
    """Puts records behind an API; gives a reader of kind `rest`."""

    def serve(folder: Path, records, **told):
        whole = [{name: each.get(name) for name in columns(records)} for each in records]
        api = mount(cursor_api(json.loads(json.dumps(whole))))
        return _reader(api, folder, REST | mapping | told)

    return serve


def zendesk(columns, mapping):
    """Puts records as tickets into a Zendesk account, unknown columns as custom fields."""

    def serve(folder: Path, records, **told):
        desk = Zendesk()
        names = columns(records)
        for number, record in enumerate(records, 1):
            desk.user(number, name=record.get("who"))
            fields = [{"id": name, "value": record.get(name)} for name in names]
            ticket = desk.ticket(f"#{number}", number, record["body"], custom_fields=fields)
            ticket |= {"id": record["ticket"], "created_at": record.get("at")}
        places = {name: f"fields.{name}" for name in names}
        places |= {"ticket": "id", "who": "requester.name", "at": "created_at", "body": "words"}
        own = {"kind": "zendesk", "subdomain": "acme", "extra": places, "retry": REST["retry"]}
        auth = {"type": "basic", "user": "nuit@acme.fr/token", "env": "EXAMPLE_TOKEN"}
        return _reader(mount(desk), folder, own | {"auth": auth} | mapping | told)

    return serve
