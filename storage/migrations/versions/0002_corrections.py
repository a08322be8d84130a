"""Corrections by people, the labels they may name, who asked for an activation; what is shown, as views."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UTC = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Per living feedback: its newest text, and the model version and thresholds that its scope shows.
SHOWN = """
CREATE VIEW shown AS
SELECT f.id AS feedback_id, r.id AS revision_id,
       coalesce(b.model_version, d.model_version) AS model_version,
       coalesce(b.threshold_set, d.threshold_set) AS threshold_set
FROM feedback AS f
JOIN revision AS r ON r.feedback_id = f.id AND r.latest
LEFT JOIN active AS b ON b.scope = 'batch:' || f.batch
LEFT JOIN active AS d ON d.scope = 'default'
WHERE f.deleted_at IS NULL
"""

# Of several corrections of one label of one text, the newest.
CORRECTION_IN_FORCE = """
CREATE VIEW correction_in_force AS
SELECT c.id, c.revision_id, c.label, c.present, c.author, c.corrected_at, c.note, c.origin
FROM correction AS c
WHERE NOT EXISTS (
  SELECT 1 FROM correction AS n
  WHERE n.revision_id = c.revision_id AND n.label = c.label
    AND (n.corrected_at > c.corrected_at OR (n.corrected_at = c.corrected_at AND n.id > c.id))
)
"""

# Tags as they are to be read: the shown model's by the shown thresholds, and over them what a person said.
# A text that a person judged is not `unclear` any more. A label that only the person saw has no score.
CURRENT_TAG = """
CREATE VIEW current_tag AS
SELECT s.feedback_id, s.revision_id, t.label, t.score, t.sure, s.model_version, s.threshold_set,
       p.id AS prediction_id, NULL AS correction_id
FROM shown AS s
JOIN prediction AS p ON p.revision_id = s.revision_id AND p.model_version = s.model_version
JOIN tag AS t ON t.prediction_id = p.id AND t.threshold_set = s.threshold_set
WHERE NOT EXISTS (
  SELECT 1 FROM correction AS c
  WHERE c.revision_id = s.revision_id AND (c.label = t.label OR t.label = 'unclear')
)
UNION ALL
SELECT s.feedback_id, s.revision_id, c.label, t.score, true, s.model_version, s.threshold_set,
       p.id, c.id
FROM correction_in_force AS c
JOIN shown AS s ON s.revision_id = c.revision_id
LEFT JOIN prediction AS p ON p.revision_id = s.revision_id AND p.model_version = s.model_version
LEFT JOIN tag AS t ON t.prediction_id = p.id AND t.threshold_set = s.threshold_set AND t.label = c.label
WHERE c.present
"""

# How often a model version with a threshold set says of a label what people say of it: over every text that a
# person judged and that the version scored, shown or not, from the stored scores.
AGREEMENT = """
CREATE VIEW agreement AS
SELECT x.model_version, x.threshold_set, x.label,
       count(*) AS judged,
       sum(CASE WHEN x.present = x.tagged THEN 1 ELSE 0 END) AS agreed,
       sum(CASE WHEN x.present AND NOT x.tagged THEN 1 ELSE 0 END) AS missed,
       sum(CASE WHEN x.tagged AND NOT x.present THEN 1 ELSE 0 END) AS wrong
FROM (
  SELECT v.model_version, v.threshold_set, c.label, c.present, {score} >= round({cut}, 5) AS tagged
  FROM correction_in_force AS c
  JOIN prediction AS p ON p.revision_id = c.revision_id AND p.outcome = 'scored'
  JOIN (
    SELECT model_version, id AS threshold_set FROM threshold_set
    UNION SELECT model_version, threshold_set FROM activation WHERE model_version IS NOT NULL
  ) AS v ON v.model_version = p.model_version
  JOIN threshold_set AS h ON h.id = v.threshold_set
  WHERE {score} IS NOT NULL AND {cut} IS NOT NULL
) AS x
GROUP BY x.model_version, x.threshold_set, x.label
"""
IN_JSON = {
    "sqlite": {
        "score": "json_extract(p.scores, '$.\"' || c.label || '\"')",
        "cut": "json_extract(h.\"values\", '$.\"' || c.label || '\".tag')",
    },
    "postgresql": {
        "score": "(p.scores ->> c.label)::numeric",
        "cut": "(h.\"values\" -> c.label ->> 'tag')::numeric",
    },
}

# What a night brought because the settings asked for it; of older rows their run tells.
BY_SETTINGS = """
UPDATE activation SET by_settings = true
WHERE activated_by = 'first run'
   OR activated_by IN (SELECT 'run ' || id FROM run WHERE flow = 'nightly')
