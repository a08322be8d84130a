"""Keeping up the sums that BI reads: each addition stands in the transaction that makes it true.

Counted is what each model version said of the newest texts of living feedback, and their tags by each threshold set.
Whoever adds predictions or tags calls `count`; whoever changes what a feedback is counted by (its newest text, its
metadata, whether it is there) does so inside `recounted`.

A lock lets one transaction at a time into the sums, from here to its end: two that raise the same counters in
different order would wait for each other. It comes after the locks on revisions, which keep others from adding to
what is being taken off.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage import schema
from storage.database import lock
from storage.schema import OTHER, attribute_value, feedback, label, prediction, revision, tag
from storage.schema import tags_by_attribute as attribute_tags
from storage.schema import tags_by_customer as customer_tags
from storage.schema import texts_by_attribute as attribute_texts
from storage.schema import texts_by_customer as customer_texts
from storage.upsert import Insert, among

TOLD_APART = 1000  # values of one attribute; those beyond are counted together
TABLES = (
    *(schema.texts_by_day, attribute_texts, customer_texts),
    *(schema.tags_by_day, attribute_tags, customer_tags),
)


def count(connection: Connection, prediction_ids: Collection[int], threshold_set: str | None = None) -> None:
    """Add what these predictions said, with all their tags; or only their tags by one threshold set.

    The caller has just written it, in this transaction, and holds locks on their revisions.
    """
    _add(connection, prediction_ids, threshold_set=threshold_set)


@contextmanager
def recounted(connection: Connection, feedback_ids: Collection[int]) -> Iterator[None]:
    """Take these feedback out of the sums, let the caller change or delete them, add what is left of them."""
    if not feedback_ids:
        yield
        return
    before = _predictions_of(connection, feedback_ids)
    customers = _customers_of(connection, feedback_ids)
    _add(connection, before, sign=-1)
    yield
    _add(connection, _predictions_of(connection, feedback_ids))
    _tidy(connection, customers | _customers_of(connection, feedback_ids))


def prune(connection: Connection) -> None:
    """Forget attribute values that nothing carries any more: after feedback was erased."""
    gone = [attribute_tags.c.tags == 0, attribute_texts.c.texts == 0]
    for table, nothing in zip((attribute_tags, attribute_texts), gone, strict=True):
        connection.execute(delete(table).where(nothing))
    counted = exists().where(
        attribute_texts.c.name == attribute_value.c.name, attribute_texts.c.value == attribute_value.c.value
    )
    connection.execute(delete(attribute_value).where(attribute_value.c.value != OTHER, ~counted))


def rebuild(connection: Connection) -> None:
    """Add everything up anew: about half a minute for a million feedback."""
    lock(connection, "sums")
    for table in (*TABLES, attribute_value):
        connection.execute(delete(table))
    name = connection.dialect.name
    for statement in (*_listings(name, everything=True), *_additions(name, everything=True)):
        connection.execute(statement, {"sign": 1, "threshold_set": None})


def _add(
    connection: Connection,
    prediction_ids: Collection[int],
    *,
    sign: int = 1,
    threshold_set: str | None = None,
) -> None:
    if not prediction_ids:
        return
    lock(connection, "sums")
    name = connection.dialect.name
    ids = sorted(prediction_ids)
    values = {
        "ids": json.dumps(ids) if name == "sqlite" else ids,
        "sign": sign,
        "threshold_set": threshold_set,
    }
    if sign > 0 and threshold_set is None:
        for statement in _listings(name):
            connection.execute(statement, values)
    for statement in _additions(name, only_tags=threshold_set is not None):
        connection.execute(statement, values)


def _predictions_of(connection: Connection, feedback_ids: Collection[int]) -> list[int]:
    """What was said of their newest texts; nobody adds to it before the caller's transaction ends."""
    newest = among(connection, revision.c.feedback_id, feedback_ids) & revision.c.latest
    locked = select(revision.c.id).where(newest).order_by(revision.c.id).with_for_update(key_share=True)
    ids = connection.execute(locked).scalars().all()
    said = select(prediction.c.id).where(among(connection, prediction.c.revision_id, ids))
    return list(connection.execute(said).scalars())


def _customers_of(connection: Connection, feedback_ids: Collection[int]) -> set[str]:
    named = select(feedback.c.customer).where(among(connection, feedback.c.id, feedback_ids)).distinct()
    return {name for name in connection.execute(named).scalars() if name is not None}


