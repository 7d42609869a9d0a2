"""An index of members by their account ids, by which clients ask for them."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = "ix_members_integration_account_id"


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_index(NAME, "members", ["integration", "account_id"])


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_index(NAME, "members")
