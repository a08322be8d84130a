"""How fast records are written: a feedback with its revision, prediction, tags, sums for BI and indexes, upserted.

    python -m benchmarks.writing [RECORDS]      # default 100,000, into SQLite and into PostgreSQL

Written as a night does it, 500 to a transaction with cursor and counts, and then all of it once more, which changes
nothing. Beside it the rows of the same four tables go by `DataFrame.to_sql(chunksize=1000)` into the same empty
schema: pandas inserts them, it can't upsert. Reading what is pending, and pandas' own preparation, are not timed.
"""

import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Engine, create_engine, func, make_url, select, text

from benchmarks.clock import Clock, machine
from configs.taxonomy import load_taxonomy
from storage import schema
from storage.chunk import Chunk, NewFeedback
from storage.database import connect, reading, writing
from storage.predictions import NewPrediction, NewTag, write_predictions
from storage.reader import pending
from storage.registry import ModelVersion, activate, register_model
from storage.runs import start_run
from storage.upgrade import upgrade
from storage.writer import register_source, store_chunk
from tests.databases import bundled_postgresql

BARS = {"postgresql": 4_000, "sqlite": 3_000}
CHUNK = 500
DAYS = 90
NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
LABELS = load_taxonomy().ids
SENTENCE = "le service est lent et la facture reste fausse malgré trois appels merci pour rien je pars"
TABLES = (schema.feedback, schema.revision, schema.prediction, schema.tag)


def feedback(number: int, dice: random.Random) -> NewFeedback:
    """A feedback of 8 to 60 words, written in the last 90 days, with what a shop's review has."""
    words = " ".join(dice.choices(SENTENCE.split(), k=dice.randint(8, 60)))
    return NewFeedback(
        external_id=f"{number:08}",
        channel="review",
        text_hash=f"{number:032x}",
        masked_text=words,
        clean_text=words,
        cleaning_version="1",
        customer=f"{dice.randrange(40_000):032x}",
        written_at=NOW - timedelta(minutes=dice.randrange(DAYS * 24 * 60)),
        written_precision="second",
        rating=float(dice.randint(1, 5)),
        rating_low=1.0,
        rating_high=5.0,
        nps=dice.randint(0, 10),
        survey="satisfaction",
        batch=f"W{number // 20_000}",
        language=dice.choice(("fr", "fr", "fr", "en")),
        language_confidence=0.99,
        attributes={"product": f"product {dice.randrange(30)}", "country": dice.choice(("FR", "BE", "CH"))},
        tokens=len(words) // 4,
    )


