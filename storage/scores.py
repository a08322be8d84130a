"""Stored scores read back, for tags to be derived anew by other thresholds."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select

from storage import schema


class StoredScores(NamedTuple):
    """What a prediction scored: {label: 0 to 1}, as it was rounded when it was written."""

    prediction_id: int
    scores: Mapping[str, float]


def stored_scores(
    connection: Connection, model_version: str, limit: int, *, after: int = 0
) -> list[StoredScores]:
    """The next scored predictions of a model version, in order of id; refused ones have no scores."""
    table = schema.prediction
    statement = (
        select(table.c.id, table.c.scores)
        .where(table.c.model_version == model_version, table.c.outcome == "scored", table.c.id > after)
        .order_by(table.c.id)
        .limit(limit)
    )
    return [StoredScores(*row) for row in connection.execute(statement)]
