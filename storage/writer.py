"""Storing what was read: one chunk, one transaction, with the cursor and the counts that belong to it.

For every chunk `read = new + revised + updated + duplicate + skipped + quarantined`.
"""

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select, update

from storage import days, schema
from storage.chunk import Chunk, NewFeedback, Quarantined, Stored
from storage.database import lock
from storage.erasure import is_erased
from storage.runs import add_counts
from storage.sums import recounted
from storage.upsert import among, insert, insert_new, insert_unseen

__all__ = ["Chunk", "NewFeedback", "Quarantined", "Stored", "preview_chunk", "register_source", "store_chunk"]

METADATA = (
    *("channel", "customer", "written_at", "written_precision", "written_relative"),
    *("rating", "rating_low", "rating_high", "nps", "survey", "batch", "language_declared", "attributes"),
)
TEXT = (
    *("text_hash", "masked_text", "clean_text", "cleaning_version"),
    *("language", "language_confidence", "refusal", "tokens"),
)


@dataclass(slots=True)
class _Known:
    """What the database holds of one feedback, kept up to date while a chunk is gone through."""

    id: int
    metadata_hash: str
    discovered_at: datetime
    latest: str = ""  # text hash of its newest revision
    texts: set[str] = field(default_factory=set)


def register_source(connection: Connection, name: str, kind: str, channel: str | None, now: datetime) -> int:
    """The number of the source called `name`, which is added or brought up to date."""
    statement = insert(connection, schema.source)
    values = {"name": name, "kind": kind, "channel": channel, "created_at": now}
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"kind": statement.excluded.kind, "channel": statement.excluded.channel},
        ),
        values,
    )
    found = select(schema.source.c.id).where(schema.source.c.name == name)
    return int(connection.execute(found).scalar_one())


def store_chunk(connection: Connection, run_id: str, chunk: Chunk, keys_id: str, now: datetime) -> Stored:
    """Store a chunk, its cursor and its counts in the caller's transaction (`database.writing`).

    A key never seen is a feedback with its first revision; a known key with a text never seen for it gets a
    next revision; a known text is a duplicate, unless it is the newest and its metadata changed: then they
    are updated. Storing the same chunk again, or from two processes at once, doubles nothing.

    Args:
        connection: inside a transaction.
        run_id: run that read it.
        chunk: at most a few hundred rows.
        keys_id: `Keys.id` of the keys that hashed and sealed.
        now: the moment to write down; aware.
    """
    lock(connection, "source", chunk.source_id)
    chunk = _without_erased(connection, chunk)
    stored = _store_feedback(connection, run_id, chunk, keys_id, now)
    stored.duplicate += chunk.duplicates
    stored.skipped = chunk.skipped.total()
    stored.quarantined = len(chunk.quarantined)
    _store_quarantined(connection, run_id, chunk, keys_id, now)
    _store_cursor(connection, chunk, now)
    add_counts(connection, run_id, chunk.source_id, _counts(stored, chunk))
    return stored


def preview_chunk(connection: Connection, chunk: Chunk) -> Stored:
    """What `store_chunk` would count, found out by reading alone."""
    chunk = _without_erased(connection, chunk)
    known = _known(connection, chunk.source_id, {item.external_id for item in chunk.feedback})
    changes = _Changes("", "", datetime.min, ZoneInfo("UTC"))
    for item in chunk.feedback:
        hashed = _metadata_hash(item)
        changes.take(item, hashed, known.setdefault(item.external_id, _Known(0, hashed, datetime.min)))
    changes.stored.duplicate += chunk.duplicates
    changes.stored.skipped = chunk.skipped.total()
    changes.stored.quarantined = len(chunk.quarantined)
    return changes.stored


