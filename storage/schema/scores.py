"""What models said: versions, which are active, predictions and tags."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Table, Text, UniqueConstraint, false

from storage.schema.base import BigId, Json, Utc, metadata, one_of

PREDICTION_OUTCOMES = ("scored", "refused")

model_version = Table(
    "model_version",
    metadata,
    Column("id", Text, primary_key=True, comment="hash of what makes scores: weights, tokenizer, labels…"),
    Column("name", Text, nullable=False, comment="name for people"),
    Column("labels", Json, nullable=False, comment="the labels it scores, in order: [label]"),
    Column("taxonomy_version", Text, nullable=False, comment="version of the taxonomy the labels are from"),
    Column("facts", Json, nullable=False, comment="window, calibration, metrics: {name: value}"),
    Column("registered_at", Utc, nullable=False, comment="when it was first used here (UTC)"),
    comment="every model that ever scored here",
    info={"source": "the model's folder"},
)

threshold_set = Table(
    "threshold_set",
    metadata,
    Column("id", Text, primary_key=True, comment="hash of its values"),
    Column("model_version", ForeignKey(model_version.c.id), nullable=False, comment="whose scores it cuts"),
    Column("values", Json, nullable=False, comment="{label: {tag: score, sure: score…}}"),
    Column("registered_at", Utc, nullable=False, comment="when it was first used here (UTC)"),
    comment="from which score a label is a tag, and from which it is sure",
    info={"source": "the model's folder, or the file that a person gave"},
)

activation = Table(
    "activation",
    metadata,
    Column("id", BigId, primary_key=True, comment="number of the activation; the newest of a scope counts"),
    Column("scope", Text, nullable=False, comment="default, or batch:NAME which overrides it"),
    Column(
        "model_version", ForeignKey(model_version.c.id), comment="what is shown; null withdraws the override"
    ),
    Column("threshold_set", ForeignKey(threshold_set.c.id), comment="with which thresholds"),
    Column("activated_at", Utc, nullable=False, comment="when (UTC)"),
    Column("activated_by", Text, nullable=False, comment="who or what did it"),
    Column(
        "by_settings",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="a night did it because the settings asked for it; what a person did stands until they change",
    ),
    Index(None, "scope", "id"),
    sqlite_autoincrement=True,
    comment="which model version and thresholds a scope shows; only ever added to",
    info={"source": "a person, or a night that brought what the settings ask for"},
)

prediction = Table(
    "prediction",
    metadata,
    Column("id", BigId, primary_key=True, comment="number of the prediction"),
    Column("revision_id", ForeignKey("revision.id"), nullable=False, comment="the text it speaks of"),
    Column("model_version", ForeignKey(model_version.c.id), nullable=False, comment="the model that spoke"),
    Column("outcome", Text, nullable=False, comment="scored, or refused"),
    Column("reason", Text, comment="why refused: unsupported_language, empty…; null when scored"),
    Column("scores", Json, comment="{label: score 0 to 1, 5 digits}; null when refused"),
    Column("run_id", ForeignKey("run.id"), nullable=False, comment="run that made it"),
    Column("predicted_at", Utc, nullable=False, comment="when (UTC)"),
    UniqueConstraint("revision_id", "model_version"),
    one_of("outcome", PREDICTION_OUTCOMES),
    sqlite_autoincrement=True,
    comment="what one model version said of one revision; written once, never changed",
    info={"source": "the model"},
)

tag = Table(
    "tag",
    metadata,
    Column("prediction_id", ForeignKey(prediction.c.id), primary_key=True, comment="whose score passed"),
    Column("threshold_set", ForeignKey(threshold_set.c.id), primary_key=True, comment="which thresholds"),
    Column("label", Text, primary_key=True, comment="the label; unclear: no tag, but a score just below"),
    Column("score", Float, nullable=False, comment="its score, 0 to 1"),
    Column("sure", Boolean, nullable=False, comment="the score passes the precise threshold too"),
    Index(None, "label", "threshold_set"),
    sqlite_with_rowid=False,
    comment="a label whose score passes its threshold",
    info={"source": "the model's scores cut by the thresholds"},
)
