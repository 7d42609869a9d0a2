"""An index of the members who were looked up singly: few, which every look at one asks for."""

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME = "ix_members_integration_read_at"
SINGLY = text("read_at IS NOT NULL")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_index(
        NAME,
        "members",
        ["integration", "read_at"],
        sqlite_where=SINGLY,
        postgresql_where=SINGLY,
    )


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_index(NAME, "members")