def _without_erased(connection: Connection, chunk: Chunk) -> Chunk:
    """The chunk with what was erased before counted as skipped: the source may go on delivering it."""
    stones = [item.tombstone for item in chunk.feedback if item.tombstone is not None]
    erased = is_erased(
        connection, chunk.source_id, [*stones, *(item.fingerprint for item in chunk.quarantined)]
    )
    if not erased:
        return chunk
    feedback = [item for item in chunk.feedback if item.tombstone not in erased]
    quarantined = [item for item in chunk.quarantined if item.fingerprint not in erased]
    left_out = len(chunk.feedback) - len(feedback) + len(chunk.quarantined) - len(quarantined)
    skipped = chunk.skipped + Counter(erased=left_out)
    return replace(chunk, feedback=feedback, quarantined=quarantined, skipped=skipped)


def _store_feedback(connection: Connection, run_id: str, chunk: Chunk, keys_id: str, now: datetime) -> Stored:
    if not chunk.feedback:
        return Stored()
    hashes = [_metadata_hash(item) for item in chunk.feedback]
    known = _known(connection, chunk.source_id, {item.external_id for item in chunk.feedback})
    zone = days.zone(connection)
    fresh = {
        item.external_id: _feedback_row(item, hashed, keys_id, now)
        | {
            "source_id": chunk.source_id,
            "discovered_at": now,
            "day": days.day_of(item.written_at or now, zone),
        }
        for item, hashed in zip(reversed(chunk.feedback), reversed(hashes), strict=True)
        if item.external_id not in known
    }
    if fresh:
        insert_unseen(connection, schema.feedback, [fresh[key] for key in sorted(fresh)])
        known |= _known(connection, chunk.source_id, set(fresh))
    changes = _Changes(run_id, keys_id, now, zone)
    for item, hashed in zip(chunk.feedback, hashes, strict=True):
        changes.take(item, hashed, known[item.external_id])
    changes.write(connection)
    return changes.stored


class _Changes:
    """Goes through a chunk row by row and gathers what is to be written: each table is written once."""

    def __init__(self, run_id: str, keys_id: str, now: datetime, zone: ZoneInfo) -> None:
        self.stored = Stored()
        self._run_id, self._keys_id, self._now, self._zone = run_id, keys_id, now, zone
        self._revisions: list[dict[str, Any]] = []
        self._outdated: set[int] = set()
        self._metadata: dict[int, dict[str, Any]] = {}

    def take(self, item: NewFeedback, metadata_hash: str, known: _Known) -> None:
        """Decide what one row is, against what is known once the rows before it are stored."""
        if item.text_hash not in known.texts:
            if known.texts:
                self.stored.revised += 1
                self._outdated.add(known.id)
            else:
                self.stored.new += 1
            known.texts.add(item.text_hash)
            known.latest = item.text_hash
            self._add_revision(item, known)
        elif metadata_hash != known.metadata_hash and item.text_hash == known.latest:
            self.stored.updated += 1
        else:
            self.stored.duplicate += 1
            return
        if metadata_hash != known.metadata_hash:
            known.metadata_hash = metadata_hash
            self._change_metadata(item, metadata_hash, known)

    def write(self, connection: Connection) -> None:
        """Write what was gathered: one statement a table."""
        with recounted(connection, self._outdated | set(self._metadata)):
            self._write_revisions(connection)
            self._write_metadata(connection)

    def _write_revisions(self, connection: Connection) -> None:
        revision = schema.revision
        if self._outdated:
            outdated = among(connection, revision.c.feedback_id, self._outdated)
            connection.execute(update(revision).where(outdated, revision.c.latest), {"latest": False})
        if self._revisions:
            newest = {row["feedback_id"]: row for row in self._revisions}
            for row in newest.values():
                row["latest"] = True
            insert_unseen(connection, revision, self._revisions)

    def _write_metadata(self, connection: Connection) -> None:
        by_id = update(schema.feedback).where(schema.feedback.c.id == bindparam("key"))
        # Rows that keep their written_at name fewer columns, and one statement takes rows of one shape.
        for relative in (False, True):
            rows = [row for row in self._metadata.values() if row["written_relative"] is relative]
            if rows:
                connection.execute(by_id, rows)

    def _add_revision(self, item: NewFeedback, known: _Known) -> None:
        row = {name: getattr(item, name) for name in TEXT}
        row |= {"feedback_id": known.id, "number": len(known.texts), "latest": False, "predicted_by": None}
        self._revisions.append(row | {"run_id": self._run_id, "read_at": self._now})

    def _change_metadata(self, item: NewFeedback, metadata_hash: str, known: _Known) -> None:
        row = _feedback_row(item, metadata_hash, self._keys_id, self._now)
        del row["external_id"]
        if item.written_relative:
            # Counted from the day it was read: the first count is the nearest to the truth.
            del row["written_at"]
        else:
            row["day"] = days.day_of(item.written_at or known.discovered_at, self._zone)
        self._metadata[known.id] = row | {"key": known.id}


