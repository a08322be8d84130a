"""What BI reads: the day of each feedback, sums kept up beside what they count, the contract with its views.

The sums are added up right after, by `storage.upgrade`.
"""

from datetime import UTC as ZULU
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"

UTC = sa.DateTime(timezone=True)
SUMS = [f"{what}_by_{whom}" for what in ("texts", "tags") for whom in ("day", "attribute", "customer")]

# As in 0002, with the day and the batch, so that a month of tags is found by an index.
SHOWN = """
CREATE VIEW shown AS
SELECT f.id AS feedback_id, r.id AS revision_id, f.day, f.batch,
       coalesce(b.model_version, d.model_version) AS model_version,
       coalesce(b.threshold_set, d.threshold_set) AS threshold_set
FROM feedback AS f
JOIN revision AS r ON r.feedback_id = f.id AND r.latest
LEFT JOIN active AS b ON b.scope = 'batch:' || f.batch
LEFT JOIN active AS d ON d.scope = 'default'
WHERE f.deleted_at IS NULL
"""
CURRENT_TAG = """
CREATE VIEW current_tag AS
SELECT s.feedback_id, s.revision_id, s.day, s.batch, t.label, t.score, t.sure, s.model_version, s.threshold_set,
       p.id AS prediction_id, NULL AS correction_id
FROM shown AS s
JOIN prediction AS p ON p.revision_id = s.revision_id AND p.model_version = s.model_version
JOIN tag AS t ON t.prediction_id = p.id AND t.threshold_set = s.threshold_set
WHERE NOT EXISTS (
  SELECT 1 FROM correction AS c
  WHERE c.revision_id = s.revision_id AND (c.label = t.label OR t.label = 'unclear')
)
UNION ALL
SELECT s.feedback_id, s.revision_id, s.day, s.batch, c.label, t.score, true, s.model_version, s.threshold_set,
       p.id, c.id
FROM correction_in_force AS c
JOIN shown AS s ON s.revision_id = c.revision_id
LEFT JOIN prediction AS p ON p.revision_id = s.revision_id AND p.model_version = s.model_version
LEFT JOIN tag AS t ON t.prediction_id = p.id AND t.threshold_set = s.threshold_set AND t.label = c.label
WHERE c.present
"""


def upgrade() -> None:
    """A column, its index, an index that follow-ups lacked, eight tables; two views anew."""
    timezone = context.config.attributes["timezone"]
    _day(timezone)
    op.create_index("ix_followup_feedback_feedback_id", "followup_feedback", ["feedback_id"])
    _contract()
    _attribute_value()
    _texts_by_day()
    _tags_by_day()
    _texts_by_attribute()
    _tags_by_attribute()
    _texts_by_customer()
    _tags_by_customer()
    if op.get_bind().dialect.name == "postgresql":
        for name in SUMS:
            op.execute(
                f"ALTER TABLE {name} SET (fillfactor = 70)"
            )  # a counter that is raised stays on its page
    op.execute(sa.text("INSERT INTO contract (id, timezone) VALUES (1, :zone)").bindparams(zone=timezone))
    op.execute("DROP VIEW current_tag")
    op.execute("DROP VIEW shown")
    op.execute(SHOWN)
    op.execute(CURRENT_TAG)


def _day(timezone: str) -> None:
    day = sa.Column(
        "day",
        sa.Date(),
        comment="day of writing, else of discovery, in the zone of `contract`; never null once stored",
    )
    op.add_column("feedback", day)
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # Writes the table once, with its indexes; updating a million rows takes three times as long.
        zone = sa.literal(timezone).compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True}
        )
        moment = f"coalesce(written_at, discovered_at) AT TIME ZONE {zone}"
        op.execute(f"ALTER TABLE feedback ALTER COLUMN day TYPE date USING ({moment})::date")
    else:
        _day_on_sqlite(connection, ZoneInfo(timezone))
    op.create_index("ix_feedback_day", "feedback", ["day"])


