"""Erasing one customer everywhere, with a proof that says nothing of who it was."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from configs.errors import StorageError
from flows.intake import tombstone
from flows.lifecycle.customers import Customer, customers, in_quarantine
from flows.versions import person
from flows.workspace import Workspace, now
from storage.compaction import compact as rewrite
from storage.compaction import truncate_log
from storage.database import reading, writing
from storage.erasure import (
    Doomed,
    begin,
    erase,
    feedback_of,
    hold,
    mark_purged,
    other_keys,
    would_erase,
)
from storage.sums import prune


@dataclass
class Erased:
    """What an erasure came to: {table: rows}, the longest transaction's seconds, what could not be looked into."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    proofs: list[int] = field(default_factory=list)
    sealed_otherwise: int = 0  # records in quarantine that another key has sealed
    other_keys: list[str] = field(default_factory=list)  # that hashed customers here
    left: str = ""  # why files of the database may still hold it


def erase_customer(
    work: Workspace, reference: str, sources: Sequence[str], *, dry_run: bool = False
) -> Erased:
    """Erase a customer's feedback with all that was made of it, their follow-ups, and their records in quarantine.

    Args:
        work: opened on the database.
        reference: what the sources call the customer.
        sources: their names.
        dry_run: only count what would go.

    Raises:
        ConfigError: an unknown source, or one that knows no customers.
        StorageError: the database refused; nothing was erased.
    """
    done = Erased()
    with reading(work.engine) as connection:
        done.other_keys = other_keys(connection, work.keys.id)
    for customer in customers(work, reference, sources):
        looked_at: set[int] = set()
        with reading(work.engine) as connection:
            found = _quarantined(connection, work, customer, looked_at, done)
            doomed = _doomed(connection, customer, found)
            if dry_run:
                done.counts += would_erase(connection, doomed)
                continue
        begun = time.perf_counter()
        with writing(work.engine) as connection:
            hold(connection, customer.sources)
            found |= _quarantined(connection, work, customer, looked_at, done)  # what came in meanwhile
            _erase(connection, work, customer, _doomed(connection, customer, found), done)
        done.seconds = max(done.seconds, time.perf_counter() - begun)
    if done.proofs:
        done.left = _purge(work)
    return done


def compact(work: Workspace) -> Iterator[tuple[str, float]]:
    """Write the database's files anew; yields each table and its seconds, and notes at the end what is gone since.

    Raises:
        StorageError: not the owner's role, others are in the way, no room.
    """
    begun = now()
    yield from rewrite(work.engine)
    with writing(work.engine) as connection:
        mark_purged(connection, now(), erased_before=begun)
    truncate_log(work.engine)


def _purge(work: Workspace) -> str:
    """Clear SQLite's file at once, and say why if that fails; PostgreSQL's tables would be locked for too long."""
    if work.engine.dialect.name != "sqlite":
        return "files of the database hold it until `ressenti db compact`"
    try:
        list(compact(work))
    except StorageError as error:
        return f"the file may still hold it, run `ressenti db compact`: {error}"
    return ""


def subject(work: Workspace, customer: Customer) -> str:
    """What a proof calls the customer."""
    return work.keys.fingerprint("erased customer", customer.hash)


def _quarantined(
    connection: Connection, work: Workspace, customer: Customer, looked_at: set[int], done: Erased
) -> set[int]:
    """Numbers of the customer's records among those not looked at yet."""
    found = set()
    for record, raw in in_quarantine(connection, work, customer, looked_at):
        if raw is None:
            done.sealed_otherwise += 1
        else:
            found.add(record.id)
    return found


def _doomed(connection: Connection, customer: Customer, quarantined: set[int]) -> Doomed:
    return Doomed(
        feedback=feedback_of(connection, [customer.hash]),
        customers=[customer.hash],
        quarantine=sorted(quarantined),
    )


def _erase(connection: Connection, work: Workspace, customer: Customer, doomed: Doomed, done: Erased) -> None:
    if not would_erase(connection, doomed):
        return
    number = begin(
        connection,
        "customer",
        now(),
        by=person(),
        key_id=work.keys.id,
        subject=subject(work, customer),
    )
    done.counts += erase(connection, number, doomed, lambda external_id: tombstone(work.keys, external_id))
    prune(connection)
    done.proofs.append(number)
