"""Keeping the notes of `revision.predicted_by` near to what is shown, so that `reader.pending` stays quick.

A note names the version that spoke last. After a rollback all notes name the version that was taken back:
nothing is pending, but only the predictions themselves say so, and asking each of them takes 1.6 s at a million
revisions, for every chunk anew. `catch_up` renames those notes, once.
"""

from sqlalchemy import Connection, select, update

from storage.reader import feedback, living, parts_pending, predicted_by, revision
from storage.registry import active

ROWS = 20_000  # in one transaction: well under a second


def catch_up(connection: Connection, limit: int = ROWS) -> int:
    """Note the version shown on up to `limit` revisions that it has spoken of; returns on how many.

    To be called in transactions of their own until it returns 0, before a run asks for what is pending. Where
    the notes fit, which is each night but the one after a rollback, it takes some milliseconds.
    """
    done = 0
    for part in parts_pending(connection, active(connection)):
        stale = (
            select(revision.c.id)
            .select_from(revision.join(feedback))
            .where(*living(), *part.where, predicted_by(part.version))
            .limit(limit - done)
        )
        renamed = update(revision).where(revision.c.id.in_(stale))
        done += connection.execute(renamed, {"predicted_by": part.version}).rowcount
    return done