def _day_on_sqlite(connection: sa.Connection, zone: ZoneInfo) -> None:
    def day_of(stored: str) -> str:
        return datetime.fromisoformat(stored).replace(tzinfo=ZULU).astimezone(zone).date().isoformat()

    driver: Any = connection.connection.driver_connection
    driver.create_function("day_of", 1, day_of, deterministic=True)
    op.execute("UPDATE feedback SET day = day_of(coalesce(written_at, discovered_at))")


def _contract() -> None:
    op.create_table(
        "contract",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="1: there is one row"),
        sa.Column("timezone", sa.Text(), nullable=False, comment="zone in which days are cut (IANA)"),
        sa.Column(
            "version", sa.Text(), comment="version of the contract with BI; null until its views are made"
        ),
        sa.Column(
            "digest", sa.Text(), comment="of the views' definitions: when it differs they are made anew"
        ),
        sa.Column("made_at", UTC, comment="when the views were made (UTC)"),
        sa.CheckConstraint("id = 1", name="ck_contract_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contract"),
        comment="what BI tools may rely on in this database",
    )


def _attribute_value() -> None:
    op.create_table(
        "attribute_value",
        sa.Column("name", sa.Text(), nullable=False, comment="name of the attribute"),
        sa.Column(
            "value",
            sa.Text(),
            nullable=False,
            comment="a value that is counted by itself; (other): no more are",
        ),
        sa.PrimaryKeyConstraint("name", "value", name="pk_attribute_value"),
        comment="values that sums by attribute tell apart, so that a column of unique numbers does not swell them",
        sqlite_with_rowid=False,
    )


def _texts_by_day() -> None:
    op.create_table(
        "texts_by_day",
        sa.Column("model_version", sa.Text(), nullable=False, comment="the version that spoke"),
        sa.Column("day", sa.Date(), nullable=False, comment="day of the feedback"),
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False, comment="its source"),
        sa.Column("channel", sa.Text(), nullable=False, comment="its channel"),
        sa.Column("language", sa.Text(), nullable=False, comment="language of its text; '' for unknown"),
        sa.Column("survey", sa.Text(), nullable=False, comment="its survey; '' for none"),
        sa.Column("batch", sa.Text(), nullable=False, comment="batch; '' for none"),
        sa.Column("texts", sa.Integer(), nullable=False, comment="texts that the version spoke of"),
        sa.Column("scored", sa.Integer(), nullable=False, comment="of them scored"),
        sa.Column("promoters", sa.Integer(), nullable=False, comment="texts with an NPS answer of 9 or 10"),
        sa.Column("passives", sa.Integer(), nullable=False, comment="texts with an NPS answer of 7 or 8"),
        sa.Column("detractors", sa.Integer(), nullable=False, comment="texts with an NPS answer of 0 to 6"),
        sa.Column("rated", sa.Integer(), nullable=False, comment="texts with a rating on a known scale"),
        sa.Column(
            "satisfied",
            sa.Integer(),
            nullable=False,
            comment="texts rated in the upper quarter of the scale, such as 4 or 5 of 1 to 5",
        ),
        sa.Column(
            "rating_points",
            sa.Integer(),
            nullable=False,
            comment="sum of their ratings, each from 0 (worst) to 100 (best)",
        ),
        sa.PrimaryKeyConstraint(
            "model_version",
            "day",
            "source_id",
            "channel",
            "language",
            "survey",
            "batch",
            name="pk_texts_by_day",
        ),
        comment="how many texts there are, for BI",
        sqlite_with_rowid=False,
    )


