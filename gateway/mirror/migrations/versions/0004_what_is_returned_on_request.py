"""What is returned on request, apart from what every answer shows; why users have access."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Bring the tables forward; resources are written anew with the next reading."""
    for name in ("users", "group_resources"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("on_request", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("justification", TEXT, nullable=True))


def downgrade() -> None:
    """Bring the tables back; what was returned on request is read again."""
    with op.batch_alter_table("users") as users:
        users.drop_column("justification")
    for name in ("users", "group_resources"):
        with op.batch_alter_table(name) as table:
            table.drop_column("on_request")
