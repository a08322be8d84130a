"""Proofs of erasure, and tombstones of what was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

UTC = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Two tables; nothing that was stored is touched."""
    _erasure()
    _tombstone()


def _erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", ID, nullable=False, comment="number of the erasure"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="customer: one was erased; retention: what was kept long enough",
        ),
        sa.Column(
            "subject",
            sa.Text(),
            comment="keyed hash of the customer, other than in any other table, so that it leads nowhere; "
            "null for retention",
        ),
        sa.Column(
            "key_id",
            sa.Text(),
            nullable=False,
            comment="id of the key that made this and the tombstones' hashes",
        ),
        sa.Column("counts", JSON, nullable=False, comment="what was deleted: {table: rows}"),
        sa.Column("erased_at", UTC, nullable=False, comment="when it was gone from the tables (UTC)"),
        sa.Column(
            "erased_by", sa.Text(), nullable=False, comment="who did it: a user of the machine, or a run"
        ),
        sa.Column(
            "purged_at",
            UTC,
            comment="since when no file of the database holds it (UTC); null: `ressenti db compact` is still "
            "to be run",
        ),
        sa.CheckConstraint("kind IN ('customer', 'retention')", name="ck_erasure_kind"),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
        comment="proof that something was erased, without anything of it",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_erasure_subject", "erasure", ["subject"])


def _tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("source_id", sa.Integer(), nullable=False, comment="where it came from"),
        sa.Column(
            "fingerprint",
            sa.Text(),
            nullable=False,
            comment="keyed hash of a feedback's id, or of a row in quarantine: delivered again, it is not stored",
        ),
        sa.Column("erasure_id", ID, nullable=False, comment="the erasure that took it away"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_tombstone_source_id_source"),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasure.id"], name="fk_tombstone_erasure_id_erasure"),
        sa.PrimaryKeyConstraint("source_id", "fingerprint", name="pk_tombstone"),
        comment="what was erased and may still be delivered",
        sqlite_with_rowid=False,
    )
