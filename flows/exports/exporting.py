"""The views of BI as files: only what has changed since the last export is read in full and written."""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from configs.errors import ConfigError, RessentiError
from flows.exports.csv import CsvFile
from flows.exports.parquet import ParquetFolder
from flows.sources.suggest import did_you_mean
from flows.workspace import Workspace
from storage.export import Part, View, count_days, parts, snapshot, views

DEFAULT = ("tags", "feedback")
FORMATS: dict[str, type[CsvFile] | type[ParquetFolder]] = {"csv": CsvFile, "parquet": ParquetFolder}
Format = Literal["csv", "parquet"]


@dataclass(frozen=True)
class Exported:
    """What became of one view's files. A view without days counts as one."""

    view: str
    rows: int
    written: int  # days
    unchanged: int
    removed: int


def export(
    work: Workspace,
    out: Path,
    names: Sequence[str] = (),
    *,
    format: Format = "parquet",
    since: date | None = None,
    dry_run: bool = False,
) -> Iterator[Exported]:
    """Bring the files of some views up to date, all from one state of the database.

    Args:
        work: opened on the database.
        out: folder of the export, made if need be.
        names: of the views; `DEFAULT` if not given.
        format: of the files.
        since: the first day that the files hold; of a view without days, all of it.
        dry_run: only say what would be written.

    Raises:
        ConfigError: no such view, or something else stands in the place of its files.
        RessentiError: the folder can't be written, or another export writes there.
    """
    with _told_as_ours(out), snapshot(work.engine) as connection:
        chosen = _chosen(views(connection, work.taxonomy), names or DEFAULT)
        if dry_run:
            for view in chosen:
                yield _bring(work, connection, FORMATS[format](out, view), view, since, dry_run=True)
            return
        out.mkdir(parents=True, exist_ok=True)
        with _alone(out):
            for view in chosen:
                files = FORMATS[format](out, view)
                files.clear()
                yield _bring(work, connection, files, view, since)


def _bring(
    work: Workspace,
    connection: Connection,
    files: CsvFile | ParquetFolder,
    view: View,
    since: date | None,
    *,
    dry_run: bool = False,
) -> Exported:
    found: list[tuple[Part, bool]] = []
    before = files.state.parts if files.state.fits(view) else {}
    with work.progress.stage(f"comparing {view.name}", count_days(connection, view, since)) as stage:
        for part in parts(connection, view, since):
            kept = before.get(part.day)
            found.append((part, kept is None or not kept.holds(part)))
            stage.advance(1)
    changed = [part for part, differs in found if differs]
    removed = set(files.state.parts) - {part.day for part, _ in found}
    if (changed or removed) and not dry_run:
        with work.progress.stage(f"writing {view.name}", sum(part.rows for part in changed)) as stage:
            files.write(connection, _told(found, stage.advance))
    rows = sum(part.rows for part, _ in found)
    return Exported(view.name, rows, len(changed), len(found) - len(changed), len(removed))


def _told(found: Sequence[tuple[Part, bool]], advance: Callable[[int], None]) -> Iterator[tuple[Part, bool]]:
    """Parts, each counted once it is written."""
    for part, differs in found:
        yield part, differs
        if differs:
            advance(part.rows)


def _chosen(known: dict[str, View], names: Sequence[str]) -> list[View]:
    for name in names:
        if name not in known:
            fix = did_you_mean(name, list(known))
            raise ConfigError("no such view", place="--view", found=name, accepted=sorted(known), fix=fix)
    return [known[name] for name in dict.fromkeys(names)]


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Two exports into one folder would clear away each other's files."""
    with (out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RessentiError("another export writes here", place=out, fix="let it end") from None
        yield


@contextmanager
def _told_as_ours(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RessentiError(
            "the export can't be written",
            place=out,
            found=error.strerror,
            fix="free some room or name another --out; what was there before is still there",
        ) from error
