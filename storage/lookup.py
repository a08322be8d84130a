"""One stored feedback by its id, with what its scope shows."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from storage.reader import feedback, living, revision, source
from storage.registry import DEFAULT, Active, active, overrides


@dataclass(frozen=True, slots=True)
class StoredText:
    """The newest text of a living feedback; `shows` is what its scope shows, None before the first run."""

    feedback_id: int
    revision_id: int
    source: str
    external_id: str
    clean_text: str
    refusal: str | None
    shows: Active | None


def find_text(
    connection: Connection,
    *,
    external_id: str | None = None,
    number: int | None = None,
    source_name: str | None = None,
) -> list[StoredText]:
    """The feedback with this id, of each source that has it, or with this number of ours; in order of source."""
    shown = active(connection)
    columns = (
        *(feedback.c.id.label("feedback_id"), revision.c.id.label("revision_id"), feedback.c.external_id),
        *(source.c.name.label("source"), revision.c.clean_text, revision.c.refusal, feedback.c.batch),
    )
    statement = select(*columns).select_from(revision.join(feedback).join(source)).where(*living())
    if external_id is not None:
        statement = statement.where(feedback.c.external_id == external_id)
    if number is not None:
        statement = statement.where(feedback.c.id == number)
    if source_name is not None:
        statement = statement.where(source.c.name == source_name)
    found = []
    for row in connection.execute(statement.order_by(source.c.name)).mappings():
        stored = dict(row)
        batch = stored.pop("batch")
        found.append(StoredText(**stored, shows=overrides(shown).get(batch) or shown.get(DEFAULT)))
    return found
