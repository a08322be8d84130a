"""What people say of what models said: labels as they are called, and corrections of tags."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from storage.schema.base import BigId, Utc, metadata, one_of

KINDS = ("emotion", "churn_reason", "signal")
VALENCES = ("negative", "positive", "neutral")

label = Table(
    "label",
    metadata,
    Column("id", Text, primary_key=True, comment="the label as it stands in tags, scores and corrections"),
    Column("position", Integer, nullable=False, comment="its place in the taxonomy, from 1"),
    Column("kind", Text, nullable=False, comment="emotion, churn_reason or signal"),
    Column("valence", Text, comment="of an emotion: negative, positive or neutral; null for what is none"),
    Column("fr", Text, nullable=False, comment="French name"),
    Column("en", Text, nullable=False, comment="English name"),
    Column("definition_fr", Text, nullable=False, comment="when it is set, in French"),
    Column("definition_en", Text, nullable=False, comment="when it is set, in English"),
    Column("taxonomy_version", Text, nullable=False, comment="newest version of the taxonomy that names it"),
    one_of("kind", KINDS),
    one_of("valence", VALENCES),
    comment="the taxonomy's labels, written by `ressenti db upgrade` and by every run",
    info={"source": "configs/taxonomy.yml"},
)

correction = Table(
    "correction",
    metadata,
    Column("id", BigId, primary_key=True, comment="number of the correction"),
    Column("revision_id", ForeignKey("revision.id"), nullable=False, comment="the words that were judged"),
    Column("label", ForeignKey(label.c.id), nullable=False, comment="the label that was judged"),
    Column("present", Boolean, nullable=False, comment="the text carries the label, or it does not"),
    Column("author", Text, nullable=False, comment="the person who judged, as they are to be named"),
    Column(
        "corrected_at",
        Utc,
        nullable=False,
        server_default=text("CURRENT_TIMESTAMP"),
        comment="when (UTC); of several for one text and label the newest counts",
    ),
    Column("note", Text, comment="why, without personal data"),
    Column("origin", Text, nullable=False, comment="where it came from: a file's name, a tool's"),
    CheckConstraint("present IN (true, false)", name="present"),
    CheckConstraint("trim(author) <> ''", name="author"),
    CheckConstraint("trim(origin) <> ''", name="origin"),
    # SQLite takes any text for a moment: one written in another way would be sorted wrongly.
    CheckConstraint(
        "corrected_at GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'",
        name="corrected_at",
    ).ddl_if(dialect="sqlite"),
    Index("uq_correction_newest", "revision_id", "label", "corrected_at", "author", unique=True),
    sqlite_autoincrement=True,
    comment="a person's word on one label of one text, beside what models said of it; only ever added to",
    info={"source": "a person, by a file or by the tool in front"},
)
