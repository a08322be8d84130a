"""score -> tag -> follow up: plain functions that a flow calls in tasks, and tests and benchmarks call bare.

The database is the queue: what the active model version has not seen is pending. A chunk is one transaction with
its predictions, tags, follow-ups and counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from flows.followup.policy import Case, Rule, decide, due, opener
from flows.workspace import Workspace, now
from nlp.thresholds import Scores, Thresholds, rounded
from storage.database import reading, writing
from storage.followups import Opening, open_or_link
from storage.predictions import NewPrediction, NewTag, write_predictions
from storage.reader import (
    PendingText,
    Selection,
    count_pending,
    count_revisions,
    pending,
    select_revisions,
)
from storage.registry import DEFAULT, active
from storage.runs import NO_SOURCE, add_counts

UNCLEAR = "unclear"  # in the tags' table: no tag, but a score just below one


def waiting(work: Workspace) -> Iterator[list[PendingText]]:
    """Texts that the configured model version has not seen, cut into chunks by count and by tokens."""
    after = 0
    while texts := _next(work, after):
        after = texts[-1].revision_id
        yield from by_tokens(work, texts)


def count_waiting(work: Workspace) -> int:
    """How many texts the configured model version has not seen."""
    version = work.configured.model_version
    with reading(work.engine) as connection:
        if _is_shown(connection, version):
            return count_pending(connection, model_version=version)
        return count_revisions(connection, Selection(lacking=version))


def _next(work: Workspace, after: int) -> list[PendingText]:
    version, limit = work.configured.model_version, work.settings.chunk_texts
    with reading(work.engine) as connection:
        if _is_shown(connection, version):
            return pending(connection, limit, after=after, model_version=version)
        return select_revisions(connection, Selection(lacking=version), limit, after=after)


def _is_shown(connection: Connection, version: str) -> bool:
    """False when another model version is active: then all that this one has not seen waits, not only the new."""
    shown = active(connection).get(DEFAULT)
    return shown is not None and shown.model_version == version


def by_tokens(work: Workspace, texts: Sequence[PendingText]) -> Iterator[list[PendingText]]:
    """Cut texts, in their order, into chunks of at most `chunk_tokens` tokens (a longer text is one alone)."""
    counts = work.model.count_tokens([text.clean_text for text in texts])
    chunk: list[PendingText] = []
    tokens = 0
    for text, count in zip(texts, counts, strict=True):
        if chunk and tokens + count > work.settings.chunk_tokens:
            yield chunk
            chunk, tokens = [], 0
        chunk.append(text)
        tokens += count
    if chunk:
        yield chunk


@dataclass(frozen=True)
class Told:
    """What became of a chunk of texts."""

    written: int
    opened: int = 0
    linked: int = 0
    too_old: int = 0


def score_and_tag(
    work: Workspace, run_id: str, texts: Sequence[PendingText], *, open_follow_ups: bool = True
) -> Told:
    """Score a chunk, tag it, open what follows from the tags: one transaction."""
    predictions = predict(work, texts)
    with work.stopwatch.time("follow up"):
        decided = follow_ups(work, texts, predictions) if open_follow_ups else FollowUps()
    with work.stopwatch.time("store"), writing(work.engine) as connection:
        written = write_predictions(connection, run_id, predictions, now())
        opened, linked = open_or_link(connection, run_id, decided.openings)
        if decided.too_old and written:  # another worker that was first has counted them
            add_counts(connection, run_id, NO_SOURCE, {("followup_too_old", ""): decided.too_old})
    return Told(written, opened, linked, decided.too_old)


def predict(work: Workspace, texts: Sequence[PendingText]) -> list[NewPrediction]:
    """What the model says of each text, in order, with its tags; refused ones are not scored."""
    wanted = [text for text in texts if text.refusal is None]
    with work.stopwatch.time("score"):
        scores = rounded(work.model.score([text.clean_text for text in wanted]))
    with work.stopwatch.time("tag"):
        scored = {
            text.revision_id: _scored(work, text, row, tags)
            for text, row, tags in zip(wanted, scores, tagged(work.thresholds, scores), strict=True)
        }
    return [scored.get(text.revision_id) or _refused(work, text) for text in texts]


def tagged(thresholds: Thresholds, scores: Scores) -> list[list[NewTag]]:
    """The tags of each row of scores; a text of which the model is not certain carries `unclear` alone."""
    decision = thresholds.apply(scores)
    return [
        [NewTag(UNCLEAR, float(row.max()), False)] if unclear else [NewTag(*tag) for tag in tags]
        for row, tags, unclear in zip(scores, decision.tags, decision.unclear, strict=True)
    ]


def _scored(
    work: Workspace, text: PendingText, scores: NDArray[np.floating[Any]], tags: Sequence[NewTag]
) -> NewPrediction:
    return NewPrediction(
        revision_id=text.revision_id,
        model_version=work.configured.model_version,
        threshold_set=work.configured.threshold_set,
        scores=dict(zip(work.version.labels, map(float, scores), strict=True)),
        tags=tags,
    )


def _refused(work: Workspace, text: PendingText) -> NewPrediction:
    return NewPrediction(
        revision_id=text.revision_id,
        model_version=work.configured.model_version,
        outcome="refused",
        reason=text.refusal,
    )


@dataclass(frozen=True)
class FollowUps:
    """What a chunk's tags ask of people, and how many rules its older feedback would have set off."""

    openings: Sequence[Opening] = ()
    too_old: int = 0


def follow_ups(
    work: Workspace, texts: Sequence[PendingText], predictions: Sequence[NewPrediction]
) -> FollowUps:
    """The follow-ups that the policy asks for; what is too old is counted, never opened."""
    openings: list[Opening] = []
    too_old = 0
    for text, prediction in zip(texts, predictions, strict=True):
        tags = {tag.label: tag.sure for tag in prediction.tags}
        case = Case(text.channel, text.discovered_at, text.written_at, tags, work.thresholds.experimental)
        decision = decide(work.policy, case, now())
        if decision.too_old:
            too_old += len(decision.rules)
        else:
            openings += [_opening(rule, text, case) for rule in decision.rules]
    return FollowUps(openings, too_old)


def _opening(rule: Rule, text: PendingText, case: Case) -> Opening:
    return Opening(
        rule=rule.id,
        subject_kind="customer" if text.customer else "feedback",
        subject_key=text.customer or str(text.feedback_id),
        feedback_id=text.feedback_id,
        priority=rule.priority,
        team=rule.team,
        label=opener(rule, case),
        opened_at=now(),
        due_at=due(rule, text.discovered_at),
    )
