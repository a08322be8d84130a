"""What is kept of what was erased: that it was done, and enough to know it again when it is delivered once more."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from storage.schema.base import BigId, Json, Utc, metadata, one_of

KINDS = ("customer", "retention")

erasure = Table(
    "erasure",
    metadata,
    Column("id", BigId, primary_key=True, comment="number of the erasure"),
    Column(
        "kind", Text, nullable=False, comment="customer: one was erased; retention: what was kept long enough"
    ),
    Column(
        "subject",
        Text,
        comment="keyed hash of the customer, other than in any other table, so that it leads nowhere; "
        "null for retention",
    ),
    Column("key_id", Text, nullable=False, comment="id of the key that made this and the tombstones' hashes"),
    Column("counts", Json, nullable=False, comment="what was deleted: {table: rows}"),
    Column("erased_at", Utc, nullable=False, comment="when it was gone from the tables (UTC)"),
    Column("erased_by", Text, nullable=False, comment="who did it: a user of the machine, or a run"),
    Column(
        "purged_at",
        Utc,
        comment="since when no file of the database holds it (UTC); null: `ressenti db compact` is still to be run",
    ),
    one_of("kind", KINDS),
    Index(None, "subject"),
    sqlite_autoincrement=True,
    comment="proof that something was erased, without anything of it",
    info={"source": "who erased"},
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("source_id", ForeignKey("source.id"), primary_key=True, comment="where it came from"),
    Column(
        "fingerprint",
        Text,
        primary_key=True,
        comment="keyed hash of a feedback's id, or of a row in quarantine: delivered again, it is not stored",
    ),
    Column("erasure_id", ForeignKey(erasure.c.id), nullable=False, comment="the erasure that took it away"),
    sqlite_with_rowid=False,
    comment="what was erased and may still be delivered",
    info={"source": "who erased"},
)
