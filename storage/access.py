"""Everything that is held on customers, read back for them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from storage.schema import (
    correction,
    feedback,
    followup,
    followup_feedback,
    label,
    prediction,
    revision,
    source,
    tag,
)

Row = dict[str, Any]
OF_FEEDBACK = (
    *("id", "external_id", "channel", "written_at", "written_precision", "discovered_at", "day"),
    *("rating", "rating_low", "rating_high", "nps", "survey", "batch", "language_declared", "attributes"),
    *("updated_at", "deleted_at"),
)
OF_REVISION = ("id", "feedback_id", "number", "read_at", "language", "masked_text", "clean_text", "refusal")
OF_PREDICTION = ("id", "revision_id", "model_version", "predicted_at", "outcome", "reason", "scores")
OF_CORRECTION = ("revision_id", "label", "present", "author", "corrected_at", "note", "origin")
OF_FOLLOWUP = (
    *("id", "rule", "state", "priority", "team", "label", "opened_at", "due_at", "taken_by", "taken_at"),
    "closed_at",
)


def held(connection: Connection, customers: Collection[str]) -> dict[str, list[Row]]:
    """Rows of each table that are about these customers (keyed hashes), oldest first: {table: [{column: value}]}."""
    theirs = feedback.c.customer.in_(sorted(customers))
    texts = revision.join(feedback)
    said = prediction.join(texts)
    of_source = select(source.c.name.label("source"), *_columns(feedback, OF_FEEDBACK)).join_from(
        feedback, source
    )
    statements = {
        "feedback": of_source.where(theirs).order_by(feedback.c.id),
        "revision": _of(revision, OF_REVISION, texts, theirs).order_by(revision.c.id),
        "prediction": _of(prediction, OF_PREDICTION, said, theirs).order_by(prediction.c.id),
        "tag": _tags(theirs),
        "correction": _of(correction, OF_CORRECTION, correction.join(texts), theirs).order_by(
            correction.c.id
        ),
        "followup": _followups(customers, theirs),
    }
    return {
        name: [dict(row._mapping) for row in connection.execute(statement)]
        for name, statement in statements.items()
    }


def _columns(table: Any, names: Collection[str]) -> list[Any]:  # noqa: ANN401
    return [table.c[name] for name in names]


def _of(table: Any, names: Collection[str], joined: Any, where: ColumnElement[bool]) -> Select[Any]:  # noqa: ANN401
    return select(*_columns(table, names)).select_from(joined).where(where)


def _tags(theirs: ColumnElement[bool]) -> Select[Any]:
    named = tag.join(prediction).join(revision).join(feedback).outerjoin(label, label.c.id == tag.c.label)
    columns = _columns(tag, ("prediction_id", "threshold_set", "label", "score", "sure"))
    return (
        select(*columns, label.c.fr, label.c.en)
        .select_from(named)
        .where(theirs)
        .order_by(tag.c.prediction_id, tag.c.threshold_set, tag.c.label)
    )


def _followups(customers: Collection[str], theirs: ColumnElement[bool]) -> Select[Any]:
    met = select(followup_feedback.c.followup_id).join(feedback).where(theirs)
    about = (followup.c.subject_kind == "customer") & followup.c.subject_key.in_(sorted(customers))
    return (
        select(*_columns(followup, OF_FOLLOWUP))
        .where(or_(about, followup.c.id.in_(met)))
        .order_by(followup.c.id)
    )
