"""The SQL that adds to the sums of BI: what is to be counted is gathered once, and each table of sums adds it up.

Gathered are rows of three temporary tables: the texts that were spoken of, their attributes, their tags. The
statements are compiled here, once for each kind of database: of an `INSERT … ON CONFLICT` SQLAlchemy keeps no
compiled form.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Integer,
    MetaData,
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
    insert,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import SQLCompiler

from storage import schema
from storage.schema import OTHER, Json, attribute_value, feedback, label, prediction, revision, tag
from storage.upsert import Insert

TOLD_APART = 1000  # values of one attribute; those beyond are counted together
NEWEST = (revision.c.latest, feedback.c.deleted_at.is_(None))  # which texts count
BATCH = func.coalesce(feedback.c.batch, "")
ANSWERS = ("promoters", "passives", "detractors", "rated", "satisfied", "rating_points")
BY_DAY = ("model_version", "day", "source_id", "channel", "language", "survey", "batch")

_gathered = MetaData()


def _temporary(name: str, /, **columns: Any) -> Table:  # noqa: ANN401
    stored = [Column(one, kind) for one, kind in columns.items()]
    return Table(name, _gathered, *stored, prefixes=["TEMPORARY"], postgresql_on_commit="DELETE ROWS")


texts = _temporary(
    "counted_text",
    **{"prediction_id": BigInteger, "model_version": Text, "day": Date, "month": Date, "source_id": Integer},
    **dict.fromkeys(("channel", "language", "survey", "batch", "customer"), Text),
    attributes=Json,
    **dict.fromkeys(("texts", "scored", *ANSWERS), Integer),
)
items = _temporary("counted_item", prediction_id=BigInteger, name=Text, value=Text)
tags = _temporary(
    "counted_tag", prediction_id=BigInteger, threshold_set=Text, label=Text, tags=Integer, sure=Integer
)


@dataclass(frozen=True)
class _Sum:
    """One table of sums: what its keys and counters are of a row of `rows`."""

    table: Table
    keys: Mapping[str, ColumnElement[Any]]
    counters: Mapping[str, ColumnElement[Any]]
    rows: FromClause
    where: tuple[ColumnElement[bool], ...] = ()


def add(connection: Connection, values: Mapping[str, Any], *, everything: bool = False) -> None:
    """Add what predictions said to every sum.

    Args:
        connection: inside a transaction that holds the sums' lock.
        values: `sign`, 1 or -1; `threshold_set`, whose tags alone are added, or None for all tags and the texts;
            `ids` of the predictions.
        everything: whatever was ever said, `ids` or not.
    """
    name = connection.dialect.name
    for table in _making(name):
        connection.exec_driver_sql(table)
    for statement in _gathering(name, everything):
        _run(connection, statement, values)
    if values["sign"] > 0 and values["threshold_set"] is None:
        for statement in _listing(name):
            _run(connection, statement, {**values, "told_apart": TOLD_APART})
    _run(connection, _telling_apart(name), values)
    for statement in _additions(name, values["threshold_set"] is not None):
        _run(connection, statement, values)


def _run(connection: Connection, statement: SQLCompiler, values: Mapping[str, Any]) -> None:
    parameters: Any = statement.construct_params(dict(values))
    if statement.positiontup is not None:
        parameters = tuple(parameters[name] for name in statement.positiontup)
    connection.exec_driver_sql(str(statement), parameters)


def _compiled(name: str, statement: Any) -> Any:  # noqa: ANN401
    kind: Any = sqlite if name == "sqlite" else postgresql.psycopg
    return statement.compile(dialect=kind.dialect())


@cache
def _making(name: str) -> list[str]:
    """Make the temporary tables."""
    making = [CreateTable(table, if_not_exists=True) for table in _gathered.tables.values()]
    return [str(_compiled(name, statement)) for statement in making]


@cache
def _gathering(name: str, everything: bool) -> list[SQLCompiler]:
    """Put into them the texts and tags that count, and nothing else."""
    texts_said = select(*_of_a_text(name).values()).select_from(prediction.join(revision).join(feedback))
    tags_said = select(tag.c.prediction_id, tag.c.threshold_set, tag.c.label, literal(1), _one(tag.c.sure))
    chosen = bindparam("threshold_set", type_=Text)
    tags_said = tags_said.where(or_(chosen.is_(None), tag.c.threshold_set == chosen))
    if not everything:
        texts_said = texts_said.where(_given(name, prediction.c.id))
        tags_said = tags_said.where(_given(name, tag.c.prediction_id))
    return [
        *(_compiled(name, delete(table)) for table in _gathered.tables.values()),
        _compiled(name, insert(texts).from_select(list(_of_a_text(name)), texts_said.where(*NEWEST))),
        _compiled(name, insert(tags).from_select([one.name for one in tags.c], tags_said)),
    ]


def _of_a_text(name: str) -> dict[str, Any]:
    """What is counted of a text: {column of `texts`: its value}."""
    span = feedback.c.rating_high - feedback.c.rating_low
    on_scale = (span > 0) & feedback.c.rating.is_not(None)
    height = (feedback.c.rating - feedback.c.rating_low) / func.nullif(span, 0)
    return {
        "prediction_id": prediction.c.id,
        "model_version": prediction.c.model_version,
        "day": feedback.c.day,
        "month": _month(name),
        "source_id": feedback.c.source_id,
        "channel": feedback.c.channel,
        "language": func.coalesce(revision.c.language, ""),
        "survey": func.coalesce(feedback.c.survey, ""),
        "batch": BATCH,
        "customer": feedback.c.customer,
        "attributes": feedback.c.attributes,
        "texts": literal(1),
        "scored": _one(prediction.c.outcome == "scored"),
        "promoters": _one(feedback.c.nps >= 9),
        "passives": _one(feedback.c.nps.between(7, 8)),
        "detractors": _one(feedback.c.nps <= 6),
        "rated": _one(on_scale),
        "satisfied": _one(on_scale & (height >= 0.75)),
        "rating_points": case((on_scale, cast(func.round(100 * height), Integer)), else_=0),
    }


@cache
def _listing(name: str) -> list[SQLCompiler]:
    """Write down the values of attributes that are told apart, until there are too many."""
    unfolded = _unfolded(name)
    most_first = (func.count().desc(), unfolded.c.value)
    place = func.row_number().over(partition_by=unfolded.c.key, order_by=most_first)
    found = (
        select(unfolded.c.key.label("name"), unfolded.c.value.label("value"), place.label("place"))
        .select_from(texts.join(unfolded, true()))
        .group_by(unfolded.c.key, unfolded.c.value)
        .subquery()
    )
    full = attribute_value.alias()
    is_full = exists().where(full.c.name == found.c.name, full.c.value == OTHER)
    values = select(found.c.name, found.c.value).where(
        found.c.place <= bindparam("told_apart", type_=Integer), ~is_full
    )
    too_many = (
        select(attribute_value.c.name, literal(OTHER))
        .where(true())  # or SQLite takes ON CONFLICT for a join's
        .group_by(attribute_value.c.name)
        .having(func.count() >= bindparam("told_apart", type_=Integer))
    )
    write = _insert(name, attribute_value)
    written = [write.from_select(["name", "value"], rows) for rows in (values, too_many)]
    return [_compiled(name, one.on_conflict_do_nothing()) for one in written]


@cache
def _telling_apart(name: str) -> SQLCompiler:
    """The texts' attributes; a value that is not told apart counts as another."""
    unfolded = _unfolded(name)
    told_apart = (attribute_value.c.name == unfolded.c.key) & (attribute_value.c.value == unfolded.c.value)
    rows = select(
        texts.c.prediction_id, unfolded.c.key, func.coalesce(attribute_value.c.value, OTHER)
    ).select_from(texts.join(unfolded, true()).outerjoin(attribute_value, told_apart))
    statement: SQLCompiler = _compiled(name, insert(items).from_select([one.name for one in items.c], rows))
    return statement


