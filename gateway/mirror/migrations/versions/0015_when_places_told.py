"""When a place told last who is granted something on it, though it was inferred since."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.String(length=27).with_variant(sa.String(length=27, collation="C"), "postgresql")


def upgrade() -> None:
    """Bring the tables forward: of what is inferred now it is not known."""
    told_at: sa.Column[str] = sa.Column("told_at", INSTANT, nullable=True)
    with op.batch_alter_table("grant_readings") as readings:
        readings.add_column(told_at)
    op.execute("UPDATE grant_readings SET told_at = read_at WHERE is_inferred = false")


def downgrade() -> None:
    """Bring the tables back."""
    with op.batch_alter_table("grant_readings") as readings:
        readings.drop_column("told_at")