def _known(connection: Connection, source_id: int, keys: set[str]) -> dict[str, _Known]:
    """What is stored under these external ids."""
    feedback, revision = schema.feedback, schema.revision
    statement = (
        select(
            feedback.c.external_id,
            feedback.c.id,
            feedback.c.metadata_hash,
            feedback.c.discovered_at,
            revision.c.text_hash,
            revision.c.latest,
        )
        .outerjoin(revision, revision.c.feedback_id == feedback.c.id)
        .where(feedback.c.source_id == source_id, among(connection, feedback.c.external_id, keys))
    )
    found: dict[str, _Known] = {}
    for key, number, metadata_hash, discovered_at, text_hash, latest in connection.execute(statement):
        known = found.setdefault(key, _Known(number, metadata_hash, discovered_at))
        if text_hash is not None:
            known.texts.add(text_hash)
            known.latest = text_hash if latest else known.latest
    return found


def _feedback_row(item: NewFeedback, metadata_hash: str, keys_id: str, now: datetime) -> dict[str, Any]:
    row = {name: getattr(item, name) for name in METADATA}
    return row | {
        "external_id": item.external_id,
        "attributes": dict(item.attributes),
        "customer_key_id": keys_id if item.customer is not None else None,
        "metadata_hash": metadata_hash,
        "updated_at": now,
    }


def _metadata_hash(item: NewFeedback) -> str:
    """Digest of the metadata (32 hex digits), without a date that moves with the day of the export."""
    values = {name: getattr(item, name) for name in METADATA}
    written = values.pop("written_at")
    if written is not None and not item.written_relative:
        values["written_at"] = written.timestamp()
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=dict).encode()).hexdigest()[:32]


def _store_quarantined(
    connection: Connection, run_id: str, chunk: Chunk, keys_id: str, now: datetime
) -> None:
    shared = {"source_id": chunk.source_id, "run_id": run_id, "key_id": keys_id, "quarantined_at": now}
    rows = [asdict(item) | shared | {"state": "waiting"} for item in chunk.quarantined]
    insert_new(connection, schema.quarantine, rows)


def _store_cursor(connection: Connection, chunk: Chunk, now: datetime) -> None:
    if chunk.part is None or chunk.position is None:
        return
    statement = insert(connection, schema.cursor)
    moved = {"position": statement.excluded.position, "updated_at": statement.excluded.updated_at}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source_id", "part"], set_=moved),
        {
            "source_id": chunk.source_id,
            "part": chunk.part,
            "position": dict(chunk.position),
            "first_seen_at": now,
            "updated_at": now,
        },
    )


def _counts(stored: Stored, chunk: Chunk) -> Counter[tuple[str, str]]:
    names = ("read", "new", "revised", "updated", "duplicate")
    counts = Counter({(name, ""): int(getattr(stored, name)) for name in names})
    counts.update({("skipped", reason): n for reason, n in chunk.skipped.items()})
    counts.update(("quarantined", item.reason) for item in chunk.quarantined)
    return counts
