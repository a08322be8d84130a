"""What a person must do about a feedback or a customer, by when, and why."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, text

from storage.schema.base import BigId, Utc, metadata, one_of

STATES = ("open", "taken", "done", "dismissed")
SUBJECTS = ("customer", "feedback")

followup = Table(
    "followup",
    metadata,
    Column("id", BigId, primary_key=True, comment="number of the follow-up"),
    Column("rule", Text, nullable=False, comment="rule of configs/followup.yml that asked for it"),
    Column("subject_kind", Text, nullable=False, comment="customer, or feedback where no customer is known"),
    Column(
        "subject_key", Text, nullable=False, comment="the customer's keyed hash, or the feedback's number"
    ),
    Column("state", Text, nullable=False, comment="open, taken, done or dismissed"),
    Column("priority", Text, nullable=False, comment="how urgent, in the policy's words"),
    Column("team", Text, nullable=False, comment="who is asked"),
    Column("label", Text, nullable=False, comment="the tag that opened it"),
    Column("opened_at", Utc, nullable=False, comment="when it was opened (UTC)"),
    Column("due_at", Utc, comment="by when (UTC); null when no time is set"),
    Column("taken_by", Text, comment="who took it"),
    Column("taken_at", Utc, comment="when it was taken (UTC)"),
    Column("closed_at", Utc, comment="when it was done or dismissed (UTC)"),
    Column("run_id", ForeignKey("run.id"), nullable=False, comment="run that opened it"),
    one_of("state", STATES),
    one_of("subject_kind", SUBJECTS),
    Index(None, "state", "due_at"),
    sqlite_autoincrement=True,
    comment="something a person must do, by when, and why",
    info={"source": "configs/followup.yml applied to tags; its state: a person"},
)
Index(
    "uq_followup_open",
    followup.c.rule,
    followup.c.subject_kind,
    followup.c.subject_key,
    unique=True,
    sqlite_where=text("state IN ('open', 'taken')"),
    postgresql_where=text("state IN ('open', 'taken')"),
)

followup_feedback = Table(
    "followup_feedback",
    metadata,
    Column("rule", Text, primary_key=True, comment="the follow-up's rule"),
    Column(
        "feedback_id", ForeignKey("feedback.id"), primary_key=True, comment="the feedback that met the rule"
    ),
    Column(
        "followup_id", ForeignKey(followup.c.id), nullable=False, comment="the follow-up it was linked to"
    ),
    Column("linked_at", Utc, nullable=False, comment="when (UTC)"),
    Index(None, "followup_id"),
    Index(None, "feedback_id"),
    sqlite_with_rowid=False,
    comment="why a follow-up exists; a feedback meets a rule once, ever: reruns open nothing again",
    info={"source": "configs/followup.yml applied to tags"},
)