@cache
def _additions(name: str, only_tags: bool) -> list[SQLCompiler]:
    sums = _of_tags() if only_tags else [*_of_texts(), *_of_tags()]
    return [_compiled(name, _addition(name, one)) for one in sums]


def _of_texts() -> Iterator[_Sum]:
    counters = _columns(texts, "texts", "scored", *ANSWERS)
    with_items = texts.join(items, items.c.prediction_id == texts.c.prediction_id)
    yield _Sum(schema.texts_by_day, _columns(texts, *BY_DAY), counters, texts)
    by_attribute = _columns(texts, "model_version", "month", "batch") | _columns(items, "name", "value")
    yield _Sum(schema.texts_by_attribute, by_attribute, counters, with_items)
    by_customer = _columns(texts, "model_version", "batch", "customer")
    yield _Sum(schema.texts_by_customer, by_customer, counters, texts, (texts.c.customer.is_not(None),))


def _of_tags() -> Iterator[_Sum]:
    counters = _columns(tags, "tags", "sure")
    rows = texts.join(tags, tags.c.prediction_id == texts.c.prediction_id)
    cut = _columns(tags, "threshold_set", "label")
    answers = _columns(texts, *ANSWERS)
    yield _Sum(schema.tags_by_day, _columns(texts, *BY_DAY) | cut, counters | answers, rows)
    by_attribute = _columns(texts, "model_version", "month", "batch") | _columns(items, "name", "value") | cut
    with_items = rows.join(items, items.c.prediction_id == texts.c.prediction_id)
    yield _Sum(schema.tags_by_attribute, by_attribute, counters, with_items)
    leaves = (label.c.kind == "churn_reason") | (label.c.id == "churn_intent")
    yield _Sum(
        schema.tags_by_customer,
        _columns(texts, "model_version", "batch", "customer") | _columns(tags, "threshold_set"),
        {
            "negative": _one(label.c.valence == "negative"),
            "positive": _one(label.c.valence == "positive"),
            "churn_reasons": _one(label.c.kind == "churn_reason"),
            "churn_intents": _one(tags.c.label == "churn_intent"),
        },
        rows.join(label, label.c.id == tags.c.label),
        (texts.c.customer.is_not(None), label.c.valence.is_not(None) | leaves),
    )


