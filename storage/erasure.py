"""Erasing feedback with all that was made of it: in the caller's transaction, with a proof and tombstones.

Whoever erases holds the sources' locks, so that nothing of them comes in meanwhile, then locks the texts: others that
write about one of them wait, and then find it gone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from storage.database import lock
from storage.schema import (
    correction,
    feedback,
    followup,
    followup_feedback,
    prediction,
    quarantine,
    revision,
    tag,
)
from storage.schema.lifecycle import erasure, tombstone
from storage.sums import recounted
from storage.upsert import among, insert_new

PAGE = 1000  # feedback deleted by one round of statements; a customer has rarely more
TABLES = (feedback, revision, prediction, tag, correction, followup, followup_feedback, quarantine)
Fingerprint = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """What is to be erased: feedback, customers (keyed hashes) whose follow-ups go too, records in quarantine."""

    feedback: Sequence[int] = ()
    customers: Collection[str] = ()
    quarantine: Sequence[int] = ()

    def __bool__(self) -> bool:
        return bool(self.feedback or self.customers or self.quarantine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An erasure as it is written down."""

    id: int
    kind: str
    erased_at: datetime
    erased_by: str
    counts: dict[str, int]
    purged_at: datetime | None


def begin(
    connection: Connection,
    kind: Literal["customer", "retention"],
    now: datetime,
    *,
    by: str,
    key_id: str,
    subject: str | None = None,
) -> int:
    """Write down that an erasure began; returns its number."""
    values: dict[str, Any] = {
        "kind": kind,
        "subject": subject,
        "key_id": key_id,
        "counts": {},
        "erased_at": now,
        "erased_by": by,
    }
    return int(connection.execute(insert(erasure).returning(erasure.c.id), values).scalar_one())


def hold(connection: Connection, source_ids: Collection[int]) -> None:
    """Keep everybody from storing anything of these sources until the transaction ends."""
    for number in sorted(source_ids):
        lock(connection, "source", number)


def erase(connection: Connection, number: int, doomed: Doomed, fingerprint: Fingerprint) -> Counter[str]:
    """Delete it all and leave tombstones; what is not there any more is passed over.

    Sums that came down to nothing stay until `sums.prune`.

    Args:
        connection: inside a transaction that `hold`s the sources.
        number: of the erasure, which counts what went.
        doomed: what is to go.
        fingerprint: makes a feedback's external id what its tombstone says.

    Returns:
        {table: rows deleted}.
    """
    _lock_texts(connection, doomed.feedback)
    gone: Counter[str] = Counter()
    for ids in _pages(doomed.feedback):
        gone += _erase_feedback(connection, number, ids, fingerprint)
    gone += _erase_followups(connection, _of_customers(doomed.customers))
    for ids in _pages(doomed.quarantine):
        gone += _erase_quarantine(connection, number, ids)
    _add_counts(connection, number, gone)
    return gone


def would_erase(connection: Connection, doomed: Doomed) -> Counter[str]:
    """{table: rows} that `erase` would delete."""
    found: Counter[str] = Counter()
    met: set[int] = set()
    for ids in _pages(doomed.feedback):
        for table, where in _belonging(connection, ids).items():
            found[table.name] += _count(connection, table, where)
        met |= _followups_of(connection, ids)
    erased = set(doomed.feedback)
    links = _links_of(connection, met)
    orphans = {number for number in met if links[number] <= erased}
    theirs = set(connection.execute(select(followup.c.id).where(_of_customers(doomed.customers))).scalars())
    others = _links_of(connection, theirs)
    found["followup"] = len(orphans | theirs)
    found["followup_feedback"] += sum(len(others[number] - erased) for number in theirs)
    found["quarantine"] = len(doomed.quarantine)
    return +found


def feedback_of(connection: Connection, customers: Collection[str]) -> list[int]:
    """Numbers of all feedback of these customers (keyed hashes)."""
    statement = select(feedback.c.id).where(feedback.c.customer.in_(sorted(customers)))
    return list(connection.execute(statement.order_by(feedback.c.id)).scalars())


def other_keys(connection: Connection, key_id: str) -> list[str]:
    """Ids of other keys that hashed customers here: who is known by those is not found with this one."""
    used = select(feedback.c.customer_key_id).where(feedback.c.customer_key_id != key_id).distinct()
    return list(connection.execute(used.order_by(feedback.c.customer_key_id)).scalars())


def is_erased(connection: Connection, source_id: int, fingerprints: Collection[str]) -> set[str]:
    """Which of these fingerprints have a tombstone."""
    if not fingerprints:
        return set()
    statement = select(tombstone.c.fingerprint).where(
        tombstone.c.source_id == source_id, among(connection, tombstone.c.fingerprint, fingerprints)
    )
    return set(connection.execute(statement).scalars())


def proofs(connection: Connection, subject: str) -> list[Proof]:
    """Every erasure of a customer, oldest first."""
    columns = [erasure.c[name] for name in Proof.__slots__]
    rows = connection.execute(select(*columns).where(erasure.c.subject == subject).order_by(erasure.c.id))
    return [Proof(**row._mapping) for row in rows]


