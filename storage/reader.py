"""What is to be scored: pending texts, and texts chosen for reprocessing.

Pending = the latest revision of a living feedback has no prediction of the model version active for its scope
(its batch's override, else the default). Asking that of every revision would walk over the whole table each
night. So each revision notes which version spoke of it last (`predicted_by`, written in the transaction that
writes the prediction): one whose note names the version that its scope shows can't be pending. The others are
found note by note (none, or one of the few other registered versions), each an ordered range of an index.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, column, exists, func, or_, select, table

from storage import schema
from storage.registry import DEFAULT, Active, active, known_versions, overrides

revision, feedback, source, prediction = (
    schema.revision,
    schema.feedback,
    schema.source,
    schema.prediction,
)
current_tag = table(
    "current_tag",
    *(column(name) for name in ("feedback_id", "revision_id", "label", "score", "sure", "correction_id")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingText:
    """A text to score, with what a follow-up's rule may ask of its feedback."""

    revision_id: int
    feedback_id: int
    clean_text: str
    language: str | None
    refusal: str | None
    tokens: int | None
    source_id: int
    source: str
    external_id: str
    channel: str
    customer: str | None
    written_at: datetime | None
    discovered_at: datetime
    rating: float | None
    rating_low: float | None
    rating_high: float | None
    nps: int | None
    survey: str | None
    batch: str | None
    model_version: str | None = None  # what its scope shows, and is to score it
    threshold_set: str | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a part of a source was read."""

    position: dict[str, Any]
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which feedback to take, whatever was predicted of it before; what is None or empty leaves nothing out.

    `since` (included) and `until` (left out) bound the day of writing, or of discovery where that is unknown.
    """

    batch: str | None = None
    sources: Sequence[int] = ()
    since: datetime | None = None
    until: datetime | None = None
    language: str | None = None
    tag: str | None = None  # a label that is a tag of it now
    lacking: str | None = None  # a model version that has not yet spoken of it


class Part(NamedTuple):
    """What one query looks through: conditions on revision and feedback, and the version to score with."""

    version: str
    where: list[ColumnElement[bool]]