def _tags_by_day() -> None:
    op.create_table(
        "tags_by_day",
        sa.Column("model_version", sa.Text(), nullable=False, comment="the version that spoke"),
        sa.Column("threshold_set", sa.Text(), nullable=False, comment="the thresholds that cut"),
        sa.Column("day", sa.Date(), nullable=False, comment="day of the feedback"),
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False, comment="its source"),
        sa.Column("channel", sa.Text(), nullable=False, comment="its channel"),
        sa.Column("language", sa.Text(), nullable=False, comment="language of its text; '' for unknown"),
        sa.Column("survey", sa.Text(), nullable=False, comment="its survey; '' for none"),
        sa.Column("batch", sa.Text(), nullable=False, comment="batch; '' for none"),
        sa.Column("label", sa.Text(), nullable=False, comment="the tag"),
        sa.Column("tags", sa.Integer(), nullable=False, comment="texts that carry the tag"),
        sa.Column("sure", sa.Integer(), nullable=False, comment="of them with confidence"),
        sa.Column(
            "promoters",
            sa.Integer(),
            nullable=False,
            comment="texts that carry it with an NPS answer of 9 or 10",
        ),
        sa.Column(
            "passives",
            sa.Integer(),
            nullable=False,
            comment="texts that carry it with an NPS answer of 7 or 8",
        ),
        sa.Column(
            "detractors",
            sa.Integer(),
            nullable=False,
            comment="texts that carry it with an NPS answer of 0 to 6",
        ),
        sa.Column(
            "rated",
            sa.Integer(),
            nullable=False,
            comment="texts that carry it with a rating on a known scale",
        ),
        sa.Column(
            "satisfied",
            sa.Integer(),
            nullable=False,
            comment="texts that carry it rated in the upper quarter of the scale, such as 4 or 5 of 1 to 5",
        ),
        sa.Column(
            "rating_points",
            sa.Integer(),
            nullable=False,
            comment="sum of their ratings, each from 0 (worst) to 100 (best)",
        ),
        sa.PrimaryKeyConstraint(
            "model_version",
            "threshold_set",
            "day",
            "source_id",
            "channel",
            "language",
            "survey",
            "batch",
            "label",
            name="pk_tags_by_day",
        ),
        comment="how many texts carry each tag, for BI",
        sqlite_with_rowid=False,
    )


def _texts_by_attribute() -> None:
    op.create_table(
        "texts_by_attribute",
        sa.Column("model_version", sa.Text(), nullable=False, comment="the version that spoke"),
        sa.Column("month", sa.Date(), nullable=False, comment="first day of the feedback's month"),
        sa.Column("batch", sa.Text(), nullable=False, comment="batch; '' for none"),
        sa.Column("name", sa.Text(), nullable=False, comment="name of the attribute"),
        sa.Column("value", sa.Text(), nullable=False, comment="its value; (other) beyond the first thousand"),
        sa.Column("texts", sa.Integer(), nullable=False, comment="texts that the version spoke of"),
        sa.Column("scored", sa.Integer(), nullable=False, comment="of them scored"),
        sa.Column("promoters", sa.Integer(), nullable=False, comment="texts with an NPS answer of 9 or 10"),
        sa.Column("passives", sa.Integer(), nullable=False, comment="texts with an NPS answer of 7 or 8"),
        sa.Column("detractors", sa.Integer(), nullable=False, comment="texts with an NPS answer of 0 to 6"),
        sa.Column("rated", sa.Integer(), nullable=False, comment="texts with a rating on a known scale"),
        sa.Column(
            "satisfied",
            sa.Integer(),
            nullable=False,
            comment="texts rated in the upper quarter of the scale, such as 4 or 5 of 1 to 5",
        ),
        sa.Column(
            "rating_points",
            sa.Integer(),
            nullable=False,
            comment="sum of their ratings, each from 0 (worst) to 100 (best)",
        ),
        sa.PrimaryKeyConstraint(
            "model_version", "month", "batch", "name", "value", name="pk_texts_by_attribute"
        ),
        comment="how many texts there are per product or other attribute, for BI",
        sqlite_with_rowid=False,
    )


