"""Sums for BI, over what is counted now: the newest texts of living feedback, and what was said of them.

They are kept up in the transaction that changes what they count, see storage/sums.py. A batch may show another model
version than the rest, so they are kept per version, and the batch is part of each key; '' stands for none. They hold
nothing that can't be added up anew, so they have no foreign keys, which would have to be checked for every addition.
"""

from typing import Any

from sqlalchemy import CheckConstraint, Column, Date, Integer, Table, Text

from storage.schema.base import Utc, metadata

OTHER = "(other)"

contract = Table(
    "contract",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1: there is one row"),
    Column("timezone", Text, nullable=False, comment="zone in which days are cut (IANA)"),
    Column("version", Text, comment="version of the contract with BI; null until its views are made"),
    Column("digest", Text, comment="of the views' definitions: when it differs they are made anew"),
    Column("made_at", Utc, comment="when the views were made (UTC)"),
    CheckConstraint("id = 1", name="id"),
    comment="what BI tools may rely on in this database",
    info={"source": "`ressenti db upgrade`"},
)


def _model_version() -> Column[str]:
    return Column("model_version", Text, primary_key=True, comment="the version that spoke")


def _threshold_set() -> Column[str]:
    return Column("threshold_set", Text, primary_key=True, comment="the thresholds that cut")


def _label() -> Column[str]:
    return Column("label", Text, primary_key=True, comment="the tag")


def _batch() -> Column[str]:
    return Column("batch", Text, primary_key=True, comment="batch; '' for none")


def _by_day() -> tuple[Column[Any], ...]:
    return (
        Column("day", Date, primary_key=True, comment="day of the feedback"),
        Column("source_id", Integer, primary_key=True, autoincrement=False, comment="its source"),
        Column("channel", Text, primary_key=True, comment="its channel"),
        Column("language", Text, primary_key=True, comment="language of its text; '' for unknown"),
        Column("survey", Text, primary_key=True, comment="its survey; '' for none"),
        _batch(),
    )


def _by_attribute() -> tuple[Column[Any], ...]:
    return (
        Column("month", Date, primary_key=True, comment="first day of the feedback's month"),
        _batch(),
        Column("name", Text, primary_key=True, comment="name of the attribute"),
        Column("value", Text, primary_key=True, comment=f"its value; {OTHER} beyond the first thousand"),
    )


def _by_customer() -> tuple[Column[Any], ...]:
    return (
        _batch(),
        Column("customer", Text, primary_key=True, comment="the customer's keyed hash"),
    )


def _number(name: str, comment: str) -> Column[int]:
    return Column(name, Integer, nullable=False, comment=comment)


def _texts() -> tuple[Column[Any], ...]:
    return _number("texts", "texts that the version spoke of"), _number("scored", "of them scored")


def _satisfaction(what: str) -> tuple[Column[Any], ...]:
    return (
        _number("promoters", f"{what} with an NPS answer of 9 or 10"),
        _number("passives", f"{what} with an NPS answer of 7 or 8"),
        _number("detractors", f"{what} with an NPS answer of 0 to 6"),
        _number("rated", f"{what} with a rating on a known scale"),
        _number("satisfied", f"{what} rated in the upper quarter of the scale, such as 4 or 5 of 1 to 5"),
        _number("rating_points", "sum of their ratings, each from 0 (worst) to 100 (best)"),
    )


texts_by_day = Table(
    "texts_by_day",
    metadata,
    _model_version(),
    *_by_day(),
    *_texts(),
    *_satisfaction("texts"),
    sqlite_with_rowid=False,
    comment="how many texts there are, for BI",
    info={"source": "counted by the program"},
)
tags_by_day = Table(
    "tags_by_day",
    metadata,
    _model_version(),
    _threshold_set(),
    *_by_day(),
    _label(),
    _number("tags", "texts that carry the tag"),
    _number("sure", "of them with confidence"),
    *_satisfaction("texts that carry it"),
    sqlite_with_rowid=False,
    comment="how many texts carry each tag, for BI",
    info={"source": "counted by the program"},
)
texts_by_attribute = Table(
    "texts_by_attribute",
    metadata,
    _model_version(),
    *_by_attribute(),
    *_texts(),
    *_satisfaction("texts"),
    sqlite_with_rowid=False,
    comment="how many texts there are per product or other attribute, for BI",
    info={"source": "counted by the program"},
)
tags_by_attribute = Table(
    "tags_by_attribute",
    metadata,
    _model_version(),
    _threshold_set(),
    *_by_attribute(),
    _label(),
    _number("tags", "texts that carry the tag"),
    _number("sure", "of them with confidence"),
    sqlite_with_rowid=False,
    comment="how many texts carry each tag per product or other attribute, for BI",
    info={"source": "counted by the program"},
)
texts_by_customer = Table(
    "texts_by_customer",
    metadata,
    _model_version(),
    *_by_customer(),
    *_texts(),
    *_satisfaction("texts"),
    Column("first_day", Date, nullable=False, comment="day of the first of these texts"),
    Column("last_day", Date, nullable=False, comment="day of the last of these texts"),
    sqlite_with_rowid=False,
    comment="how many texts a customer wrote, for BI",
    info={"source": "counted by the program"},
)
tags_by_customer = Table(
    "tags_by_customer",
    metadata,
    _model_version(),
    _threshold_set(),
    *_by_customer(),
    _number("negative", "negative emotions found in the customer's texts"),
    _number("positive", "positive emotions found in them"),
    _number("churn_reasons", "reasons to leave found in them"),
    _number("churn_intents", "texts in which the customer says they leave"),
    sqlite_with_rowid=False,
    comment="what was found in a customer's texts, for BI",
    info={"source": "counted by the program"},
)

attribute_value = Table(
    "attribute_value",
    metadata,
    Column("name", Text, primary_key=True, comment="name of the attribute"),
    Column(
        "value", Text, primary_key=True, comment=f"a value that is counted by itself; {OTHER}: no more are"
    ),
    sqlite_with_rowid=False,
    comment="values that sums by attribute tell apart, so that a column of unique numbers does not swell them",
    info={"source": "counted by the program"},
)
