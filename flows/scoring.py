"""score -> tag -> follow up: plain functions that a flow calls in tasks, and tests and benchmarks call bare.

The database is the queue: what the active model version has not seen is pending. A chunk is one transaction with
its predictions, tags, follow-ups and counts.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from flows.followup.policy import Case, Rule, decide, due, opener
from flows.tagging import corrected, tag_alongside, tagged
from flows.workspace import Workspace, now
from nlp.thresholds import rounded
from storage.database import lock, reading, writing
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
from storage.registry import DEFAULT, Active, active, asked_anew, place_of
from storage.runs import NO_SOURCE, add_counts
from storage.tags import corrections_of

Row = NDArray[np.floating[Any]]
log = logging.getLogger("ressenti")


def waiting(work: Workspace) -> Iterator[list[PendingText]]:
    """Texts that the configured model version is to score, cut into chunks by count and by tokens."""
    after = 0
    while texts := _next(work, after):
        after = texts[-1].revision_id
        yield from by_tokens(work, texts)


def count_waiting(work: Workspace) -> int:
    """How many texts the configured model version is to score."""
    version = work.configured.model_version
    with reading(work.engine) as connection:
        if to_bring(connection, work.configured):
            return count_revisions(connection, Selection(lacking=version))
        return count_pending(connection, model_version=version)


def _next(work: Workspace, after: int) -> list[PendingText]:
    version, limit = work.configured.model_version, work.settings.chunk_texts
    with reading(work.engine) as connection:
        if to_bring(connection, work.configured):
            return select_revisions(connection, Selection(lacking=version), limit, after=after)
        return pending(connection, limit, after=after, model_version=version)


def to_bring(connection: Connection, configured: Active) -> bool:
    """True when the settings ask for another model than is shown: then all that it has not seen waits for it."""
    shown = active(connection).get(DEFAULT)
    other = shown is None or shown.model_version != configured.model_version
    return other and asked_anew(connection, configured)


def scorers(work: Workspace) -> Iterator[Workspace]:
    """The configured model, then every other one that some scope shows and that texts wait for."""
    yield work
    with reading(work.engine) as connection:
        shown = active(connection)
        if to_bring(connection, work.configured):
            shown.pop(DEFAULT, None)
        others = sorted({each.model_version for each in shown.values()} - {work.configured.model_version})
        waits = {
            version: (texts, place_of(connection, version))
            for version in others
            if (texts := count_pending(connection, model_version=version))
        }
    for version, (texts, place) in waits.items():
        found = work.with_model(place, version) if place else None
        if found is not None:
            yield found
        else:
            log.warning(
                "%d texts wait for model %s, which is not in %s: put its folder there, or show another version "
                "(`ressenti versions`)",
                *(texts, version, place or "a known folder"),
            )


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
        lock(connection, "activation", shared=True)
        written = write_predictions(connection, run_id, predictions, now())
        tag_alongside(connection, texts, predictions)
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
        rows = dict(zip((text.revision_id for text in wanted), scores, strict=True))
        tags = _tags(work, wanted, rows)
    return [
        _scored(work, text, rows[text.revision_id], tags[text.revision_id])
        if text.revision_id in rows
        else _refused(work, text)
        for text in texts
    ]


def _tags(work: Workspace, texts: Sequence[PendingText], rows: Mapping[int, Row]) -> dict[int, list[NewTag]]:
    """{revision: tags}, each text's by the thresholds that its scope shows."""
    by_set: dict[str, list[int]] = defaultdict(list)
    for text in texts:
        by_set[_threshold_set(work, text)].append(text.revision_id)
    tags: dict[int, list[NewTag]] = {}
    for threshold_set, ids in by_set.items():
        found = tagged(work.cuts(threshold_set), np.array([rows[number] for number in ids]))
        tags |= zip(ids, found, strict=True)
    return tags


def _threshold_set(work: Workspace, text: PendingText) -> str:
    """What the text's scope shows of this model, a batch's own set included; else what the settings ask for."""
    if text.model_version == work.configured.model_version and text.threshold_set is not None:
        return text.threshold_set
    return work.configured.threshold_set


def _scored(work: Workspace, text: PendingText, scores: Row, tags: Sequence[NewTag]) -> NewPrediction:
    return NewPrediction(
        revision_id=text.revision_id,
        model_version=work.configured.model_version,
        threshold_set=_threshold_set(work, text),
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
    """What the policy asks for a chunk just scored, with what people said of its texts over the model's tags."""
    sets = {each.threshold_set for each in predictions if each.threshold_set is not None}
    experimental = {each: work.cuts(each).experimental for each in sets}
    with reading(work.engine) as connection:
        said = corrections_of(connection, [text.revision_id for text in texts])
    cases = [
        case_of(
            text,
            corrected(prediction.tags, said.get(text.revision_id, {})),
            experimental.get(prediction.threshold_set or "", ()),
        )
        for text, prediction in zip(texts, predictions, strict=True)
    ]
    return asked_of(work, texts, cases)


def asked_of(work: Workspace, texts: Sequence[PendingText], cases: Sequence[Case]) -> FollowUps:
    """The follow-ups that the policy asks for; what is too old is counted, never opened."""
    openings: list[Opening] = []
    too_old = 0
    for text, case in zip(texts, cases, strict=True):
        decision = decide(work.policy, case, now())
        if decision.too_old:
            too_old += len(decision.rules)
        else:
            openings += [opening(rule, text, case) for rule in decision.rules]
    return FollowUps(openings, too_old)


def case_of(text: PendingText, tags: Sequence[NewTag], experimental: Collection[str]) -> Case:
    """What the policy looks at in a text that carries these tags."""
    sure = {tag.label: tag.sure for tag in tags}
    return Case(text.channel, text.discovered_at, text.written_at, sure, experimental)


def opening(rule: Rule, text: PendingText, case: Case) -> Opening:
    """The follow-up that a rule asks for."""
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
