"""Opening follow-ups: one per rule and subject while it is open, one feedback per rule once and for ever."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select, tuple_

from storage import schema
from storage.database import lock
from storage.runs import Count, add_counts
from storage.upsert import insert

LIVE = ("open", "taken")
Subject = tuple[str, str, str]  # rule, subject kind, subject key


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A feedback that meets a rule. `subject_key`: the customer's hash, or the feedback's id as text."""

    rule: str
    subject_kind: Literal["customer", "feedback"]
    subject_key: str
    feedback_id: int
    priority: str
    team: str
    label: str
    opened_at: datetime
    due_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        """What may have one open follow-up."""
        return self.rule, self.subject_kind, self.subject_key


class Opened(NamedTuple):
    """How many follow-ups were opened, and how many feedback were linked to one already there."""

    opened: int
    linked: int


def open_or_link(connection: Connection, run_id: str, openings: Sequence[Opening]) -> Opened:
    """Open what is not open, link what belongs to it, count both; in the caller's transaction.

    A feedback that met the rule before is left out, even when that follow-up is closed: reruns open nothing.
    A follow-up that is there, taken or not, is not changed.
    """
    lock(connection, "followup")  # so that two workers can't both find nothing open
    fresh = _never_met(connection, openings)
    if not fresh:
        return Opened(0, 0)
    there = _live(connection, {opening.subject for opening in fresh})
    first = {opening.subject: opening for opening in reversed(fresh) if opening.subject not in there}
    if first:
        rows = [_followup_row(first[subject], run_id) for subject in sorted(first)]
        connection.execute(schema.followup.insert(), rows)
        there |= _live(connection, set(first))
    connection.execute(
        insert(connection, schema.followup_feedback).on_conflict_do_nothing(),
        [_link_row(opening, there[opening.subject]) for opening in fresh],
    )
    _count(connection, run_id, fresh, list(first.values()))
    return Opened(len(first), len(fresh) - len(first))


def preview_openings(
    connection: Connection, openings: Sequence[Opening], seen: set[Subject]
) -> tuple[list[Opening], list[Opening]]:
    """What `open_or_link` would open, and what it would link, found out by reading alone.

    `seen` gathers from call to call the subjects that would have been given a follow-up.
    """
    opened: list[Opening] = []
    linked: list[Opening] = []
    fresh = _never_met(connection, openings)
    seen |= (
        set(_live(connection, {opening.subject for opening in fresh}, lock_them=False)) if fresh else set()
    )
    for opening in fresh:
        (linked if opening.subject in seen else opened).append(opening)
        seen.add(opening.subject)
    return opened, linked


class Standing(NamedTuple):
    """An open or taken follow-up that a feedback is linked to."""

    feedback_id: int
    rule: str
    followup_id: int
    state: str


def standing(connection: Connection, feedback_ids: Sequence[int]) -> list[Standing]:
    """The follow-ups, open or taken, that rest on these feedback."""
    link, followup = schema.followup_feedback, schema.followup
    statement = (
        select(link.c.feedback_id, link.c.rule, followup.c.id, followup.c.state)
        .join(followup, followup.c.id == link.c.followup_id)
        .where(link.c.feedback_id.in_(feedback_ids), followup.c.state.in_(LIVE))
    )
    return [Standing(*row) for row in connection.execute(statement)]


def _never_met(connection: Connection, openings: Iterable[Opening]) -> list[Opening]:
    by_key = {(opening.rule, opening.feedback_id): opening for opening in openings}
    link = schema.followup_feedback
    statement = select(link.c.rule, link.c.feedback_id).where(
        link.c.feedback_id.in_(sorted({feedback_id for _, feedback_id in by_key}))
    )
    met = {(row.rule, row.feedback_id) for row in connection.execute(statement)}
    return [by_key[key] for key in sorted(by_key) if key not in met]


def _live(
    connection: Connection, subjects: Iterable[Subject], *, lock_them: bool = True
) -> dict[Subject, int]:
    """{subject: id} of the follow-ups that are open or taken; who closes a locked one meanwhile waits for us."""
    followup = schema.followup
    statement = (
        select(followup.c.id, followup.c.rule, followup.c.subject_kind, followup.c.subject_key)
        .where(followup.c.state.in_(LIVE))
        .where(tuple_(followup.c.rule, followup.c.subject_kind, followup.c.subject_key).in_(sorted(subjects)))
        .order_by(followup.c.id)
    )
    if lock_them:
        statement = statement.with_for_update(key_share=True)
    return {(row.rule, row.subject_kind, row.subject_key): row.id for row in connection.execute(statement)}


def _followup_row(opening: Opening, run_id: str) -> dict[str, object]:
    return {
        "rule": opening.rule,
        "subject_kind": opening.subject_kind,
        "subject_key": opening.subject_key,
        "state": "open",
        "priority": opening.priority,
        "team": opening.team,
        "label": opening.label,
        "opened_at": opening.opened_at,
        "due_at": opening.due_at,
        "run_id": run_id,
    }


def _link_row(opening: Opening, followup_id: int) -> dict[str, object]:
    return {
        "rule": opening.rule,
        "feedback_id": opening.feedback_id,
        "followup_id": followup_id,
        "linked_at": opening.opened_at,
    }


def _count(connection: Connection, run_id: str, fresh: list[Opening], opened: list[Opening]) -> None:
    feedback = schema.feedback
    ids = sorted({opening.feedback_id for opening in fresh})
    rows = connection.execute(select(feedback.c.id, feedback.c.source_id).where(feedback.c.id.in_(ids)))
    sources = {row.id: row.source_id for row in rows}
    counts: dict[int, Counter[Count]] = {source_id: Counter() for source_id in sorted(sources.values())}
    first = {id(opening) for opening in opened}
    for opening in fresh:
        what = "followup_opened" if id(opening) in first else "followup_linked"
        counts[sources[opening.feedback_id]][what, opening.rule] += 1
    for source_id, of_source in counts.items():
        add_counts(connection, run_id, source_id, of_source)
