"""What customers wrote: sources, feedback, revisions, and what could not be accepted."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema.base import BigId, Json, Utc, metadata, one_of

CHANNELS = ("review", "survey", "ticket")
PRECISIONS = ("second", "minute", "hour", "day", "week", "month", "year")

source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True, comment="number of the source"),
    Column("name", Text, nullable=False, unique=True, comment="name of its YAML file, without the ending"),
    Column("kind", Text, nullable=False, comment="kind of feed: files, api, query…"),
    Column("channel", Text, comment="channel of its feedback; null when each record says its own"),
    Column("created_at", Utc, nullable=False, comment="when it was first read (UTC)"),
    one_of("channel", CHANNELS),
    comment="a configured feed of feedback",
    info={"source": "the source's YAML file"},
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", BigId, primary_key=True, comment="number of the feedback"),
    Column("source_id", ForeignKey(source.c.id), nullable=False, comment="where it was read"),
    Column("external_id", Text, nullable=False, comment="the source's id, or one derived from its content"),
    Column("channel", Text, nullable=False, comment="review, survey or ticket"),
    Column("customer", Text, comment="keyed hash of the customer's identifier; null when unknown"),
    Column("customer_key_id", Text, comment="id of the key that made the hash"),
    Column("written_at", Utc, comment="when the customer wrote (UTC); null when unknown"),
    Column("written_precision", Text, comment="how exactly written_at is known: second … year"),
    Column(
        "written_relative", Boolean, nullable=False, comment="written_at was counted from « 6 months ago »"
    ),
    Column("discovered_at", Utc, nullable=False, comment="when Ressenti first stored it (UTC)"),
    Column(
        "day",
        Date,
        comment="day of writing, else of discovery, in the zone of `contract`; never null once stored",
    ),
    Column("rating", Float, comment="the customer's rating, on the source's scale"),
    Column("rating_low", Float, comment="lowest value of the rating's scale"),
    Column("rating_high", Float, comment="highest value of the rating's scale"),
    Column("nps", Integer, comment="answer to the recommendation question, 0 to 10"),
    Column("survey", Text, comment="name of the survey"),
    Column("batch", Text, comment="what it belongs together with: a survey wave, an imported file"),
    Column("language_declared", Text, comment="language the source states, ISO 639-1"),
    Column(
        "attributes", Json, nullable=False, comment="other columns kept by the source's YAML: {name: value}"
    ),
    Column("metadata_hash", Text, nullable=False, comment="digest of the metadata, to see that they changed"),
    Column("updated_at", Utc, nullable=False, comment="when its metadata were last written (UTC)"),
    Column("deleted_at", Utc, comment="when it was withdrawn from every view (UTC); null while it lives"),
    UniqueConstraint("source_id", "external_id"),
    one_of("channel", CHANNELS),
    one_of("written_precision", PRECISIONS),
    sqlite_autoincrement=True,  # the number of an erased feedback must never name another one
    comment="one text a customer wrote, with its metadata; its words are in revision",
    info={"source": "the record as read"},
)
Index(
    None,
    feedback.c.customer,
    sqlite_where=text("customer IS NOT NULL"),
    postgresql_where=text("customer IS NOT NULL"),
)
Index(None, feedback.c.day)
Index(
    None, feedback.c.batch, sqlite_where=text("batch IS NOT NULL"), postgresql_where=text("batch IS NOT NULL")
)

revision = Table(
    "revision",
    metadata,
    Column("id", BigId, primary_key=True, comment="number of the revision; grows with time"),
    Column("feedback_id", ForeignKey(feedback.c.id), nullable=False, comment="whose words these are"),
    Column("number", Integer, nullable=False, comment="1 for the first text read, then counting up"),
    Column("text_hash", Text, nullable=False, comment="keyed hash of the text as read, before masking"),
    Column("masked_text", Text, nullable=False, comment="the text to show: personal data replaced"),
    Column("clean_text", Text, nullable=False, comment="the text that is scored: masked and cleaned"),
    Column("cleaning_version", Text, nullable=False, comment="version of what cleaned and masked it"),
    Column("language", Text, comment="language found, ISO 639-1; null when none could be told"),
    Column("language_confidence", Float, comment="how sure the language is, 0 to 1"),
    Column("refusal", Text, comment="why it can't be scored: unsupported_language, empty…; null when it can"),
    Column("tokens", Integer, comment="length in the model's tokens, when counted"),
    Column("latest", Boolean, nullable=False, comment="the newest revision of its feedback"),
    Column("predicted_by", Text, comment="model version that spoke of it last; null while none has"),
    Column("run_id", ForeignKey("run.id"), nullable=False, comment="run that read it"),
    Column("read_at", Utc, nullable=False, comment="when it was stored (UTC)"),
    UniqueConstraint("feedback_id", "number"),
    UniqueConstraint("feedback_id", "text_hash"),
    sqlite_autoincrement=True,
    comment="a version of a feedback's text, as read",
    info={"source": "the record's text, cleaned and masked"},
)
# What makes `nothing is pending` an index probe: revisions already predicted by the active version are never
# walked over. See storage/reader.py.
Index(
    "ix_revision_pending",
    revision.c.predicted_by,
    revision.c.id,
    sqlite_where=text("latest = 1"),
    postgresql_where=text("latest"),
)

QUARANTINE_STATES = ("waiting", "replayed", "discarded")

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigId, primary_key=True, comment="number of the quarantined record"),
    Column("source_id", ForeignKey(source.c.id), nullable=False, comment="where it was read"),
    Column("run_id", ForeignKey("run.id"), nullable=False, comment="run that put it here"),
    Column("file", Text, comment="name of the file, without its folder; null when it came from no file"),
    Column("line", Integer, comment="line or row in the file, from 1"),
    Column("field", Text, comment="column at fault; null when it is the whole row"),
    Column("reason", Text, nullable=False, comment="code: bad_date, missing_id, id_collision…"),
    Column("detail", Text, nullable=False, comment="one sentence, without personal data"),
    Column("payload", LargeBinary, nullable=False, comment="the whole row, sealed (Fernet)"),
    Column("key_id", Text, nullable=False, comment="id of the key that sealed it"),
    Column("fingerprint", Text, nullable=False, comment="keyed hash of the row: the same row comes in once"),
    Column("quarantined_at", Utc, nullable=False, comment="when it was put here (UTC)"),
    Column("state", Text, nullable=False, comment="waiting, replayed or discarded"),
    Column("settled_at", Utc, comment="when it was replayed or discarded (UTC)"),
    UniqueConstraint("source_id", "fingerprint"),
    one_of("state", QUARANTINE_STATES),
    Index(None, "state", "reason"),
    sqlite_autoincrement=True,
    comment="records that could not be accepted, whole but sealed",
    info={"source": "the reader that could not accept the record"},
)
