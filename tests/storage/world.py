"""Short ways to put things into a database under test."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, MetaData, Table, select

from storage import schema
from storage.chunk import Chunk, NewFeedback, Quarantined, Stored
from storage.database import reading, writing
from storage.predictions import NewPrediction, NewTag, write_predictions
from storage.reader import PendingText, pending
from storage.registry import ModelVersion, activate, register_model
from storage.runs import start_run
from storage.writer import register_source, store_chunk

NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
KEY = "key-1"


def later(**spans: float) -> datetime:
    return NOW + timedelta(**spans)


def item(key: str, text: str = "Jamais remboursé !", **changes: object) -> NewFeedback:
    values = {
        "external_id": key,
        "channel": "review",
        "text_hash": f"hash of {text}",
        "masked_text": text,
        "clean_text": text,
        "cleaning_version": "1",
        "language": "fr",
        "language_confidence": 0.99,
        "rating": 2.0,
        "rating_low": 1.0,
        "rating_high": 5.0,
    }
    return NewFeedback(**(values | changes))


def bad(fingerprint: str, reason: str = "bad_date", **changes: object) -> Quarantined:
    values = {"reason": reason, "detail": "not a date", "payload": b"sealed", "fingerprint": fingerprint}
    return Quarantined(**(values | {"file": "reviews.csv", "line": 7, "field": "date"} | changes))


def add_source(engine: Engine, name: str = "reviews") -> int:
    with writing(engine) as connection:
        return register_source(connection, name, "files", "review", NOW)


def add_run(engine: Engine, flow: str = "nightly") -> str:
    with writing(engine) as connection:
        return start_run(connection, flow, NOW)


def add_model(engine: Engine, version: str = "m1", *, active: bool = True, scope: str = "default") -> None:
    model = ModelVersion(
        id=version,
        name=f"model {version}",
        labels=["joy", "anger"],
        taxonomy_version="1",
        threshold_set=f"t-{version}",
        thresholds={"joy": {"tag": 0.5, "sure": 0.9}},
    )
    with writing(engine) as connection:
        register_model(connection, model, NOW)
        if active:
            activate(connection, version, f"t-{version}", NOW, by="a test", scope=scope)


def store(
    engine: Engine,
    source_id: int,
    run_id: str,
    *feedback: NewFeedback,
    quarantined: tuple[Quarantined, ...] = (),
    skipped: dict[str, int] | None = None,
    now: datetime = NOW,
    **chunk: object,
) -> Stored:
    made = Chunk(
        source_id=source_id,
        feedback=feedback,
        quarantined=quarantined,
        skipped=Counter(skipped or {}),
        **chunk,
    )
    with writing(engine) as connection:
        return store_chunk(connection, run_id, made, KEY, now)


def waiting(engine: Engine, limit: int = 100, **filters: object) -> list[PendingText]:
    with reading(engine) as connection:
        return pending(connection, limit, **filters)


def waiting_keys(engine: Engine, **filters: object) -> list[str]:
    return [text.external_id for text in waiting(engine, **filters)]


def scored(text: PendingText, *labels: str, version: str | None = None) -> NewPrediction:
    version = version or text.model_version
    return NewPrediction(
        revision_id=text.revision_id,
        model_version=version,
        scores={"joy": 0.123456789, "anger": 0.9},
        threshold_set=f"t-{version}",
        tags=[NewTag(label, 0.9, True) for label in labels],
    )


def predict(engine: Engine, run_id: str, *predictions: NewPrediction, now: datetime = NOW) -> int:
    with writing(engine) as connection:
        return write_predictions(connection, run_id, predictions, now)


def rows(engine: Engine, table: Table) -> list[dict]:
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


def counts(engine: Engine, run_id: str) -> dict[tuple[str, str], int]:
    return {(row["what"], row["reason"]): row["n"] for row in rows(engine, schema.run_count)}


def erase(connection: Connection, table: Table, **where: object) -> None:
    statement = table.delete()
    for name, value in where.items():
        statement = statement.where(table.c[name] == value)
    connection.execute(statement)


def reflected(engine: Engine) -> MetaData:
    metadata = MetaData()
    metadata.reflect(engine)
    return metadata
