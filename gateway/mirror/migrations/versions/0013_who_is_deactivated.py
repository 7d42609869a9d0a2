"""Who was deactivated stays so, though a client took the attribute away."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the rows forward: of whom something was taken, that is held back, was deactivated."""
    op.execute(
        "UPDATE user_records SET is_active = NOT EXISTS (SELECT 1 FROM held_back AS held WHERE "
        "held.integration = user_records.integration AND held.user_id = user_records.id "
        "AND held.is_taken = true) WHERE is_active IS NULL"
    )


def downgrade() -> None:
    """Leave the rows as they are: they say the same there."""
