"""What is shown of some texts now, and what people said of them: for comparing, and for follow-ups."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, column, select, table

from storage.reader import current_tag

in_force = table("correction_in_force", column("revision_id"), column("label"), column("present"))


class Shown(NamedTuple):
    """A tag as readers see it. `score` is None for one that only a person saw."""

    label: str
    score: float | None
    sure: bool


def current_tags(connection: Connection, revision_ids: Collection[int]) -> dict[int, list[Shown]]:
    """{revision: its tags now, in order of label}; a text without any is absent."""
    statement = (
        select(current_tag.c.revision_id, current_tag.c.label, current_tag.c.score, current_tag.c.sure)
        .where(current_tag.c.revision_id.in_(sorted(revision_ids)))
        .order_by(current_tag.c.revision_id, current_tag.c.label)
    )
    found: dict[int, list[Shown]] = defaultdict(list)
    for number, label, score, sure in connection.execute(statement):
        found[number].append(Shown(label, score, bool(sure)))
    return found


def corrections_of(connection: Connection, revision_ids: Collection[int]) -> Mapping[int, Mapping[str, bool]]:
    """{revision: {label: present or not}} of what people said last."""
    statement = select(in_force.c.revision_id, in_force.c.label, in_force.c.present).where(
        in_force.c.revision_id.in_(sorted(revision_ids))
    )
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    for number, label, present in connection.execute(statement):
        found[number][label] = bool(present)
    return found
