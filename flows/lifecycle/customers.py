"""One customer, from the reference that the operator has in hand to the keyed hashes that the database knows."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from configs.errors import ConfigError
from flows.intake import unpack
from flows.sources.config import SourceConfig
from flows.sources.formats.table import LINE
from flows.sources.mapping import identifier
from flows.sources.registry import load_sources
from flows.sources.suggest import did_you_mean
from flows.workspace import Workspace
from storage.database import reading
from storage.quarantine import QuarantinedRecord, quarantine_numbers, quarantine_some
from storage.status import source_ids

PAGE = 500
Sources = Mapping[int, SourceConfig | None]  # by number; None: its description is not there any more


@dataclass(frozen=True)
class Customer:
    """A customer as some sources know them: `hash` is what stands in their feedback."""

    reference: str
    hash: str
    sources: Sources


def customers(work: Workspace, reference: str, names: Sequence[str]) -> list[Customer]:
    """The customer that these sources call `reference`: one for all that share customers, one for each other.

    A source whose description is gone is looked through both ways: nobody knows any more whether it shared them.

    Raises:
        ConfigError: no reference, no source or an unknown one, or one that knows no customers.
    """
    if not reference.strip():
        raise ConfigError("no reference", place="CUSTOMER_REF", accepted="what the source calls the customer")
    with reading(work.engine) as connection:
        numbers = source_ids(connection)
    configured = {source.name: source for source in load_sources(work.settings.sources_dir)}
    _check_names(names, numbers, configured)
    shared = {name for name, source in configured.items() if source.customer and source.customer.shared}
    gone = set(names) - set(configured)
    scopes: list[tuple[str | None, set[str]]] = [(name, {name}) for name in names if name not in shared]
    if shared & set(names) or gone:
        scopes.append((None, shared | gone))
    return [
        Customer(
            reference,
            work.keys.customer(reference, scope),
            {numbers[name]: configured.get(name) for name in sorted(members) if name in numbers},
        )
        for scope, members in scopes
    ]


def in_quarantine(
    connection: Connection, work: Workspace, customer: Customer, looked_at: set[int]
) -> Iterator[tuple[QuarantinedRecord, Mapping[str, Any] | None]]:
    """Records in quarantine that are this customer's, opened; None for one that another key has sealed.

    A record is the customer's when its source's columns say so; where they are not there, when the reference stands
    in it, word for word. Numbers in `looked_at` are left out, those looked at are added to it.
    """
    numbers = [
        number for number in quarantine_numbers(connection, customer.sources) if number not in looked_at
    ]
    for start in range(0, len(numbers), PAGE):
        for record in quarantine_some(connection, numbers[start : start + PAGE]):
            looked_at.add(record.id)
            if record.key_id != work.keys.id:
                yield record, None
                continue
            raw = unpack(work.keys.open(record.payload))["raw"]
            if _is_of(work, customer, record, raw):
                yield record, raw


def _is_of(work: Workspace, customer: Customer, record: QuarantinedRecord, raw: Mapping[str, Any]) -> bool:
    config = customer.sources[record.source_id]
    told = config and config.customer and LINE not in raw and identifier(config.customer, raw)
    if config and told:
        scope = None if config.customer and config.customer.shared else config.name
        return work.keys.customer(told, scope) == customer.hash
    text = json.dumps(raw, ensure_ascii=False).casefold()
    words = customer.reference.casefold().split()
    return all(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words)


def _check_names(
    names: Sequence[str], stored: Mapping[str, int], configured: Mapping[str, SourceConfig]
) -> None:
    known = sorted({name for name, source in configured.items() if source.customer} | set(stored))
    if not names:
        fix = "a reference means one person within a source, perhaps another one elsewhere"
        raise ConfigError("no source is named", place="--source", accepted=known, fix=fix)
    for name in names:
        if name not in stored and name not in configured:
            raise ConfigError(
                "no such source", place="--source", found=name, accepted=known, fix=did_you_mean(name, known)
            )
        if name in configured and not configured[name].customer:
            fix = "add `customer:` to its description, or name another source"
            raise ConfigError("this source knows no customers", place="--source", found=name, fix=fix)