def _tags_by_attribute() -> None:
    op.create_table(
        "tags_by_attribute",
        sa.Column("model_version", sa.Text(), nullable=False, comment="the version that spoke"),
        sa.Column("threshold_set", sa.Text(), nullable=False, comment="the thresholds that cut"),
        sa.Column("month", sa.Date(), nullable=False, comment="first day of the feedback's month"),
        sa.Column("batch", sa.Text(), nullable=False, comment="batch; '' for none"),
        sa.Column("name", sa.Text(), nullable=False, comment="name of the attribute"),
        sa.Column("value", sa.Text(), nullable=False, comment="its value; (other) beyond the first thousand"),
        sa.Column("label", sa.Text(), nullable=False, comment="the tag"),
        sa.Column("tags", sa.Integer(), nullable=False, comment="texts that carry the tag"),
        sa.Column("sure", sa.Integer(), nullable=False, comment="of them with confidence"),
        sa.PrimaryKeyConstraint(
            "model_version",
            "threshold_set",
            "month",
            "batch",
            "name",
            "value",
            "label",
            name="pk_tags_by_attribute",
        ),
        comment="how many texts carry each tag per product or other attribute, for BI",
        sqlite_with_rowid=False,
    )


def _texts_by_customer() -> None:
    op.create_table(
        "texts_by_customer",
        sa.Column("model_version", sa.Text(), nullable=False, comment="the version that spoke"),
        sa.Column("batch", sa.Text(), nullable=False, comment="batch; '' for none"),
        sa.Column("customer", sa.Text(), nullable=False, comment="the customer's keyed hash"),
        sa.Column("texts", sa.Integer(), nullable=False, comment="texts that the version spoke of"),
        sa.Column("scored", sa.Integer(), nullable=False, comment="of them scored"),
        sa.Column("promoters", sa.Integer(), nullable=False, comment="texts with an NPS answer of 9 or 10"),
        sa.Column("passives", sa.Integer(), nullable=False, comment="texts with an NPS answer of 7 or 8"),
        sa.Column("detractors", sa.Integer(), nullable=False, comment="texts with an NPS answer of 0 to 6"),
        sa.Column("rated", sa.Integer(), nullable=False, comment="texts with a rating on a known scale"),
        sa.Column(
            "satisfied",
            sa.Integer(),
            nullable=False,
            comment="texts rated in the upper quarter of the scale, such as 4 or 5 of 1 to 5",
        ),
        sa.Column(
            "rating_points",
            sa.Integer(),
            nullable=False,
            comment="sum of their ratings, each from 0 (worst) to 100 (best)",
        ),
        sa.Column("first_day", sa.Date(), nullable=False, comment="day of the first of these texts"),
        sa.Column("last_day", sa.Date(), nullable=False, comment="day of the last of these texts"),
        sa.PrimaryKeyConstraint("model_version", "batch", "customer", name="pk_texts_by_customer"),
        comment="how many texts a customer wrote, for BI",
        sqlite_with_rowid=False,
    )


def _tags_by_customer() -> None:
    op.create_table(
        "tags_by_customer",
        sa.Column("model_version", sa.Text(), nullable=False, comment="the version that spoke"),
        sa.Column("threshold_set", sa.Text(), nullable=False, comment="the thresholds that cut"),
        sa.Column("batch", sa.Text(), nullable=False, comment="batch; '' for none"),
        sa.Column("customer", sa.Text(), nullable=False, comment="the customer's keyed hash"),
        sa.Column(
            "negative",
            sa.Integer(),
            nullable=False,
            comment="negative emotions found in the customer's texts",
        ),
        sa.Column("positive", sa.Integer(), nullable=False, comment="positive emotions found in them"),
        sa.Column("churn_reasons", sa.Integer(), nullable=False, comment="reasons to leave found in them"),
        sa.Column(
            "churn_intents",
            sa.Integer(),
            nullable=False,
            comment="texts in which the customer says they leave",
        ),
        sa.PrimaryKeyConstraint(
            "model_version", "threshold_set", "batch", "customer", name="pk_tags_by_customer"
        ),
        comment="what was found in a customer's texts, for BI",
        sqlite_with_rowid=False,
    )