def mark_purged(connection: Connection, now: datetime, *, erased_before: datetime) -> None:
    """Write down that no file of the database holds anything that was erased before a moment."""
    waiting = update(erasure).where(erasure.c.purged_at.is_(None), erasure.c.erased_at <= erased_before)
    connection.execute(waiting, {"purged_at": now})


def _lock_texts(connection: Connection, feedback_ids: Sequence[int]) -> None:
    """All of them before the first sum, in the order in which others lock them: nobody waits in a ring."""
    texts: list[int] = []
    for ids in _pages(feedback_ids):
        of_these = select(revision.c.id).where(among(connection, revision.c.feedback_id, ids))
        texts += connection.execute(of_these).scalars()
    for ids in _pages(sorted(texts)):
        these = select(revision.c.id).where(among(connection, revision.c.id, ids))
        connection.execute(these.order_by(revision.c.id).with_for_update())


def _erase_feedback(
    connection: Connection, number: int, ids: Sequence[int], fingerprint: Fingerprint
) -> Counter[str]:
    _leave_tombstones(connection, number, ids, fingerprint)
    gone: Counter[str] = Counter()
    with recounted(connection, ids):
        lock(connection, "followup")
        met = _followups_of(connection, ids)
        for table, where in _belonging(connection, ids).items():
            gone[table.name] = connection.execute(delete(table).where(where)).rowcount
    still_linked = exists().where(followup_feedback.c.followup_id == followup.c.id)
    return gone + _erase_followups(connection, among(connection, followup.c.id, met) & ~still_linked)


def _belonging(connection: Connection, ids: Collection[int]) -> dict[Table, ColumnElement[bool]]:
    """What belongs to feedback, children first."""
    revisions = select(revision.c.id).where(among(connection, revision.c.feedback_id, ids))
    predictions = select(prediction.c.id).where(prediction.c.revision_id.in_(revisions))
    return {
        tag: tag.c.prediction_id.in_(predictions),
        prediction: prediction.c.revision_id.in_(revisions),
        correction: correction.c.revision_id.in_(revisions),
        followup_feedback: among(connection, followup_feedback.c.feedback_id, ids),
        revision: among(connection, revision.c.feedback_id, ids),
        feedback: among(connection, feedback.c.id, ids),
    }


def _leave_tombstones(
    connection: Connection, number: int, ids: Sequence[int], fingerprint: Fingerprint
) -> None:
    known = select(feedback.c.source_id, feedback.c.external_id).where(among(connection, feedback.c.id, ids))
    rows = [
        {"source_id": source_id, "fingerprint": fingerprint(external_id), "erasure_id": number}
        for source_id, external_id in connection.execute(known)
    ]
    insert_new(connection, tombstone, rows)


def _erase_followups(connection: Connection, where: ColumnElement[bool]) -> Counter[str]:
    lock(connection, "followup")
    ids = set(connection.execute(select(followup.c.id).where(where)).scalars())
    if not ids:
        return Counter()
    linked = delete(followup_feedback).where(among(connection, followup_feedback.c.followup_id, ids))
    links = connection.execute(linked).rowcount
    connection.execute(delete(followup).where(among(connection, followup.c.id, ids)))
    return Counter(followup=len(ids), followup_feedback=links)


def _erase_quarantine(connection: Connection, number: int, ids: Sequence[int]) -> Counter[str]:
    where = among(connection, quarantine.c.id, ids)
    gone = delete(quarantine).where(where).returning(quarantine.c.source_id, quarantine.c.fingerprint)
    rows = [dict(row._mapping) | {"erasure_id": number} for row in connection.execute(gone)]
    insert_new(connection, tombstone, rows)
    return Counter(quarantine=len(rows))


def _followups_of(connection: Connection, feedback_ids: Collection[int]) -> set[int]:
    link = followup_feedback
    met = select(link.c.followup_id).where(among(connection, link.c.feedback_id, feedback_ids))
    return set(connection.execute(met).scalars())


def _links_of(connection: Connection, followup_ids: Collection[int]) -> dict[int, set[int]]:
    """{follow-up: the feedback that led to it}."""
    link = followup_feedback
    linked = among(connection, link.c.followup_id, followup_ids)
    found: dict[int, set[int]] = defaultdict(set)
    for number, feedback_id in connection.execute(
        select(link.c.followup_id, link.c.feedback_id).where(linked)
    ):
        found[number].add(feedback_id)
    return found


def _of_customers(customers: Collection[str]) -> ColumnElement[bool]:
    return (followup.c.subject_kind == "customer") & followup.c.subject_key.in_(sorted(customers))


def _add_counts(connection: Connection, number: int, gone: Counter[str]) -> None:
    this = erasure.c.id == number
    before = connection.execute(select(erasure.c.counts).where(this)).scalar_one()
    connection.execute(update(erasure).where(this), {"counts": dict(Counter(before) + gone)})


def _count(connection: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(where)).scalar_one()


def _pages(ids: Sequence[int]) -> Iterator[list[int]]:
    left = iter(ids)
    while page := list(islice(left, PAGE)):
        yield page