def chunks(records: int, sources: list[int]) -> Iterator[Chunk]:
    """All records in chunks of 500, one source after the other."""
    dice = random.Random(7)
    share = -(-records // len(sources))
    for start in range(0, records, CHUNK):
        items = [feedback(number, dice) for number in range(start, min(start + CHUNK, records))]
        source = sources[start // share]
        yield Chunk(source_id=source, feedback=items, part="all", position={"row": start, "done": False})


def prediction(revision_id: int, dice: random.Random) -> NewPrediction:
    """27 scores and 0 to 4 tags."""
    tags = [
        NewTag(label, dice.random(), dice.random() > 0.5) for label in dice.sample(LABELS, dice.randint(0, 4))
    ]
    scores = {label: dice.random() for label in LABELS}
    return NewPrediction(
        revision_id=revision_id, model_version="m", threshold_set="t", scores=scores, tags=tags
    )


class Speed(NamedTuple):
    """Records a second, and a second of processors."""

    seconds: float
    worked: float

    @classmethod
    def of(cls, records: int, *clocks: Clock) -> "Speed":
        """All that was written in the time of these clocks together."""
        return cls(records / sum(one.seconds for one in clocks), records / sum(one.worked for one in clocks))

    def __str__(self) -> str:
        return f"{self.seconds:7,.0f} ({self.worked:7,.0f})"


def ours(engine: Engine, records: int) -> tuple[Speed, Speed]:
    """First all, then all again."""
    upgrade(engine)
    model = ModelVersion(
        id="m", name="m", labels=LABELS, taxonomy_version="1", threshold_set="t", thresholds={}
    )
    with writing(engine) as connection:
        register_model(connection, model, NOW)
        activate(connection, "m", "t", NOW, by="benchmark")
        run = start_run(connection, "benchmark", NOW)
        sources = [register_source(connection, f"s{n}", "files", "review", NOW) for n in range(5)]
    read = list(chunks(records, sources))
    store, predict, again = Clock(engine), Clock(engine), Clock(engine)
    with store:
        for chunk in read:
            with writing(engine) as connection:
                store_chunk(connection, run, chunk, "key", NOW)
    with reading(engine) as connection:
        waiting = pending(connection, records)
    dice = random.Random(8)
    parts = [waiting[start : start + CHUNK] for start in range(0, records, CHUNK)]
    said = [[prediction(one.revision_id, dice) for one in part] for part in parts]
    with predict:
        for predictions in said:
            with writing(engine) as connection:
                write_predictions(connection, run, predictions, NOW)
    with again:
        for chunk, predictions in zip(read, said, strict=True):
            with writing(engine) as connection:
                store_chunk(connection, run, chunk, "key", NOW)
                write_predictions(connection, run, predictions, NOW)
    return Speed.of(records, store, predict), Speed.of(records, again)


def pandas(full: Engine, empty: Engine) -> Speed:
    """`to_sql` of the rows that `ours` has stored in `full`."""
    upgrade(empty)
    frames = {table.name: _frame(full, table) for table in TABLES}
    with writing(full) as connection, writing(empty) as other:
        for table in (schema.source, schema.run, schema.model_version, schema.threshold_set):
            other.execute(table.insert(), [dict(row._mapping) for row in connection.execute(select(table))])
    clock = Clock(empty)
    with clock, empty.begin() as connection:
        for table in TABLES:
            frames[table.name].to_sql(
                table.name, connection, if_exists="append", index=False, chunksize=1000, dtype=_types(table)
            )
    with reading(empty) as connection:
        for table in TABLES:
            there = connection.execute(select(func.count()).select_from(table)).scalar_one()
            assert there == len(frames[table.name]), table.name
    return Speed.of(len(frames["feedback"]), clock)


def _frame(engine: Engine, table: Any) -> pd.DataFrame:  # noqa: ANN401
    with reading(engine) as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(table))]
    return pd.DataFrame(rows, columns=[column.name for column in table.columns]).astype(object)


def _types(table: Any) -> dict[str, Any]:  # noqa: ANN401
    return {column.name: column.type for column in table.columns}


def databases(stack: ExitStack) -> Iterator[tuple[str, str, str]]:
    """(kind, URL of an empty database, URL of another one)."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rs")))
    yield "sqlite", f"sqlite:///{folder}/ours.db", f"sqlite:///{folder}/pandas.db"
    server = stack.enter_context(bundled_postgresql(folder))
    administrator = create_engine(server, isolation_level="AUTOCOMMIT")
    urls = []
    for name in ("ours", "pandas"):
        with administrator.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        urls.append(make_url(server).set(database=name).render_as_string(hide_password=False))
    administrator.dispose()
    yield "postgresql", urls[0], urls[1]


def main(records: int = 100_000) -> None:
    """Print records a second, ours beside pandas', and each bar."""
    print(f"{records:,} records, {CHUNK} to a transaction; records a second (and a second of processors)")
    with ExitStack() as stack:
        for kind, here, there in databases(stack):
            print(machine())
            full, empty = connect(here), connect(there)
            first, again = ours(full, records)
            beside = pandas(full, empty)
            print(
                f"{kind:10}  ours {first}  again {again}  pandas {beside}  bar {BARS[kind]:,}",
                flush=True,
            )
            full.dispose()
            empty.dispose()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
