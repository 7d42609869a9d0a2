"""How all resources of an integration were rendered last, so that not all have to be each time."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Bring the tables forward; the next refresh renders everything."""
    op.create_table(
        "renderings",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("way", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("integration", name=op.f("pk_renderings")),
    )


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_table("renderings")
