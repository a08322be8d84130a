"""One customer erased among a million feedback (S3): seconds, and what is left of their words in the files.

    python -m benchmarks.erasure [FEEDBACK] [URL]      # default 1,000,000: some minutes and 10 GB of disk

The data are those of `benchmarks.million`, copied where a URL names them, on PostgreSQL and from there into SQLite.
Beside them stand 40 feedback
of one customer with words that nobody else uses, scored, tagged and followed up, and 10,000 records in quarantine,
really sealed, one of them the customer's. PostgreSQL runs with the settings that it brings.
"""

import mmap
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import yaml
from sqlalchemy import Engine, MetaData, cast, func, or_, select, text
from sqlalchemy import Text as SqlText

from benchmarks.clock import Clock, machine
from benchmarks.million import copied, filled, vacuum
from configs.settings import load_settings
from flows.intake import Intake
from flows.lifecycle.access import access
from flows.lifecycle.erasing import compact, erase_customer
from flows.lifecycle.retention import overdue
from flows.progress import Progress
from flows.sources.record import Place, Record, Rejected
from flows.sources.registry import load_source
from flows.workspace import Workspace, now
from nlp.language import Detector
from storage import schema
from storage.chunk import Chunk
from storage.database import connect, reading, writing
from storage.followups import Opening, open_or_link
from storage.keys import Keys
from storage.predictions import NewPrediction, NewTag, write_predictions
from storage.reader import pending
from storage.upgrade import upgrade
from storage.writer import store_chunk

BAR = 1.0
Answer = TypeVar("Answer")
CUSTOMER, TEXTS, SEALED = "marguerite.durand@example.org", 40, 10_000
WORDS = ("hippocampe", "turquoise")
SOURCE = {"path": "nowhere.csv", "channel": "review", "text": "text", "id": "id", "customer": "customer"}


def workspace(engine: Engine, folder: Path) -> Workspace:
    """What the commands work with: one source that knows customers, a key of the benchmark's own."""
    (folder / "s1.yml").write_text(yaml.safe_dump(SOURCE))
    settings = load_settings(
        sources_dir=folder, database_url=engine.url.render_as_string(hide_password=False)
    )
    return Workspace(settings, engine, Keys(b"b" * 32), Progress(terminal=False))


def plant(work: Workspace, folder: Path) -> None:
    """The customer's feedback by the way of a night, and a full quarantine."""
    intake = Intake(load_source(folder / "s1.yml"), work.keys, Detector(("fr", "en")))
    place = Place("feed.csv")
    texts = [
        Record(
            place,
            n,
            f"own-{n}",
            f"mon {' '.join(WORDS)} numéro {n} est cassé",
            "review",
            customer=CUSTOMER,
            language="fr",
        )
        for n in range(TEXTS)
    ]
    sealed = [
        Rejected(
            place,
            n,
            "bad_date",
            "date",
            "no date",
            {"id": f"q{n}", "customer": CUSTOMER if n == 0 else f"c{n}"},
        )
        for n in range(SEALED)
    ]
    with writing(work.engine) as connection:
        store_chunk(connection, "run 1", intake.chunk(1, None, None, texts), work.keys.id, now())
    for start in range(0, SEALED, 500):
        quarantined = [intake.quarantined(item) for item in sealed[start : start + 500]]
        with writing(work.engine) as connection:
            store_chunk(connection, "run 1", Chunk(source_id=1, quarantined=quarantined), work.keys.id, now())
    with reading(work.engine) as connection:
        waiting = pending(connection, TEXTS)
    tags = [NewTag("anger", 0.9, True)]
    said = [
        NewPrediction(
            revision_id=one.revision_id,
            model_version="m1",
            threshold_set="t-m1",
            scores={"anger": 0.9},
            tags=tags,
        )
        for one in waiting
    ]
    with writing(work.engine) as connection:
        write_predictions(connection, "run 1", said, now())
        openings = [
            Opening(
                rule="anger",
                subject_kind="customer",
                subject_key=one.customer or "",
                feedback_id=one.feedback_id,
                priority="high",
                team="care",
                label="anger",
                opened_at=now(),
            )
            for one in waiting
        ]
        open_or_link(connection, "run 1", openings)


