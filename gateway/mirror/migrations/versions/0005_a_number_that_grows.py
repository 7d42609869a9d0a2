"""A number of each integration that grows with every change."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "revisions",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("integration", name=op.f("pk_revisions")),
    )


def downgrade() -> None:
    """Bring the tables back; the number is worth nothing without its readers."""
    op.drop_table("revisions")
