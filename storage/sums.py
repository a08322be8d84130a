"""Keeping up the sums that BI reads: each addition stands in the transaction that makes it true.

Counted is what each model version said of the newest texts of living feedback, and their tags by each threshold set.
Whoever adds predictions or tags calls `count`; whoever changes what a feedback is counted by (its newest text, its
metadata, whether it is there) does so inside `recounted`.

A lock lets one transaction at a time into the sums, from here to its end: two that raise the same counters in
different order would wait for each other. It comes after the locks on revisions, which keep others from adding to
what is being taken off.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, delete, exists, func, select, text, update

from storage import schema
from storage.additions import BATCH, NEWEST, add
from storage.database import lock
from storage.schema import OTHER, attribute_value, feedback, prediction, revision
from storage.schema import tags_by_attribute as attribute_tags
from storage.schema import tags_by_customer as customer_tags
from storage.schema import texts_by_attribute as attribute_texts
from storage.schema import texts_by_customer as customer_texts
from storage.upsert import among

MEMORY = "128MB"  # for PostgreSQL to add everything up in, and not in temporary files
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
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL work_mem = '{MEMORY}'"))
    for table in (*TABLES, attribute_value):
        connection.execute(delete(table))
    add(connection, {"sign": 1, "threshold_set": None}, everything=True)


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
    ids = sorted(prediction_ids)
    given = json.dumps(ids) if connection.dialect.name == "sqlite" else ids
    add(connection, {"ids": given, "sign": sign, "threshold_set": threshold_set})


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
            *NEWEST,
            prediction.c.model_version == customer_texts.c.model_version,
            feedback.c.customer == customer_texts.c.customer,
            customer_texts.c.batch == BATCH,
        )
    )
    days = {
        name: counted.with_only_columns(which(feedback.c.day)).scalar_subquery()
        for name, which in (("first_day", func.min), ("last_day", func.max))
    }
    connection.execute(update(customer_texts).where(theirs).values(days))