def in_tables(engine: Engine) -> int:
    """Rows of any table that hold one of the customer's words."""
    metadata = MetaData()
    metadata.reflect(engine)
    total = 0
    with reading(engine) as connection:
        for table in metadata.sorted_tables:
            columns = [
                cast(one, SqlText) for one in table.columns if not one.primary_key or str(one.type) == "TEXT"
            ]
            found = or_(False, *(one.like(f"%{word}%") for one in columns for word in WORDS))
            total += connection.execute(select(func.count()).select_from(table).where(found)).scalar_one()
    return total


def files_of(engine: Engine) -> list[Path]:
    """Every file of the database."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        return sorted(file.parent.glob(f"{file.name}*"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
        number = connection.execute(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        ).scalar_one()
    return sorted(path for path in Path(folder, "base", str(number)).iterdir() if path.is_file())


def in_files(engine: Engine) -> int:
    """How often one of the words stands in the bytes of the database's files."""
    wanted = re.compile("|".join(WORDS).encode())
    total = 0
    for path in files_of(engine):
        if path.stat().st_size:
            with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as held:
                total += sum(1 for _ in wanted.finditer(held))
    return total


@contextmanager
def sqlite_copy(source: Engine, folder: Path) -> Iterator[Engine]:
    """The same rows in an SQLite file."""
    engine = connect(f"sqlite:///{folder}/ressenti.db")
    upgrade(engine)
    with (
        source.execution_options(isolation_level="REPEATABLE READ").connect() as rows,
        writing(engine) as connection,
    ):
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in schema.metadata.sorted_tables:
            connection.execute(table.delete())
            found = rows.execution_options(yield_per=5000).execute(select(table))
            for page in found.mappings().partitions():
                connection.execute(table.insert(), [dict(row) for row in page])
    yield engine
    engine.dispose()


def told(what: str, spent: Clock | str, rest: str = "") -> None:
    """One line."""
    print(f"  {what:34} {spent}  {rest}", flush=True)


def timed(engine: Engine, ask: Callable[[], Answer]) -> tuple[Clock, Answer]:
    """What it took, and what was answered."""
    clock = Clock(engine)
    with clock:
        answer = ask()
    return clock, answer


def measure(work: Workspace) -> None:
    """Erase the customer; print seconds and what is left."""
    engine = work.engine
    print(
        f"{engine.dialect.name}: {in_tables(engine)} rows and {in_files(engine)} places in files hold the words"
    )
    told("access", timed(engine, lambda: access(work, CUSTOMER, ["s1"]))[0])
    told("retention --dry-run", timed(engine, lambda: overdue(work))[0])
    told("erase --dry-run", timed(engine, lambda: erase_customer(work, CUSTOMER, ["s1"], dry_run=True))[0])
    clock, done = timed(engine, lambda: erase_customer(work, CUSTOMER, ["s1"]))
    over = f"  over the bar of {BAR} s" if done.seconds > BAR else ""
    told("erase, its transaction", f"{done.seconds:8.3f} s", f"{sum(done.counts.values())} rows{over}")
    told("erase, the whole command", clock)
    print(f"  left: {in_tables(engine)} rows in tables, {in_files(engine)} places in files")
    clock, parts = timed(engine, lambda: list(compact(work)))
    told("compaction", clock, ", ".join(f"{name} {spent:.1f}" for name, spent in parts if spent > 0.5))
    print(f"  left: {in_files(engine)} places in files")


def main(feedback: str = "1_000_000", url: str | None = None) -> None:
    """PostgreSQL, then SQLite."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = stack.enter_context(copied(url)) if url else None
        engine = stack.enter_context(filled(int(feedback), place))
        work = workspace(engine, folder)
        plant(work, folder)
        vacuum(engine)
        copy = stack.enter_context(sqlite_copy(engine, folder))
        print(f"{machine()}\n{int(feedback):,} feedback, {SEALED:,} records in quarantine", flush=True)
        measure(work)
        measure(workspace(copy, folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