def _tidy(connection: Connection, customers: Collection[str]) -> None:
    """A customer's first and last day can't be counted down; one without texts is forgotten."""
    if not customers:
        return
    theirs = among(connection, customer_texts.c.customer, customers)
    connection.execute(delete(customer_texts).where(theirs, customer_texts.c.texts == 0))
    same = [
        customer_texts.c[name] == customer_tags.c[name] for name in ("customer", "batch", "model_version")
    ]
    left = among(connection, customer_tags.c.customer, customers)
    connection.execute(delete(customer_tags).where(left, ~exists().where(*same)))
    counted = (
        select(feedback.c.day)
        .select_from(feedback.join(revision).join(prediction))
        .where(
            *_COUNTED,
            prediction.c.model_version == customer_texts.c.model_version,
            feedback.c.customer == customer_texts.c.customer,
            customer_texts.c.batch == _BATCH,
        )
    )
    days = {
        name: counted.with_only_columns(which(feedback.c.day)).scalar_subquery()
        for name, which in (("first_day", func.min), ("last_day", func.max))
    }
    connection.execute(update(customer_texts).where(theirs).values(days))


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


_COUNTED = (revision.c.latest, feedback.c.deleted_at.is_(None))
_BATCH = func.coalesce(feedback.c.batch, "")
_ON_SCALE = (feedback.c.rating_high > feedback.c.rating_low) & feedback.c.rating.is_not(None)
_HEIGHT = (feedback.c.rating - feedback.c.rating_low) / func.nullif(
    feedback.c.rating_high - feedback.c.rating_low, 0
)
_TEXTS: dict[str, Any] = {"texts": 1, "scored": _one(prediction.c.outcome == "scored")}
_TAGS: dict[str, Any] = {"tags": 1, "sure": _one(tag.c.sure)}
_SATISFACTION: dict[str, Any] = {
    "promoters": _one(feedback.c.nps >= 9),
    "passives": _one(feedback.c.nps.between(7, 8)),
    "detractors": _one(feedback.c.nps <= 6),
    "rated": _one(_ON_SCALE),
    "satisfied": _one(_ON_SCALE & (_HEIGHT >= 0.75)),
    "rating_points": case((_ON_SCALE, cast(func.round(100 * _HEIGHT), Integer)), else_=0),
}
_FOUND: dict[str, Any] = {
    "negative": _one(label.c.valence == "negative"),
    "positive": _one(label.c.valence == "positive"),
    "churn_reasons": _one(label.c.kind == "churn_reason"),
    "churn_intents": _one(tag.c.label == "churn_intent"),
}
_BY_DAY: dict[str, Any] = {
    "day": feedback.c.day,
    "source_id": feedback.c.source_id,
    "channel": feedback.c.channel,
    "language": func.coalesce(revision.c.language, ""),
    "survey": func.coalesce(feedback.c.survey, ""),
    "batch": _BATCH,
}
_SPOKEN: dict[str, Any] = {"model_version": prediction.c.model_version}
_CUT: dict[str, Any] = _SPOKEN | {"threshold_set": tag.c.threshold_set}
_LABEL: dict[str, Any] = {"label": tag.c.label}


@dataclass(frozen=True)
class _Sum:
    """One table of sums: what its keys and counters are of a row of `rows`."""

    table: Table
    keys: Mapping[str, Any]
    counters: Mapping[str, Any]
    rows: FromClause
    where: tuple[ColumnElement[bool], ...] = ()


@cache
def _additions(name: str, *, everything: bool = False, only_tags: bool = False) -> list[Insert]:
    """The statements that add, for one kind of database: of `:ids` or of everything."""
    sums = _of_tags(name) if only_tags else [*_of_texts(name), *_of_tags(name)]
    return [_addition(name, one, everything) for one in sums]


def _of_texts(name: str) -> list[_Sum]:
    rows = prediction.join(revision).join(feedback)
    items, by_attribute = _by_attribute(name)
    counters = _TEXTS | _SATISFACTION
    return [
        _Sum(schema.texts_by_day, _SPOKEN | _BY_DAY, counters, rows),
        _Sum(attribute_texts, _SPOKEN | by_attribute, counters, items(rows)),
        _Sum(
            customer_texts,
            _SPOKEN | {"batch": _BATCH, "customer": feedback.c.customer},
            counters,
            rows,
            (feedback.c.customer.is_not(None),),
        ),
    ]


