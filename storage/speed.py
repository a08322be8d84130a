"""How fast a model scored here before, from the runs' own counts and seconds."""

from sqlalchemy import Connection, func, select

from storage import schema

RUNS = 5  # newest ones that count
LEAST = 200  # texts of a run below which its seconds say little


def scoring_speed(connection: Connection, model_version: str) -> float | None:
    """Texts a second of the newest runs that scored with this model; None when it has scored too little here."""
    run, counted, stage = schema.run, schema.run_count, schema.run_stage
    texts = (
        select(counted.c.run_id, func.sum(counted.c.n).label("texts"))
        .where(counted.c.what == "scored")
        .group_by(counted.c.run_id)
        .having(func.sum(counted.c.n) >= LEAST)
        .subquery()
    )
    statement = (
        select(texts.c.texts, stage.c.seconds)
        .select_from(run.join(texts, texts.c.run_id == run.c.id).join(stage, stage.c.run_id == run.c.id))
        .where(run.c.versions["model"].as_string() == model_version, stage.c.stage == "score")
        .order_by(run.c.started_at.desc())
        .limit(RUNS)
    )
    rows = connection.execute(statement).all()
    seconds = sum(row.seconds for row in rows)
    return float(sum(row.texts for row in rows)) / seconds if seconds else None
