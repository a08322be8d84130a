"""Stored scores read back, for tags to be derived anew by other thresholds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from storage import schema
from storage.reader import feedback, prediction, revision


class StoredScores(NamedTuple):
    """What a prediction scored: {label: 0 to 1}, as it was rounded when it was written."""

    prediction_id: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Which predictions to read: those after one number up to another, of all feedback or of one batch.

    `moved_since`: only of feedback whose metadata changed after that moment, which may have come into the batch.
    """

    after: int = 0
    upto: int | None = None
    batch: str | None = None
    moved_since: datetime | None = None


def stored_scores(
    connection: Connection, model_version: str, limit: int | None, which: Range | None = None
) -> list[StoredScores]:
    """The next scored predictions of a model version, in order of id; `limit` None takes all of the range."""
    which = which or Range()
    statement = select(prediction.c.id, prediction.c.scores).where(
        prediction.c.model_version == model_version,
        prediction.c.outcome == "scored",
        prediction.c.id > which.after,
    )
    if which.upto is not None:
        statement = statement.where(prediction.c.id <= which.upto)
    if which.batch is not None:
        statement = statement.join(revision, revision.c.id == prediction.c.revision_id).join(
            feedback, feedback.c.id == revision.c.feedback_id
        )
        statement = statement.where(feedback.c.batch == which.batch)
        if which.moved_since is not None:
            moved = feedback.c.updated_at > which.moved_since
            statement = statement.where(moved, feedback.c.updated_at > feedback.c.discovered_at)
    rows = connection.execute(statement.order_by(prediction.c.id).limit(limit))
    return [StoredScores(*row) for row in rows]


def scores_of(
    connection: Connection, model_version: str, revision_ids: Collection[int]
) -> dict[int, StoredScores | None]:
    """{revision: what this version scored}; None where it refused, absent where it has not spoken."""
    statement = select(prediction.c.revision_id, prediction.c.id, prediction.c.scores).where(
        prediction.c.revision_id.in_(sorted(revision_ids)), prediction.c.model_version == model_version
    )
    return {
        number: StoredScores(prediction_id, scores) if scores is not None else None
        for number, prediction_id, scores in connection.execute(statement)
    }


def newest_prediction(connection: Connection) -> int:
    """The greatest number that a prediction has; 0 when there is none."""
    return connection.execute(select(func.max(schema.prediction.c.id))).scalar() or 0
