"""Writing what a model said: once per revision and model version, with its tags and counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, select, update

from storage import schema, sums
from storage.runs import Count, add_counts
from storage.upsert import among, insert_unseen

DIGITS = 5  # of a score: far finer than any threshold, a third of the room of a full float


class NewTag(NamedTuple):
    """A label whose score passed its threshold; `unclear` when none did but one came near."""

    label: str
    score: float
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrediction:
    """What one model version says of one revision. `scores` is None and `tags` empty when refused."""

    revision_id: int
    model_version: str
    outcome: Literal["scored", "refused"] = "scored"
    reason: str | None = None
    scores: Mapping[str, float] | None = None
    threshold_set: str | None = None
    tags: Sequence[NewTag] = ()


def write_predictions(
    connection: Connection, run_id: str, predictions: Sequence[NewPrediction], now: datetime
) -> int:
    """Write predictions, tags and counts in the caller's transaction; returns how many were really written.

    A prediction that is there already stays as it is, is not counted, and neither are its tags: a second
    worker with the same texts changes nothing. A revision erased in the meantime is left out.
    """
    by_key = {(item.revision_id, item.model_version): item for item in predictions}
    sources = _lock_revisions(connection, {revision_id for revision_id, _ in by_key})
    there = _predicted(connection, set(sources))
    fresh = [by_key[key] for key in sorted(by_key) if key not in there and key[0] in sources]
    if not fresh:
        return 0
    insert_unseen(connection, schema.prediction, [_prediction_row(item, run_id, now) for item in fresh])
    _mark(connection, fresh)
    ids = _predicted(connection, set(sources))
    _write_tags_of(connection, fresh, ids)
    sums.count(connection, [ids[item.revision_id, item.model_version] for item in fresh])
    for source_id, counts in _counts(fresh, sources).items():
        add_counts(connection, run_id, source_id, counts)
    return len(fresh)


def write_tags(
    connection: Connection, threshold_set: str, tags: Iterable[tuple[int, Sequence[NewTag]]]
) -> int:
    """Write the tags that a threshold set makes of predictions stored before: (prediction id, its tags).

    Idempotent. Returns how many rows were asked for.
    """
    by_prediction = {prediction_id: of_one for prediction_id, of_one in tags if of_one}
    revision_ids = select(schema.prediction.c.revision_id).where(
        among(connection, schema.prediction.c.id, by_prediction)
    )
    _lock_revisions(connection, connection.execute(revision_ids).scalars())
    tagged = select(schema.tag.c.prediction_id).where(
        among(connection, schema.tag.c.prediction_id, by_prediction),
        schema.tag.c.threshold_set == threshold_set,
    )
    there = set(connection.execute(tagged.distinct()).scalars())
    fresh = {number: of_one for number, of_one in by_prediction.items() if number not in there}
    insert_unseen(connection, schema.tag, _tag_rows(threshold_set, fresh))
    sums.count(connection, fresh, threshold_set)
    return sum(map(len, by_prediction.values()))


def _tag_rows(threshold_set: str, tags: Mapping[int, Sequence[NewTag]]) -> list[dict[str, Any]]:
    return [
        {
            "prediction_id": prediction_id,
            "threshold_set": threshold_set,
            "label": label,
            "score": round(float(score), DIGITS),
            "sure": bool(sure),
        }
        for prediction_id, of_one in tags.items()
        for label, score, sure in of_one
    ]


def _lock_revisions(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """{revision id: source id} of those that exist; no other worker writes about them meanwhile."""
    revision, feedback = schema.revision, schema.feedback
    statement = (
        select(revision.c.id, feedback.c.source_id)
        .join(feedback, feedback.c.id == revision.c.feedback_id)
        .where(among(connection, revision.c.id, ids))
        .order_by(revision.c.id)  # the same order in every worker, so that two never wait for each other
        .with_for_update(of=revision, key_share=True)  # SQLite has one writer and leaves this out
    )
    return {row.id: row.source_id for row in connection.execute(statement)}


def _predicted(connection: Connection, revision_ids: set[int]) -> dict[tuple[int, str], int]:
    """{(revision id, model version): prediction id} of what is stored."""
    prediction = schema.prediction
    statement = select(prediction.c.revision_id, prediction.c.model_version, prediction.c.id).where(
        among(connection, prediction.c.revision_id, revision_ids)
    )
    return {(row.revision_id, row.model_version): row.id for row in connection.execute(statement)}


def _prediction_row(item: NewPrediction, run_id: str, now: datetime) -> dict[str, Any]:
    scores = item.scores
    return {
        "revision_id": item.revision_id,
        "model_version": item.model_version,
        "outcome": item.outcome,
        "reason": item.reason,
        "scores": None
        if scores is None
        else {label: round(float(scores[label]), DIGITS) for label in scores},
        "run_id": run_id,
        "predicted_at": now,
    }


def _mark(connection: Connection, fresh: list[NewPrediction]) -> None:
    """Note on each revision which version spoke last: what is not pending any more is not looked at again."""
    revisions = defaultdict(list)
    for item in fresh:
        revisions[item.model_version].append(item.revision_id)
    revision = schema.revision
    for model_version, ids in revisions.items():
        spoken_of = update(revision).where(among(connection, revision.c.id, ids))
        connection.execute(spoken_of, {"predicted_by": model_version})


def _write_tags_of(
    connection: Connection, fresh: list[NewPrediction], ids: Mapping[tuple[int, str], int]
) -> None:
    rows = []
    for item in fresh:
        if item.threshold_set is not None:
            number = ids[item.revision_id, item.model_version]
            rows += _tag_rows(item.threshold_set, {number: item.tags})
    insert_unseen(connection, schema.tag, rows)


def _counts(fresh: list[NewPrediction], sources: Mapping[int, int]) -> dict[int, Counter[Count]]:
    counts: dict[int, Counter[Count]] = defaultdict(Counter)
    for item in fresh:
        of_source = counts[sources[item.revision_id]]
        of_source[item.outcome, item.reason or ""] += 1
        of_source.update(("tagged", tag[0]) for tag in item.tags)
    return dict(sorted(counts.items()))
