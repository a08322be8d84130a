"""Everything from the first day: what was read, what was said of it, what is to be done about it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

# Written out, not taken from storage/schema: a migration must go on making what it made on the day it was
# released.
UTC = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

ACTIVE = """
CREATE VIEW active AS
SELECT a.scope, a.model_version, a.threshold_set, a.activated_at, a.activated_by
FROM activation AS a
WHERE a.id = (SELECT max(b.id) FROM activation AS b WHERE b.scope = a.scope)
  AND a.model_version IS NOT NULL
"""


def upgrade() -> None:
    """Make all tables, then the view of what is active."""
    _model_version()
    _run()
    _source()
    _cursor()
    _feedback()
    _followup()
    _quarantine()
    _run_count()
    _run_stage()
    _threshold_set()
    _activation()
    _followup_feedback()
    _revision()
    _prediction()
    _tag()
    op.execute(ACTIVE)


def _model_version() -> None:
    op.create_table(
        "model_version",
        sa.Column(
            "id", sa.Text(), nullable=False, comment="hash of what makes scores: weights, tokenizer, labels…"
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="name for people"),
        sa.Column("labels", JSON, nullable=False, comment="the labels it scores, in order: [label]"),
        sa.Column(
            "taxonomy_version",
            sa.Text(),
            nullable=False,
            comment="version of the taxonomy the labels are from",
        ),
        sa.Column("facts", JSON, nullable=False, comment="window, calibration, metrics: {name: value}"),
        sa.Column("registered_at", UTC, nullable=False, comment="when it was first used here (UTC)"),
        sa.PrimaryKeyConstraint("id", name="pk_model_version"),
        comment="every model that ever scored here",
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False, comment="UUID of the run"),
        sa.Column("flow", sa.Text(), nullable=False, comment="nightly, reprocess…"),
        sa.Column("parameters", JSON, nullable=False, comment="what it was asked to do: {name: value}"),
        sa.Column("versions", JSON, nullable=False, comment="of the program, its libraries, model, cleaning"),
        sa.Column("host", sa.Text(), nullable=False, comment="machine it runs on"),
        sa.Column("pid", sa.Integer(), nullable=False, comment="process number on that machine"),
        sa.Column("started_at", UTC, nullable=False, comment="when it began (UTC)"),
        sa.Column("heartbeat_at", UTC, nullable=False, comment="last sign of life (UTC)"),
        sa.Column("ended_at", UTC, comment="when it ended (UTC); null while it runs or after a kill"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="running, done, failed or stopped"),
        sa.Column("error", sa.Text(), comment="why it failed, one sentence without personal data"),
        sa.Column("prefect_run_id", sa.Text(), comment="id of the flow run in Prefect, if it ran there"),
        sa.CheckConstraint("outcome IN ('running', 'done', 'failed', 'stopped')", name="ck_run_outcome"),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        comment="one execution of a flow",
    )
    op.create_index("ix_run_started_at", "run", ["started_at"])


def _source() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False, comment="number of the source"),
        sa.Column("name", sa.Text(), nullable=False, comment="name of its YAML file, without the ending"),
        sa.Column("kind", sa.Text(), nullable=False, comment="kind of feed: files, api, query…"),
        sa.Column(
            "channel", sa.Text(), comment="channel of its feedback; null when each record says its own"
        ),
        sa.Column("created_at", UTC, nullable=False, comment="when it was first read (UTC)"),
        sa.CheckConstraint("channel IN ('review', 'survey', 'ticket')", name="ck_source_channel"),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("name", name="uq_source_name"),
        comment="a configured feed of feedback",
    )


def _cursor() -> None:
    op.create_table(
        "cursor",
        sa.Column("source_id", sa.Integer(), nullable=False, comment="which source"),
        sa.Column(
            "part",
            sa.Text(),
            nullable=False,
            comment="which part of it: a file's content and mapping, an API's list",
        ),
        sa.Column("position", JSON, nullable=False, comment="how far it was read; stored with what was read"),
        sa.Column(
            "first_seen_at",
            UTC,
            nullable=False,
            comment="first sight of the part: relative dates count from it",
        ),
        sa.Column("updated_at", UTC, nullable=False, comment="when the position last moved (UTC)"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_cursor_source_id_source"),
        sa.PrimaryKeyConstraint("source_id", "part", name="pk_cursor"),
        comment="where the next run goes on reading",
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", ID, nullable=False, comment="number of the feedback"),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="where it was read"),
        sa.Column(
            "external_id",
            sa.Text(),
            nullable=False,
            comment="the source's id, or one derived from its content",
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="review, survey or ticket"),
        sa.Column(
            "customer", sa.Text(), comment="keyed hash of the customer's identifier; null when unknown"
        ),
        sa.Column("customer_key_id", sa.Text(), comment="id of the key that made the hash"),
        sa.Column("written_at", UTC, comment="when the customer wrote (UTC); null when unknown"),
        sa.Column("written_precision", sa.Text(), comment="how exactly written_at is known: second … year"),
        sa.Column(
            "written_relative",
            sa.Boolean(),
            nullable=False,
            comment="written_at was counted from « 6 months ago »",
        ),
        sa.Column("discovered_at", UTC, nullable=False, comment="when Ressenti first stored it (UTC)"),
        sa.Column("rating", sa.Float(), comment="the customer's rating, on the source's scale"),
        sa.Column("rating_low", sa.Float(), comment="lowest value of the rating's scale"),
        sa.Column("rating_high", sa.Float(), comment="highest value of the rating's scale"),
        sa.Column("nps", sa.Integer(), comment="answer to the recommendation question, 0 to 10"),
        sa.Column("survey", sa.Text(), comment="name of the survey"),
        sa.Column(
            "batch", sa.Text(), comment="what it belongs together with: a survey wave, an imported file"
        ),
        sa.Column("language_declared", sa.Text(), comment="language the source states, ISO 639-1"),
        sa.Column(
            "attributes",
            JSON,
            nullable=False,
            comment="other columns kept by the source's YAML: {name: value}",
        ),
        sa.Column(
            "metadata_hash",
            sa.Text(),
            nullable=False,
            comment="digest of the metadata, to see that they changed",
        ),
        sa.Column("updated_at", UTC, nullable=False, comment="when its metadata were last written (UTC)"),
        sa.Column(
            "deleted_at", UTC, comment="when it was withdrawn from every view (UTC); null while it lives"
        ),
        sa.CheckConstraint("channel IN ('review', 'survey', 'ticket')", name="ck_feedback_channel"),
        sa.CheckConstraint(
            "written_precision IN ('second', 'minute', 'hour', 'day', 'week', 'month', 'year')",
            name="ck_feedback_written_precision",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_feedback_source_id_source"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("source_id", "external_id", name="uq_feedback_source_id_external_id"),
        comment="one text a customer wrote, with its metadata; its words are in revision",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_feedback_batch",
        "feedback",
        ["batch"],
        sqlite_where=sa.text("batch IS NOT NULL"),
        postgresql_where=sa.text("batch IS NOT NULL"),
    )
    op.create_index(
        "ix_feedback_customer",
        "feedback",
        ["customer"],
        sqlite_where=sa.text("customer IS NOT NULL"),
        postgresql_where=sa.text("customer IS NOT NULL"),
    )


def _followup() -> None:
    op.create_table(
        "followup",
        sa.Column("id", ID, nullable=False, comment="number of the follow-up"),
        sa.Column(
            "rule", sa.Text(), nullable=False, comment="rule of configs/followup.yml that asked for it"
        ),
        sa.Column(
            "subject_kind",
            sa.Text(),
            nullable=False,
            comment="customer, or feedback where no customer is known",
        ),
        sa.Column(
            "subject_key",
            sa.Text(),
            nullable=False,
            comment="the customer's keyed hash, or the feedback's number",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="open, taken, done or dismissed"),
        sa.Column("priority", sa.Text(), nullable=False, comment="how urgent, in the policy's words"),
        sa.Column("team", sa.Text(), nullable=False, comment="who is asked"),
        sa.Column("label", sa.Text(), nullable=False, comment="the tag that opened it"),
        sa.Column("opened_at", UTC, nullable=False, comment="when it was opened (UTC)"),
        sa.Column("due_at", UTC, comment="by when (UTC); null when no time is set"),
        sa.Column("taken_by", sa.Text(), comment="who took it"),
        sa.Column("taken_at", UTC, comment="when it was taken (UTC)"),
        sa.Column("closed_at", UTC, comment="when it was done or dismissed (UTC)"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="run that opened it"),
        sa.CheckConstraint("state IN ('open', 'taken', 'done', 'dismissed')", name="ck_followup_state"),
        sa.CheckConstraint("subject_kind IN ('customer', 'feedback')", name="ck_followup_subject_kind"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_followup_run_id_run"),
        sa.PrimaryKeyConstraint("id", name="pk_followup"),
        comment="something a person must do, by when, and why",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_followup_state_due_at", "followup", ["state", "due_at"])
    op.create_index(
        "uq_followup_open",
        "followup",
        ["rule", "subject_kind", "subject_key"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'taken')"),
        postgresql_where=sa.text("state IN ('open', 'taken')"),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", ID, nullable=False, comment="number of the quarantined record"),
        sa.Column("source_id", sa.Integer(), nullable=False, comment="where it was read"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="run that put it here"),
        sa.Column(
            "file", sa.Text(), comment="name of the file, without its folder; null when it came from no file"
        ),
        sa.Column("line", sa.Integer(), comment="line or row in the file, from 1"),
        sa.Column("field", sa.Text(), comment="column at fault; null when it is the whole row"),
        sa.Column("reason", sa.Text(), nullable=False, comment="code: bad_date, missing_id, id_collision…"),
        sa.Column("detail", sa.Text(), nullable=False, comment="one sentence, without personal data"),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="the whole row, sealed (Fernet)"),
        sa.Column("key_id", sa.Text(), nullable=False, comment="id of the key that sealed it"),
        sa.Column(
            "fingerprint",
            sa.Text(),
            nullable=False,
            comment="keyed hash of the row: the same row comes in once",
        ),
        sa.Column("quarantined_at", UTC, nullable=False, comment="when it was put here (UTC)"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, replayed or discarded"),
        sa.Column("settled_at", UTC, comment="when it was replayed or discarded (UTC)"),
        sa.CheckConstraint("state IN ('waiting', 'replayed', 'discarded')", name="ck_quarantine_state"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_quarantine_run_id_run"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_quarantine_source_id_source"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("source_id", "fingerprint", name="uq_quarantine_source_id_fingerprint"),
        comment="records that could not be accepted, whole but sealed",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quarantine_state_reason", "quarantine", ["state", "reason"])


def _run_count() -> None:
    op.create_table(
        "run_count",
        sa.Column("run_id", sa.Text(), nullable=False, comment="whose count"),
        sa.Column(
            "source_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="of which source; 0 for no one source",
        ),
        sa.Column("what", sa.Text(), nullable=False, comment="read, new, duplicate, scored, tagged…"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="why skipped, quarantined or refused; which label; else ''",
        ),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="how many"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_run_count_run_id_run"),
        sa.PrimaryKeyConstraint("run_id", "source_id", "what", "reason", name="pk_run_count"),
        comment="what a run did, counted inside the transactions that did it",
        sqlite_with_rowid=False,
    )


def _run_stage() -> None:
    op.create_table(
        "run_stage",
        sa.Column("run_id", sa.Text(), nullable=False, comment="whose stage"),
        sa.Column(
            "stage", sa.Text(), nullable=False, comment="read, clean, store, score, tag, follow up, publish"
        ),
        sa.Column("seconds", sa.Float(), nullable=False, comment="time spent in it (s)"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_run_stage_run_id_run"),
        sa.PrimaryKeyConstraint("run_id", "stage", name="pk_run_stage"),
        comment="where a run's time went",
        sqlite_with_rowid=False,
    )


def _threshold_set() -> None:
    op.create_table(
        "threshold_set",
        sa.Column("id", sa.Text(), nullable=False, comment="hash of its values"),
        sa.Column("model_version", sa.Text(), nullable=False, comment="whose scores it cuts"),
        sa.Column("values", JSON, nullable=False, comment="{label: {tag: score, sure: score…}}"),
        sa.Column("registered_at", UTC, nullable=False, comment="when it was first used here (UTC)"),
        sa.ForeignKeyConstraint(
            ["model_version"], ["model_version.id"], name="fk_threshold_set_model_version_model_version"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_threshold_set"),
        comment="from which score a label is a tag, and from which it is sure",
    )


def _activation() -> None:
    op.create_table(
        "activation",
        sa.Column("id", ID, nullable=False, comment="number of the activation; the newest of a scope counts"),
        sa.Column("scope", sa.Text(), nullable=False, comment="default, or batch:NAME which overrides it"),
        sa.Column("model_version", sa.Text(), comment="what is shown; null withdraws the override"),
        sa.Column("threshold_set", sa.Text(), comment="with which thresholds"),
        sa.Column("activated_at", UTC, nullable=False, comment="when (UTC)"),
        sa.Column("activated_by", sa.Text(), nullable=False, comment="who or what did it"),
        sa.ForeignKeyConstraint(
            ["model_version"], ["model_version.id"], name="fk_activation_model_version_model_version"
        ),
        sa.ForeignKeyConstraint(
            ["threshold_set"], ["threshold_set.id"], name="fk_activation_threshold_set_threshold_set"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_activation"),
        comment="which model version and thresholds a scope shows; only ever added to",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_activation_scope_id", "activation", ["scope", "id"])


def _followup_feedback() -> None:
    op.create_table(
        "followup_feedback",
        sa.Column("rule", sa.Text(), nullable=False, comment="the follow-up's rule"),
        sa.Column("feedback_id", ID, nullable=False, comment="the feedback that met the rule"),
        sa.Column("followup_id", ID, nullable=False, comment="the follow-up it was linked to"),
        sa.Column("linked_at", UTC, nullable=False, comment="when (UTC)"),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name="fk_followup_feedback_feedback_id_feedback"
        ),
        sa.ForeignKeyConstraint(
            ["followup_id"], ["followup.id"], name="fk_followup_feedback_followup_id_followup"
        ),
        sa.PrimaryKeyConstraint("rule", "feedback_id", name="pk_followup_feedback"),
        comment="why a follow-up exists; a feedback meets a rule once, ever: reruns open nothing again",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_followup_feedback_followup_id", "followup_feedback", ["followup_id"])


def _revision() -> None:
    op.create_table(
        "revision",
        sa.Column("id", ID, nullable=False, comment="number of the revision; grows with time"),
        sa.Column("feedback_id", ID, nullable=False, comment="whose words these are"),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="1 for the first text read, then counting up"
        ),
        sa.Column(
            "text_hash", sa.Text(), nullable=False, comment="keyed hash of the text as read, before masking"
        ),
        sa.Column(
            "masked_text", sa.Text(), nullable=False, comment="the text to show: personal data replaced"
        ),
        sa.Column(
            "clean_text", sa.Text(), nullable=False, comment="the text that is scored: masked and cleaned"
        ),
        sa.Column(
            "cleaning_version", sa.Text(), nullable=False, comment="version of what cleaned and masked it"
        ),
        sa.Column("language", sa.Text(), comment="language found, ISO 639-1; null when none could be told"),
        sa.Column("language_confidence", sa.Float(), comment="how sure the language is, 0 to 1"),
        sa.Column(
            "refusal",
            sa.Text(),
            comment="why it can't be scored: unsupported_language, empty…; null when it can",
        ),
        sa.Column("tokens", sa.Integer(), comment="length in the model's tokens, when counted"),
        sa.Column("latest", sa.Boolean(), nullable=False, comment="the newest revision of its feedback"),
        sa.Column(
            "predicted_by", sa.Text(), comment="model version that spoke of it last; null while none has"
        ),
        sa.Column("run_id", sa.Text(), nullable=False, comment="run that read it"),
        sa.Column("read_at", UTC, nullable=False, comment="when it was stored (UTC)"),
        sa.ForeignKeyConstraint(["feedback_id"], ["feedback.id"], name="fk_revision_feedback_id_feedback"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_revision_run_id_run"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("feedback_id", "number", name="uq_revision_feedback_id_number"),
        sa.UniqueConstraint("feedback_id", "text_hash", name="uq_revision_feedback_id_text_hash"),
        comment="a version of a feedback's text, as read",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_revision_pending",
        "revision",
        ["predicted_by", "id"],
        sqlite_where=sa.text("latest = 1"),
        postgresql_where=sa.text("latest"),
    )


def _prediction() -> None:
    op.create_table(
        "prediction",
        sa.Column("id", ID, nullable=False, comment="number of the prediction"),
        sa.Column("revision_id", ID, nullable=False, comment="the text it speaks of"),
        sa.Column("model_version", sa.Text(), nullable=False, comment="the model that spoke"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="scored, or refused"),
        sa.Column("reason", sa.Text(), comment="why refused: unsupported_language, empty…; null when scored"),
        sa.Column("scores", JSON, comment="{label: score 0 to 1, 5 digits}; null when refused"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="run that made it"),
        sa.Column("predicted_at", UTC, nullable=False, comment="when (UTC)"),
        sa.CheckConstraint("outcome IN ('scored', 'refused')", name="ck_prediction_outcome"),
        sa.ForeignKeyConstraint(
            ["model_version"], ["model_version.id"], name="fk_prediction_model_version_model_version"
        ),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name="fk_prediction_revision_id_revision"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_prediction_run_id_run"),
        sa.PrimaryKeyConstraint("id", name="pk_prediction"),
        sa.UniqueConstraint("revision_id", "model_version", name="uq_prediction_revision_id_model_version"),
        comment="what one model version said of one revision; written once, never changed",
        sqlite_autoincrement=True,
    )


def _tag() -> None:
    op.create_table(
        "tag",
        sa.Column("prediction_id", ID, nullable=False, comment="whose score passed"),
        sa.Column("threshold_set", sa.Text(), nullable=False, comment="which thresholds"),
        sa.Column(
            "label", sa.Text(), nullable=False, comment="the label; unclear: no tag, but a score just below"
        ),
        sa.Column("score", sa.Float(), nullable=False, comment="its score, 0 to 1"),
        sa.Column("sure", sa.Boolean(), nullable=False, comment="the score passes the precise threshold too"),
        sa.ForeignKeyConstraint(["prediction_id"], ["prediction.id"], name="fk_tag_prediction_id_prediction"),
        sa.ForeignKeyConstraint(
            ["threshold_set"], ["threshold_set.id"], name="fk_tag_threshold_set_threshold_set"
        ),
        sa.PrimaryKeyConstraint("prediction_id", "threshold_set", "label", name="pk_tag"),
        comment="a label whose score passes its threshold",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tag_label_threshold_set", "tag", ["label", "threshold_set"])