def _addition(name: str, one: _Sum) -> Insert:
    sign = bindparam("sign", type_=Integer)
    counters = {key: sign * func.sum(value) for key, value in one.counters.items()}
    days = {}
    if one.table is schema.texts_by_customer:
        days = {"first_day": func.min(texts.c.day), "last_day": func.max(texts.c.day)}
    columns = {**one.keys, **counters, **days}
    rows: Select[Any] = select(*columns.values()).select_from(one.rows)
    rows = rows.where(true(), *one.where).group_by(*one.keys.values())  # `true`: as in `_listing`
    statement = _insert(name, one.table).from_select(list(columns), rows)
    added: dict[str, Any] = {key: one.table.c[key] + statement.excluded[key] for key in counters}
    if days:
        least, greatest = (func.min, func.max) if name == "sqlite" else (func.least, func.greatest)
        added["first_day"] = least(one.table.c.first_day, statement.excluded.first_day)
        added["last_day"] = greatest(one.table.c.last_day, statement.excluded.last_day)
    addition: Insert = statement.on_conflict_do_update(index_elements=list(one.keys), set_=added)
    return addition


def _columns(table: Table, *names: str) -> dict[str, ColumnElement[Any]]:
    return {name: table.c[name] for name in names}


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _unfolded(name: str) -> Any:  # noqa: ANN401
    """The attributes of a text as rows: key, value."""
    unfold = func.json_each if name == "sqlite" else func.jsonb_each_text
    return unfold(texts.c.attributes).table_valued(column("key", Text), column("value", Text))


def _month(name: str) -> ColumnElement[Any]:
    if name == "sqlite":
        return func.date(feedback.c.day, "start of month")
    return cast(func.date_trunc("month", feedback.c.day), Date)


def _given(name: str, number: ColumnElement[int]) -> ColumnElement[bool]:
    """The number is one of `:ids`, which go over as one parameter: {sqlite: JSON, postgresql: an array}."""
    if name == "sqlite":
        return number.in_(select(func.json_each(bindparam("ids", type_=Text)).table_valued("value").c.value))
    return number == any_(bindparam("ids", type_=ARRAY(BigInteger)))


def _insert(name: str, table: Table) -> Any:  # noqa: ANN401
    return sqlite.insert(table) if name == "sqlite" else postgresql.insert(table)
