"""What do you hold on me: everything on one customer, as JSON that a person can read."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from flows.lifecycle.customers import Customer, customers, in_quarantine
from flows.lifecycle.erasing import subject
from flows.sources.registry import load_sources
from flows.workspace import Workspace, now
from storage.access import Row, held
from storage.database import reading
from storage.erasure import proofs

ABOUT = {
    "texts": "what you wrote, with personal data replaced before it was stored; to be read and as it was scored",
    "said by models": "what programs found in a text: labels with scores from 0 to 1, and those that count as tags",
    "corrections": "what people said of these labels",
    "follow-ups": "what somebody was asked to do about it",
    "quarantine": "rows that could not be accepted, as they came; kept encrypted, seen by nobody unless opened",
    "erasures": "what was erased of you before; only its number of rows is known",
}


def access(work: Workspace, reference: str, sources: Sequence[str]) -> str:
    """Everything held on a customer, as JSON.

    Args:
        work: opened on the database.
        reference: what the sources call the customer.
        sources: their names.

    Raises:
        ConfigError: an unknown source, one that knows no customers, or quarantine that this key does not open.
    """
    found = customers(work, reference, sources)
    with reading(work.engine) as connection:
        rows = held(connection, [customer.hash for customer in found])
        told = {
            "asked at": now(),
            "sources": list(sources),
            "feedback": _feedback(rows, _periods(work)),
            "follow-ups": [_without(row, "id") for row in rows["followup"]],
            "quarantine": [record for customer in found for record in _records(connection, work, customer)],
            "erasures": [proof for customer in found for proof in _proofs(connection, work, customer)],
            "what this is": ABOUT,
        }
    text = json.dumps(told, ensure_ascii=False, indent=2, default=_plain)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # undecodable bytes can't be printed


def _periods(work: Workspace) -> defaultdict[str, str]:
    usual = work.settings.retention
    told = {source.name: source.retention or usual for source in load_sources(work.settings.sources_dir)}
    return defaultdict(lambda: usual, told)


def _feedback(rows: Mapping[str, list[Row]], periods: Mapping[str, str]) -> list[Row]:
    tags = _by(rows["tag"], "prediction_id")
    said = _by(
        (_without(row, "id") | {"tags": tags[row["id"]]} for row in rows["prediction"]),
        "revision_id",
    )
    corrections = _by(rows["correction"], "revision_id")
    texts = _by(
        (
            _without(row, "id") | {"said by models": said[row["id"]], "corrections": corrections[row["id"]]}
            for row in rows["revision"]
        ),
        "feedback_id",
    )
    return [
        _without(row, "id")
        | {"kept": f"{periods[row['source']]} after the last contact", "texts": texts[row["id"]]}
        for row in rows["feedback"]
    ]


def _by(rows: Iterable[Row], key: str) -> defaultdict[int, list[Row]]:
    """{value of a key: rows without it}."""
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(_without(row, key))
    return found


def _without(row: Row, key: str) -> Row:
    return {name: value for name, value in row.items() if name != key}


def _records(connection: Connection, work: Workspace, customer: Customer) -> list[Row]:
    return [
        {
            "source": record.source,
            "file": record.file,
            "line": record.line,
            "why": record.detail,
            "since": record.quarantined_at,
            "state": record.state,
            "record": raw if raw is not None else f"sealed with key {record.key_id}: ask again with that key",
        }
        for record, raw in in_quarantine(connection, work, customer, set())
    ]


def _proofs(connection: Connection, work: Workspace, customer: Customer) -> list[Row]:
    return [
        {"erased at": proof.erased_at, "rows": proof.counts, "out of all files since": proof.purged_at}
        for proof in proofs(connection, subject(work, customer))
    ]


def _plain(value: Any) -> str:  # noqa: ANN401
    assert isinstance(value, date | datetime), type(value)
    return value.isoformat()
