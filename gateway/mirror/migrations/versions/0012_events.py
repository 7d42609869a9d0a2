"""What changed and was not delivered yet, and since when changes are told."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.String(length=27).with_variant(sa.String(length=27, collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "events",
        sa.Column("number", KEY, autoincrement=True, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("jti", TEXT, nullable=False),
        sa.Column("txn", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("uri", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=True),
        sa.Column("payloads", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
        sa.UniqueConstraint("integration", "jti", name=op.f("uq_events_integration_jti")),
    )
    op.create_index(op.f("ix_events_integration_at"), "events", ["integration", "at"])
    op.create_table(
        "event_feeds",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("knows_grants", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("integration", name=op.f("pk_event_feeds")),
    )


def downgrade() -> None:
    """Bring the tables back; what was not delivered is lost."""
    op.drop_table("event_feeds")
    op.drop_table("events")
