"""Stored scores of living feedback, page by page, and how often each label is a tag: what a sample is drawn from."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from storage import schema
from storage.reader import feedback, living, prediction, revision, source


class Scored(NamedTuple):
    """A prediction of the newest text of a living feedback: {label: 0 to 1}."""

    prediction_id: int
    revision_id: int
    scores: Mapping[str, float]


class SampledText(NamedTuple):
    """What a person needs to judge a text."""

    revision_id: int
    source: str
    external_id: str
    language: str | None
    channel: str
    masked_text: str


def source_names(connection: Connection) -> list[str]:
    """Every source that feedback came from."""
    return list(connection.execute(select(source.c.name).order_by(source.c.name)).scalars())


def scored(
    connection: Connection, model_version: str, limit: int, *, after: int = 0, sources: Sequence[str] = ()
) -> list[Scored]:
    """The next scored texts, in order of prediction; only of some sources where any is named."""
    statement = (
        select(prediction.c.id, prediction.c.revision_id, prediction.c.scores)
        .select_from(prediction.join(revision, revision.c.id == prediction.c.revision_id).join(feedback))
        .where(prediction.c.model_version == model_version, prediction.c.outcome == "scored")
        .where(*living(), prediction.c.id > after)
    )
    if sources:
        statement = statement.join(source, source.c.id == feedback.c.source_id).where(
            source.c.name.in_(sources)
        )
    return [Scored(*row) for row in connection.execute(statement.order_by(prediction.c.id).limit(limit))]


def tag_counts(connection: Connection, threshold_set: str) -> dict[str, int]:
    """{label: how many predictions it is a tag of}."""
    tag = schema.tag
    statement = select(tag.c.label, func.count()).where(tag.c.threshold_set == threshold_set)
    return {label: count for label, count in connection.execute(statement.group_by(tag.c.label))}


def sampled_texts(connection: Connection, revision_ids: Sequence[int]) -> dict[int, SampledText]:
    """{revision: its masked text and whose it is}."""
    columns = (
        *(revision.c.id, source.c.name, feedback.c.external_id, revision.c.language, feedback.c.channel),
        revision.c.masked_text,
    )
    statement = select(*columns).select_from(revision.join(feedback).join(source))
    rows = connection.execute(statement.where(revision.c.id.in_(revision_ids)))
    return {row.id: SampledText(*row) for row in rows}