def _of_tags(name: str) -> list[_Sum]:
    rows = prediction.join(revision).join(feedback).join(tag)
    items, by_attribute = _by_attribute(name)
    chosen = bindparam("threshold_set", type_=Text)
    which = (or_(chosen.is_(None), tag.c.threshold_set == chosen),)
    found = (*which, feedback.c.customer.is_not(None), label.c.valence.is_not(None) | _leaves())
    return [
        _Sum(schema.tags_by_day, _CUT | _BY_DAY | _LABEL, _TAGS | _SATISFACTION, rows, which),
        _Sum(attribute_tags, _CUT | by_attribute | _LABEL, _TAGS, items(rows), which),
        _Sum(
            customer_tags,
            _CUT | {"batch": _BATCH, "customer": feedback.c.customer},
            _FOUND,
            rows.join(label, label.c.id == tag.c.label),
            found,
        ),
    ]


def _leaves() -> ColumnElement[bool]:
    return (label.c.kind == "churn_reason") | (label.c.id == "churn_intent")


def _by_attribute(name: str) -> tuple[Any, dict[str, Any]]:
    """How rows get one for each attribute, and its keys; a value that is not told apart counts as another."""
    items = _items(name)
    told_apart = (attribute_value.c.name == items.c.key) & (attribute_value.c.value == items.c.value)
    keys = {
        "month": _month(name),
        "batch": _BATCH,
        "name": items.c.key,
        "value": func.coalesce(attribute_value.c.value, OTHER),
    }
    return lambda rows: rows.join(items, true()).outerjoin(attribute_value, told_apart), keys


def _items(name: str) -> Any:  # noqa: ANN401
    """The attributes of a feedback as rows: key, value."""
    unfold = func.json_each if name == "sqlite" else func.jsonb_each_text
    return unfold(feedback.c.attributes).table_valued(column("key", Text), column("value", Text))


def _month(name: str) -> ColumnElement[Any]:
    if name == "sqlite":
        return func.date(feedback.c.day, "start of month")
    return cast(func.date_trunc("month", feedback.c.day), schema.texts_by_attribute.c.month.type)


def _addition(name: str, one: _Sum, everything: bool) -> Insert:
    sign = bindparam("sign", type_=Integer)
    counters = {key: sign * func.sum(value) for key, value in one.counters.items()}
    if one.table is customer_texts:
        counters |= {"first_day": func.min(feedback.c.day), "last_day": func.max(feedback.c.day)}
    columns = [*one.keys.values(), *counters.values()]
    rows = select(*columns).select_from(one.rows).where(*_COUNTED, *one.where).group_by(*one.keys.values())
    if not everything:
        rows = rows.where(_given(name))
    statement = _insert(name)(one.table).from_select([*one.keys, *counters], rows)
    added = {key: one.table.c[key] + statement.excluded[key] for key in one.counters}
    if one.table is customer_texts:
        least, greatest = (func.min, func.max) if name == "sqlite" else (func.least, func.greatest)
        added["first_day"] = least(customer_texts.c.first_day, statement.excluded.first_day)
        added["last_day"] = greatest(customer_texts.c.last_day, statement.excluded.last_day)
    addition: Insert = statement.on_conflict_do_update(index_elements=list(one.keys), set_=added)
    return addition


@cache
def _listings(name: str, *, everything: bool = False) -> list[Insert]:
    """Before an addition: write down the values of attributes that are told apart, until there are too many."""
    items = _items(name)
    place = func.row_number().over(partition_by=items.c.key, order_by=(func.count().desc(), items.c.value))
    seen: Select[Any] = (
        select(items.c.key.label("name"), items.c.value.label("value"), place.label("place"))
        .select_from(prediction.join(revision).join(feedback).join(items, true()))
        .where(*_COUNTED)
        .group_by(items.c.key, items.c.value)
    )
    if not everything:
        seen = seen.where(_given(name))
    found = seen.subquery()
    full = attribute_value.alias()
    is_full = exists().where(full.c.name == found.c.name, full.c.value == OTHER)
    values = select(found.c.name, found.c.value).where(found.c.place <= TOLD_APART, ~is_full)
    too_many = (
        select(attribute_value.c.name, literal(OTHER))
        .where(true())  # or SQLite takes ON CONFLICT for a join's
        .group_by(attribute_value.c.name)
        .having(func.count() >= TOLD_APART)
    )
    return [
        _insert(name)(attribute_value).from_select(["name", "value"], rows).on_conflict_do_nothing()
        for rows in (values, too_many)
    ]


def _given(name: str) -> ColumnElement[bool]:
    """The prediction is one of `:ids`, which go over as one parameter."""
    if name == "sqlite":
        return prediction.c.id.in_(
            select(func.json_each(bindparam("ids", type_=Text)).table_valued("value").c.value)
        )
    return prediction.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))


def _insert(name: str) -> Any:  # noqa: ANN401
    return sqlite.insert if name == "sqlite" else postgresql.insert
