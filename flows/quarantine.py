"""Looking at records in quarantine, and taking them in again by their source's description as it is now."""

import json
from collections.abc import Iterator, Sequence

from configs.errors import ConfigError
from flows.intake import Intake, unpack
from flows.sources.config import SourceConfig
from flows.sources.formats.table import LINE, Row
from flows.sources.mapping import RowMapper
from flows.sources.record import Item, Place, Record, Rejected
from flows.sources.registry import load_sources
from flows.workspace import Workspace, now
from nlp.intake import INTAKE_VERSION
from storage.chunk import Chunk
from storage.database import reading, writing
from storage.quarantine import QuarantinedRecord, State, quarantine_get, quarantine_list, settle
from storage.runs import end_run, start_run
from storage.status import source_ids
from storage.withdrawal import follow_source
from storage.writer import store_chunk

PAGE = 500


def listed(work: Workspace, source: str | None, reason: str | None, *, every: bool) -> Iterator[str]:
    """A line a record: number, state, source, place, reason and what is wrong; nothing sealed is opened."""
    yield "number\tstate\tsource\tplace\tfield\treason\twhat"
    for record in _records(work, source, reason, state=None if every else "waiting"):
        place = ":".join(str(part) for part in (record.file, record.line) if part is not None)
        facts = (
            record.id,
            record.state,
            record.source,
            place,
            record.field or "",
            record.reason,
            record.detail,
        )
        yield "\t".join(map(str, facts))


def opened(work: Workspace, number: int) -> str:
    """One record whole, as JSON.

    Raises:
        ConfigError: no such record, or it was sealed with another key.
    """
    with reading(work.engine) as connection:
        record = quarantine_get(connection, number)
    told = {
        "number": record.id,
        "source": record.source,
        "file": record.file,
        "line": record.line,
        "field": record.field,
        "reason": record.reason,
        "what": record.detail,
        "state": record.state,
        "record": unpack(work.keys.open(record.payload))["raw"],
    }
    text = json.dumps(told, ensure_ascii=False, indent=2)
    return text.encode("utf-8", errors="backslashreplace").decode(
        "utf-8"
    )  # undecodable bytes can't be printed


def chosen(work: Workspace, numbers: Sequence[int], source: str | None) -> list[QuarantinedRecord]:
    """The records with these numbers, or every one that waits (of a source)."""
    if not numbers:
        return list(_records(work, source, None, state="waiting"))
    with reading(work.engine) as connection:
        return [quarantine_get(connection, number) for number in numbers]


def replay_records(
    work: Workspace,
    records: Sequence[QuarantinedRecord],
    mend: Sequence[str],
    *,
    discard: bool,
    dry_run: bool,
) -> Iterator[tuple[str, bool]]:
    """Take records in again, each in its own transaction; yields a line a record and whether it is settled.

    Args:
        work: what the run works with.
        records: as `chosen` gives them.
        mend: `COLUMN=VALUE` changes, made to every record first.
        discard: give them up instead.
        dry_run: only say what would happen.
    """
    changes = _changes(mend)
    sources = {source.name: source for source in load_sources(work.settings.sources_dir)}
    for record in records:
        if record.state != "waiting":
            yield f"{record.id}: {record.state} already", True
        elif discard:
            yield f"{record.id}: {_discard(work, record, dry_run)}", True
        elif record.source not in sources:
            yield f"{record.id}: refused again: source {record.source} is not configured any more", False
        else:
            item = _mapped(work, sources[record.source], record, changes)
            yield _taken_in(work, sources[record.source], record, item, dry_run)


def _records(
    work: Workspace, source: str | None, reason: str | None, *, state: State | None
) -> Iterator[QuarantinedRecord]:
    with reading(work.engine) as connection:
        known = source_ids(connection)
    if source is not None and source not in known:
        raise ConfigError("no such source", place="--source", found=source, accepted=sorted(known))
    after = 0
    while True:
        with reading(work.engine) as connection:
            page = quarantine_list(
                connection,
                PAGE,
                after=after,
                state=state,
                sources=(known[source],) if source else (),
                reason=reason,
            )
        if not page:
            return
        yield from page
        after = page[-1].id


def _changes(mend: Sequence[str]) -> dict[str, str]:
    changes = {}
    for change in mend:
        column, equals, value = change.partition("=")
        if not equals or not column:
            raise ConfigError("not a change", place="--set", found=change, accepted="COLUMN=VALUE")
        changes[column] = value
    return changes


def _mapped(
    work: Workspace, source: SourceConfig, record: QuarantinedRecord, changes: dict[str, str]
) -> Item:
    """The record, mended, in the words of its source."""
    content = unpack(work.keys.open(record.payload))
    place = Place(record.file or "quarantine", record.line)
    if LINE in content["raw"] and not changes:
        what = f"{record.detail}; it has no columns: give them, --set COLUMN=VALUE for each"
        return Rejected(place, content["row"], record.reason, None, what, {})
    values = {name: value for name, value in content["raw"].items() if name != LINE} | changes
    mapper = RowMapper(source, record.quarantined_at, work.settings.zone, work.keys.ids)
    item = mapper.item(Row(content["row"], record.line or 0, values), place.file)
    still_collides = (
        record.reason == "id_collision"
        and source.id is not None
        and source.id.column is not None
        and source.id.column not in changes
    )
    if isinstance(item, Record) and still_collides:
        what = "its id stands for several texts; declare `id: {derive: [columns]}` or mend it with --set"
        return Rejected(item.place, item.row, "id_collision", source.id.column, what, {})  # type: ignore[union-attr]
    return item


def _taken_in(
    work: Workspace, source: SourceConfig, record: QuarantinedRecord, item: Item, dry_run: bool
) -> tuple[str, bool]:
    would = "would be " if dry_run else ""
    if isinstance(item, Rejected):
        return f"{record.id}: {would}refused again: {item.reason}: {item.what}", False
    chunk = Intake(source, work.keys, work.detector).chunk(record.source_id, None, None, [item])
    if not dry_run:
        _store(work, record, chunk)
    left_out = "".join(chunk.skipped)
    return f"{record.id}: {would}{f'left out: {left_out}' if left_out else 'taken in'}", True


def _store(work: Workspace, record: QuarantinedRecord, chunk: Chunk) -> None:
    with writing(work.engine) as connection:
        run_id = start_run(
            connection,
            "replay",
            now(),
            parameters={"record": record.id},
            versions={"intake": INTAKE_VERSION, "key": work.keys.id},
        )
        store_chunk(connection, run_id, chunk, work.keys.id, now())
        follow_source(connection, chunk, now())
        settle(connection, record.id, "replayed", now())
        end_run(connection, run_id, "done", now())


def _discard(work: Workspace, record: QuarantinedRecord, dry_run: bool) -> str:
    if dry_run:
        return "would be discarded"
    with writing(work.engine) as connection:
        settle(connection, record.id, "discarded", now())
    return "discarded"