"""


def upgrade() -> None:
    """Two tables, one column, four views; nothing that was stored is touched."""
    _label()
    _correction()
    op.add_column(
        "activation",
        sa.Column(
            "by_settings",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="a night did it because the settings asked for it; what a person did stands until they change",
        ),
    )
    op.execute(BY_SETTINGS)
    agreement = AGREEMENT.format_map(IN_JSON[op.get_bind().dialect.name])
    for view in (SHOWN, CORRECTION_IN_FORCE, CURRENT_TAG, agreement):
        op.execute(view)


def _label() -> None:
    op.create_table(
        "label",
        sa.Column(
            "id",
            sa.Text(),
            nullable=False,
            comment="the label as it stands in tags, scores and corrections",
        ),
        sa.Column("position", sa.Integer(), nullable=False, comment="its place in the taxonomy, from 1"),
        sa.Column("kind", sa.Text(), nullable=False, comment="emotion, churn_reason or signal"),
        sa.Column(
            "valence",
            sa.Text(),
            comment="of an emotion: negative, positive or neutral; null for what is none",
        ),
        sa.Column("fr", sa.Text(), nullable=False, comment="French name"),
        sa.Column("en", sa.Text(), nullable=False, comment="English name"),
        sa.Column("definition_fr", sa.Text(), nullable=False, comment="when it is set, in French"),
        sa.Column("definition_en", sa.Text(), nullable=False, comment="when it is set, in English"),
        sa.Column(
            "taxonomy_version",
            sa.Text(),
            nullable=False,
            comment="newest version of the taxonomy that names it",
        ),
        sa.CheckConstraint("kind IN ('emotion', 'churn_reason', 'signal')", name="ck_label_kind"),
        sa.CheckConstraint("valence IN ('negative', 'positive', 'neutral')", name="ck_label_valence"),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
        comment="the taxonomy's labels, written by `ressenti db upgrade` and by every run",
    )


def _correction() -> None:
    checks = [
        sa.CheckConstraint("present IN (true, false)", name="ck_correction_present"),
        sa.CheckConstraint("trim(author) <> ''", name="ck_correction_author"),
        sa.CheckConstraint("trim(origin) <> ''", name="ck_correction_origin"),
    ]
    if op.get_bind().dialect.name == "sqlite":
        moment = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]*"
        checks.append(sa.CheckConstraint(f"corrected_at GLOB '{moment}'", name="ck_correction_corrected_at"))
    op.create_table(
        "correction",
        sa.Column("id", ID, nullable=False, comment="number of the correction"),
        sa.Column("revision_id", ID, nullable=False, comment="the words that were judged"),
        sa.Column("label", sa.Text(), nullable=False, comment="the label that was judged"),
        sa.Column(
            "present", sa.Boolean(), nullable=False, comment="the text carries the label, or it does not"
        ),
        sa.Column(
            "author", sa.Text(), nullable=False, comment="the person who judged, as they are to be named"
        ),
        sa.Column(
            "corrected_at",
            UTC,
            nullable=False,
            server_default=sa.text("CURRENT_TIMESTAMP"),
            comment="when (UTC); of several for one text and label the newest counts",
        ),
        sa.Column("note", sa.Text(), comment="why, without personal data"),
        sa.Column("origin", sa.Text(), nullable=False, comment="where it came from: a file's name, a tool's"),
        *checks,
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name="fk_correction_revision_id_revision"),
        sa.ForeignKeyConstraint(["label"], ["label.id"], name="fk_correction_label_label"),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
        comment="a person's word on one label of one text, beside what models said of it; only ever added to",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_correction_newest",
        "correction",
        ["revision_id", "label", "corrected_at", "author"],
        unique=True,
    )
