"""What people say of tags: written in, listed, read back for training, and held against what models said.

A correction is about the words that a person read: a revision. When a customer's text changes, the new text has no
correction; the old one keeps it, for training and for the agreement figure.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Boolean, Connection, and_, column, exists, func, or_, select, table

from storage import schema
from storage.database import lock
from storage.reader import feedback, prediction, revision, source

_correction = schema.correction
_in_force = table(
    "correction_in_force",
    *(column(name) for name in ("id", "revision_id", "label", "author", "corrected_at")),
    column("present", Boolean),
)
_agreement = table(
    "agreement",
    *(
        column(name)
        for name in ("model_version", "threshold_set", "label", "judged", "agreed", "missed", "wrong")
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCorrection:
    """A person's word on one label of one text."""

    revision_id: int
    label: str
    present: bool
    author: str
    origin: str
    corrected_at: datetime | None = None
    note: str | None = None


class NewestText(NamedTuple):
    """What a feedback says now."""

    revision_id: int
    masked_text: str


class Listed(NamedTuple):
    """A correction as it is stored, and where it stands: over the newest text, by the newest word on it."""

    id: int
    corrected_at: datetime
    author: str
    source: str
    external_id: str
    label: str
    present: bool
    note: str | None
    origin: str
    newest_text: bool
    in_force: bool


class Judged(NamedTuple):
    """A text that people judged."""

    revision_id: int
    text: str  # masked
    language: str | None
    channel: str
    source: str
    batch: str | None


class Agreement(NamedTuple):
    """How often a model version with a threshold set says of a label what people say.

    Of the texts judged, people found the label in `present`; the model `missed` some, and is `wrong` in others.
    """

    model_version: str
    threshold_set: str
    label: str
    judged: int
    agreed: int
    missed: int
    wrong: int
    present: int = 0


def newest_texts(
    connection: Connection, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], NewestText]:
    """{(source, external id): its newest text} of living feedback; what is not stored is absent."""
    by_source: dict[str, list[str]] = {}
    for name, external_id in keys:
        by_source.setdefault(name, []).append(external_id)
    wanted = [
        and_(source.c.name == name, feedback.c.external_id.in_(sorted(set(ids))))
        for name, ids in by_source.items()
    ]
    statement = (
        select(source.c.name, feedback.c.external_id, revision.c.id, revision.c.masked_text)
        .select_from(revision.join(feedback).join(source))
        .where(revision.c.latest, feedback.c.deleted_at.is_(None), or_(False, *wanted))
    )
    return {(row[0], row[1]): NewestText(*row[2:]) for row in connection.execute(statement)}


def add_corrections(connection: Connection, corrections: Sequence[NewCorrection], now: datetime) -> int:
    """Write corrections that are not there yet; returns how many were written.

    One without a moment is of `now`, and left out when its author's word is in force already: so the same file twice
    adds nothing.
    """
    lock(connection, "correction")
    ids = {each.revision_id for each in corrections}
    there, said = _there(connection, ids), _said(connection, ids)
    rows = {}
    for each in corrections:
        if each.corrected_at is None and said.get((each.revision_id, each.label)) == (
            each.author,
            each.present,
        ):
            continue
        row = asdict(each) | {"corrected_at": each.corrected_at or now}
        key = (each.revision_id, each.label, each.author, row["corrected_at"])
        if key not in there:
            rows[key] = row
    if rows:
        connection.execute(_correction.insert(), list(rows.values()))
    return len(rows)


def _there(connection: Connection, ids: set[int]) -> set[tuple[int, str, str, datetime]]:
    table = _correction.c
    statement = select(table.revision_id, table.label, table.author, table.corrected_at)
    return {tuple(row) for row in connection.execute(statement.where(table.revision_id.in_(sorted(ids))))}


def _said(connection: Connection, ids: set[int]) -> dict[tuple[int, str], tuple[str, bool]]:
    statement = select(
        _in_force.c.revision_id, _in_force.c.label, _in_force.c.author, _in_force.c.present
    ).where(_in_force.c.revision_id.in_(sorted(ids)))
    return {
        (number, label): (author, bool(present))
        for number, label, author, present in connection.execute(statement)
    }


def list_corrections(connection: Connection, limit: int, *, after: int = 0) -> list[Listed]:
    """The next corrections in order of number."""
    statement = (
        select(
            *(_correction.c.id, _correction.c.corrected_at, _correction.c.author),
            *(source.c.name, feedback.c.external_id),
            *(_correction.c.label, _correction.c.present, _correction.c.note, _correction.c.origin),
            revision.c.latest,
            exists().where(_in_force.c.id == _correction.c.id),
        )
        .select_from(_correction.join(revision).join(feedback).join(source))
        .where(_correction.c.id > after)
        .order_by(_correction.c.id)
        .limit(limit)
    )
    return [Listed(*row) for row in connection.execute(statement)]


def judged_texts(connection: Connection, limit: int, *, after: int = 0) -> list[Judged]:
    """The next texts that people judged, newest or not, of living feedback, in order of revision."""
    statement = (
        select(
            *(revision.c.id, revision.c.masked_text, revision.c.language),
            *(feedback.c.channel, source.c.name, feedback.c.batch),
        )
        .select_from(revision.join(feedback).join(source))
        .where(revision.c.id > after, feedback.c.deleted_at.is_(None))
        .where(exists().where(_correction.c.revision_id == revision.c.id))
        .order_by(revision.c.id)
        .limit(limit)
    )
    return [Judged(*row) for row in connection.execute(statement)]


def agreement(connection: Connection) -> list[Agreement]:
    """Every figure, by model version, threshold set and label."""
    said = _in_force.join(prediction, prediction.c.revision_id == _in_force.c.revision_id)
    found = (
        select(prediction.c.model_version, _in_force.c.label, func.count().label("present"))
        .select_from(said)
        .where(_in_force.c.present, prediction.c.outcome == "scored")
        .group_by(prediction.c.model_version, _in_force.c.label)
        .subquery()
    )
    same = (found.c.model_version == _agreement.c.model_version) & (found.c.label == _agreement.c.label)
    columns = [_agreement.c[name] for name in Agreement._fields[:-1]]
    statement = select(*columns, func.coalesce(found.c.present, 0)).select_from(
        _agreement.outerjoin(found, same)
    )
    return [Agreement(*row) for row in connection.execute(statement.order_by(*columns[:3]))]
