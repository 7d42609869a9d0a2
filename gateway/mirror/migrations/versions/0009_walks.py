"""Walks through lists by cursor, and the key that their cursors are sealed with."""

from secrets import token_bytes

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.String(length=27).with_variant(sa.String(length=27, collation="C"), "postgresql")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "walks",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("resource_keys", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "id", name=op.f("pk_walks")),
    )
    seals = op.create_table(
        "seals",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_seals")),
    )
    op.bulk_insert(seals, [{"name": "cursors", "key": token_bytes(32)}])


def downgrade() -> None:
    """Bring the tables back; every walk ends."""
    op.drop_table("seals")
    op.drop_table("walks")
