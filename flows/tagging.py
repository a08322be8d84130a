"""Tags from scores: of fresh ones, and again from stored ones, without scoring, when thresholds change.

A scope shows tags by one threshold set. Whoever writes predictions holds the lock `activation` shared and writes
tags by every set that the text's scope shows or would show after a rollback; whoever activates holds it alone. So
between deriving tags for what is stored and showing them nothing can come in without tags by the new set.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from flows.workspace import Workspace, now
from nlp.thresholds import Scores, Thresholds
from storage.database import lock, reading, writing
from storage.predictions import NewPrediction, NewTag, write_tags
from storage.reader import PendingText
from storage.registry import (
    DEFAULT,
    Active,
    activate,
    activated_at,
    active,
    batch_scope,
    kept_sets,
    labels_of,
    overrides,
    thresholds_of,
)
from storage.scores import Range, StoredScores, newest_prediction, scores_of, stored_scores

UNCLEAR = "unclear"  # in the tags' table: no tag, but a score just below one
PAGE = 2000  # stored scores in one transaction: well under a second


def tagged(thresholds: Thresholds, scores: Scores) -> list[list[NewTag]]:
    """The tags of each row of scores; a text of which the model is not certain carries `unclear` alone."""
    decision = thresholds.apply(scores)
    return [
        [NewTag(UNCLEAR, float(row.max()), False)] if unclear else [NewTag(*tag) for tag in tags]
        for row, tags, unclear in zip(scores, decision.tags, decision.unclear, strict=True)
    ]


def derived(thresholds: Thresholds, stored: Sequence[StoredScores]) -> list[list[NewTag]]:
    """The tags of stored scores, in their order."""
    scores = np.array([[row.scores[label] for label in thresholds.labels] for row in stored], np.float64)
    return tagged(thresholds, scores.reshape(len(stored), len(thresholds.labels)))


def corrected(tags: Sequence[NewTag], said: Mapping[str, bool]) -> list[NewTag]:
    """A model's tags with what people said of the text over them, as the view `current_tag` has it."""
    if not said:
        return list(tags)
    kept = [tag for tag in tags if tag.label not in said and tag.label != UNCLEAR]
    scores = {tag.label: tag.score for tag in tags}
    return kept + [NewTag(label, scores.get(label, 1.0), True) for label, present in said.items() if present]


def registered(connection: Connection, shows: Active) -> Thresholds:
    """A registered threshold set, its labels in the order of the model that it is used with."""
    cuts = thresholds_of(connection, shows.threshold_set)
    return Thresholds.model_validate({"cuts": cuts}).ordered(labels_of(connection, shows.model_version))


def tags_by(
    connection: Connection, shows: Active, revision_ids: Collection[int], thresholds: Thresholds | None = None
) -> dict[int, list[NewTag]]:
    """{revision: its tags by a version and threshold set, from stored scores}; absent where it has not spoken.

    `thresholds`: those of a set that is not registered.
    """
    said = scores_of(connection, shows.model_version, revision_ids)
    scored = {number: stored for number, stored in said.items() if stored is not None}
    tags = derived(thresholds or registered(connection, shows), list(scored.values())) if scored else []
    return {number: [] for number in said} | dict(zip(scored, tags, strict=True))


def tag_alongside(
    connection: Connection, texts: Sequence[PendingText], predictions: Sequence[NewPrediction]
) -> None:
    """Tags of texts just scored by the other threshold sets that their scopes keep; most nights there is none.

    The caller's transaction must hold the lock `activation` since its beginning.
    """
    wanted: dict[Active, list[int]] = defaultdict(list)
    for version in sorted({each.model_version for each in predictions}):
        kept = kept_sets(connection, version, {scope for text in texts for scope in _scopes(text)})
        for text, said in zip(texts, predictions, strict=True):
            if said.model_version == version and said.outcome == "scored":
                sets = {each for scope in _scopes(text) for each in kept.get(scope, ())}
                for threshold_set in sets - {said.threshold_set}:
                    wanted[Active(version, threshold_set)].append(text.revision_id)
    for shows, revision_ids in sorted(wanted.items(), key=lambda item: item[0].threshold_set):
        stored = scores_of(connection, shows.model_version, revision_ids)
        _write(connection, shows, [row for row in stored.values() if row is not None])


def show(work: Workspace, shows: Active, scope: str, *, by: str, by_settings: bool = False) -> bool:
    """Make a scope show a registered version and threshold set, all at once; False if it does already.

    Tags by these thresholds are first derived from the scope's stored scores, in small transactions beside which
    others may write; what came in meanwhile is done in the transaction that activates.
    """
    with reading(work.engine) as connection:
        if active(connection).get(scope) == shows:
            return False
    which = Range(batch=_batch(scope))
    for _ in range(2):  # the second time there is little left, so that the last transaction is short
        with writing(work.engine) as connection:
            lock(connection, "activation")  # whoever was writing has committed: no smaller number comes later
            which = replace(which, upto=newest_prediction(connection))
        derive(work, shows, which)
        which = replace(which, after=which.upto or 0)
    with writing(work.engine) as connection:
        lock(connection, "activation")
        _derive_page(connection, shows, replace(which, upto=None), None)
        return activate(
            connection,
            shows.model_version,
            shows.threshold_set,
            now(),
            by=by,
            scope=scope,
            by_settings=by_settings,
        )


def derive(work: Workspace, shows: Active, which: Range) -> None:
    """Write the tags of stored scores by a threshold set, page by page; those that are there stay."""
    after: int | None = which.after
    while after is not None:
        with writing(work.engine) as connection:
            after = _derive_page(connection, shows, replace(which, after=after), PAGE)


def tag_moved(work: Workspace) -> None:
    """Tags for feedback that a change of its metadata brought into a batch with thresholds of its own."""
    with reading(work.engine) as connection:
        shown, since = overrides(active(connection)), activated_at(connection)
    for batch, shows in shown.items():
        derive(work, shows, Range(batch=batch, moved_since=since[batch_scope(batch)]))


def _derive_page(connection: Connection, shows: Active, which: Range, limit: int | None) -> int | None:
    """Returns the last prediction's number, None when there are no more."""
    stored = stored_scores(connection, shows.model_version, limit, which)
    _write(connection, shows, stored)
    return stored[-1].prediction_id if stored else None


def _write(connection: Connection, shows: Active, stored: Sequence[StoredScores]) -> None:
    if stored:
        tags = derived(registered(connection, shows), stored)
        rows = [(row.prediction_id, of_one) for row, of_one in zip(stored, tags, strict=True)]
        write_tags(connection, shows.threshold_set, rows)


def _scopes(text: PendingText) -> tuple[str, ...]:
    return (DEFAULT,) if text.batch is None else (DEFAULT, batch_scope(text.batch))


def _batch(scope: str) -> str | None:
    return None if scope == DEFAULT else scope.removeprefix(batch_scope(""))
