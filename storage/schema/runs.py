"""What was executed: runs, their counts and seconds, and how far each source was read."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, Table, Text

from storage.schema.base import Json, Utc, metadata, one_of

OUTCOMES = ("running", "done", "failed", "stopped")
COUNTED = (
    *("read", "new", "revised", "updated", "duplicate", "skipped", "quarantined"),
    *("scored", "refused", "tagged"),
    *("followup_opened", "followup_linked", "followup_too_old"),
)

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True, comment="UUID of the run"),
    Column("flow", Text, nullable=False, comment="nightly, reprocess…"),
    Column("parameters", Json, nullable=False, comment="what it was asked to do: {name: value}"),
    Column("versions", Json, nullable=False, comment="of the program, its libraries, model, cleaning"),
    Column("host", Text, nullable=False, comment="machine it runs on"),
    Column("pid", Integer, nullable=False, comment="process number on that machine"),
    Column("started_at", Utc, nullable=False, comment="when it began (UTC)"),
    Column("heartbeat_at", Utc, nullable=False, comment="last sign of life (UTC)"),
    Column("ended_at", Utc, comment="when it ended (UTC); null while it runs or after a kill"),
    Column("outcome", Text, nullable=False, comment="running, done, failed or stopped"),
    Column("error", Text, comment="why it failed, one sentence without personal data"),
    Column("prefect_run_id", Text, comment="id of the flow run in Prefect, if it ran there"),
    one_of("outcome", OUTCOMES),
    Index(None, "started_at"),
    comment="one execution of a flow",
    info={"source": "the program"},
)

run_count = Table(
    "run_count",
    metadata,
    Column("run_id", ForeignKey(run.c.id), primary_key=True, comment="whose count"),
    Column(
        "source_id",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="of which source; 0 for no one source",
    ),
    Column("what", Text, primary_key=True, comment="read, new, duplicate, scored, tagged…"),
    Column(
        "reason", Text, primary_key=True, comment="why skipped, quarantined or refused; which label; else ''"
    ),
    Column("n", BigInteger, nullable=False, comment="how many"),
    sqlite_with_rowid=False,
    comment="what a run did, counted inside the transactions that did it",
    info={"source": "the program"},
)

run_stage = Table(
    "run_stage",
    metadata,
    Column("run_id", ForeignKey(run.c.id), primary_key=True, comment="whose stage"),
    Column("stage", Text, primary_key=True, comment="read, clean, store, score, tag, follow up, publish"),
    Column("seconds", Float, nullable=False, comment="time spent in it (s)"),
    sqlite_with_rowid=False,
    comment="where a run's time went",
    info={"source": "the program"},
)

cursor = Table(
    "cursor",
    metadata,
    Column("source_id", ForeignKey("source.id"), primary_key=True, comment="which source"),
    Column(
        "part",
        Text,
        primary_key=True,
        comment="which part of it: a file's content and mapping, an API's list",
    ),
    Column("position", Json, nullable=False, comment="how far it was read; stored with what was read"),
    Column(
        "first_seen_at", Utc, nullable=False, comment="first sight of the part: relative dates count from it"
    ),
    Column("updated_at", Utc, nullable=False, comment="when the position last moved (UTC)"),
    comment="where the next run goes on reading",
    info={"source": "the reader"},
)