def cursor(connection: Connection, source_id: int, part: str) -> Cursor | None:
    """Where reading this part stopped; None when it was never read."""
    table = schema.cursor
    statement = select(table.c.position, table.c.first_seen_at).where(
        table.c.source_id == source_id, table.c.part == part
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else Cursor(dict(row.position), row.first_seen_at)


def pending(
    connection: Connection,
    limit: int,
    *,
    after: int = 0,
    sources: Sequence[int] = (),
    model_version: str | None = None,
) -> list[PendingText]:
    """The next texts to score, in order of revision id.

    Args:
        connection: inside a transaction.
        limit: at most so many.
        after: only revisions with a greater id; 0 for the first ones.
        sources: only of these source ids; all when empty.
        model_version: only those that this version is to score; those of all versions when None.
    """
    shown = active(connection)
    found = [
        connection.execute(_where(_texts(), part, sources, after).order_by(revision.c.id).limit(limit))
        for part in parts_pending(connection, shown, model_version)
    ]
    rows = merge(*found, key=lambda row: row.revision_id)
    return [_text(row, shown) for row in islice(rows, limit)]


def count_pending(
    connection: Connection, *, sources: Sequence[int] = (), model_version: str | None = None
) -> int:
    """How many texts wait for the version that is to score them."""
    count = select(func.count()).select_from(revision.join(feedback))
    parts = parts_pending(connection, active(connection), model_version)
    return sum(connection.execute(_where(count, part, sources)).scalar_one() for part in parts)


def select_revisions(
    connection: Connection, selection: Selection, limit: int, *, after: int = 0
) -> list[PendingText]:
    """The next latest revisions of living feedback that a selection takes, in order of revision id."""
    shown = active(connection)
    statement = _texts().where(*_selected(selection), revision.c.id > after)
    rows = connection.execute(statement.order_by(revision.c.id).limit(limit))
    return [_text(row, shown) for row in rows]


def count_revisions(connection: Connection, selection: Selection) -> int:
    """How many revisions a selection takes."""
    count = select(func.count()).select_from(revision.join(feedback))
    return connection.execute(count.where(*_selected(selection))).scalar_one()


def count_hidden(
    connection: Connection, version: str, batch: str | None, selection: Selection | None = None
) -> int:
    """How many feedback a scope shows now that a model version has not spoken of.

    Args:
        connection: inside a transaction.
        version: of the model that might be shown instead.
        batch: its scope; the default one when None.
        selection: count only what it takes.
    """
    shown = active(connection)
    own = overrides(shown)
    now_shown = own.get(batch or "") or shown.get(DEFAULT)
    if now_shown is None or now_shown.model_version == version:
        return 0
    outside = or_(feedback.c.batch.is_(None), feedback.c.batch.not_in(sorted(own)))
    conditions = [outside if batch is None else feedback.c.batch == batch]
    conditions += [
        predicted_by(now_shown.model_version),
        ~predicted_by(version),
        *_selected(selection or Selection()),
    ]
    count = select(func.count()).select_from(revision.join(feedback))
    return connection.execute(count.where(*conditions)).scalar_one()


def masked_texts(connection: Connection, revision_ids: Sequence[int]) -> dict[int, str]:
    """{revision: its text to show}."""
    statement = select(revision.c.id, revision.c.masked_text).where(revision.c.id.in_(revision_ids))
    return {number: text for number, text in connection.execute(statement)}


def batches(connection: Connection) -> list[str]:
    """Names of all batches."""
    named = select(feedback.c.batch).where(feedback.c.batch.is_not(None)).distinct()
    return list(connection.execute(named.order_by(feedback.c.batch)).scalars())


def parts_pending(
    connection: Connection, shown: dict[str, Active], only: str | None = None
) -> Iterator[Part]:
    """The disjoint queries that together hold what is pending (and what another version spoke of since)."""
    overridden = overrides(shown)
    default = shown.get(DEFAULT)
    if default is not None and only in (None, default.model_version):
        outside = or_(feedback.c.batch.is_(None), feedback.c.batch.not_in(sorted(overridden)))
        scope = [outside] if overridden else []
        for noted in (None, *known_versions(connection)):
            if noted != default.model_version:
                yield Part(default.model_version, [revision.c.predicted_by == noted, *scope])
    for version in sorted({shows.model_version for shows in overridden.values()}):
        if only in (None, version):
            names = sorted(name for name in overridden if overridden[name].model_version == version)
            # Through the batch's own index: `coalesce` keeps SQLite from walking over all that the default
            # version has spoken of.
            noted_otherwise = func.coalesce(revision.c.predicted_by, "") != version
            yield Part(version, [feedback.c.batch.in_(names), noted_otherwise])


def _where(statement: Select[Any], part: Part, sources: Sequence[int], after: int = 0) -> Select[Any]:
    statement = statement.where(*living(), *part.where, ~predicted_by(part.version))
    if after:
        statement = statement.where(revision.c.id > after)
    return statement.where(feedback.c.source_id.in_(sources)) if sources else statement


def living() -> list[ColumnElement[bool]]:
    """The newest text of a feedback that was not deleted."""
    return [revision.c.latest, feedback.c.deleted_at.is_(None)]


def predicted_by(version: str) -> ColumnElement[bool]:
    """This version has spoken of the revision."""
    return exists().where(prediction.c.revision_id == revision.c.id, prediction.c.model_version == version)


def _selected(selection: Selection) -> list[ColumnElement[bool]]:
    conditions = living()
    day = func.coalesce(feedback.c.written_at, feedback.c.discovered_at)
    if selection.batch is not None:
        conditions.append(feedback.c.batch == selection.batch)
    if selection.sources:
        conditions.append(feedback.c.source_id.in_(selection.sources))
    if selection.since is not None:
        conditions.append(day >= selection.since)
    if selection.until is not None:
        conditions.append(day < selection.until)
    if selection.language is not None:
        conditions.append(revision.c.language == selection.language)
    if selection.lacking is not None:
        conditions.append(~predicted_by(selection.lacking))
    if selection.tag is not None:
        conditions.append(_tagged(selection.tag))
    return conditions


def _tagged(label: str) -> ColumnElement[bool]:
    """The revision carries this tag now, a person's corrections counted."""
    return exists().where(current_tag.c.revision_id == revision.c.id, current_tag.c.label == label)


def _texts() -> Select[Any]:
    """The columns of a PendingText that are stored."""
    own = {"revision_id": revision.c.id, "feedback_id": feedback.c.id, "source": source.c.name}
    columns = [
        (own[name] if name in own else revision.c[name] if name in revision.c else feedback.c[name]).label(
            name
        )
        for name in (field.name for field in fields(PendingText))
        if name not in ("model_version", "threshold_set")
    ]
    return select(*columns).select_from(revision.join(feedback).join(source))


def _text(row: Row[Any], shown: dict[str, Active]) -> PendingText:
    shows = overrides(shown).get(row.batch) or shown.get(DEFAULT)
    scope = (shows.model_version, shows.threshold_set) if shows else (None, None)
    return PendingText(**row._mapping, model_version=scope[0], threshold_set=scope[1])
