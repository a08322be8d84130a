"""Feedback that its source has deleted is withdrawn from every view, and comes back when the source has it again."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from storage.chunk import Chunk
from storage.schema import feedback
from storage.sums import recounted
from storage.upsert import among


def follow_source(connection: Connection, chunk: Chunk, now: datetime) -> None:
    """Mark what a chunk says is deleted, unmark what it delivers again.

    Nothing is erased: `ressenti erase` and the retention do that. What was never stored is passed over.

    Args:
        connection: inside the transaction that stored the chunk, after it.
        chunk: as it was stored.
        now: the moment to write down; aware.
    """
    gone = _numbers(connection, chunk.source_id, set(chunk.deleted), living=True)
    back = _numbers(connection, chunk.source_id, {item.external_id for item in chunk.feedback}, living=False)
    for numbers, moment in ((gone, now), (back, None)):
        if numbers:
            with recounted(connection, numbers):
                these = update(feedback).where(among(connection, feedback.c.id, numbers))
                connection.execute(these, {"deleted_at": moment, "updated_at": now})


def _numbers(connection: Connection, source_id: int, external_ids: set[str], *, living: bool) -> list[int]:
    """Numbers of the source's feedback with these ids that live, or that do not."""
    if not external_ids:
        return []
    lives = feedback.c.deleted_at.is_(None)
    found = select(feedback.c.id).where(
        feedback.c.source_id == source_id,
        among(connection, feedback.c.external_id, external_ids),
        lives if living else ~lives,
    )
    return list(connection.execute(found).scalars())
