"""What was taken from users, apart from what they were promised."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward: what is held back of who is inactive was taken."""
    taken: sa.Column[bool] = sa.Column("is_taken", sa.Boolean(), nullable=True)
    with op.batch_alter_table("held_back") as held_back:
        held_back.add_column(taken)
    op.execute(
        "UPDATE held_back SET is_taken = EXISTS (SELECT 1 FROM user_records AS users WHERE "
        "users.integration = held_back.integration AND users.id = held_back.user_id "
        "AND users.is_active = false)"
    )
    with op.batch_alter_table("held_back") as held_back:
        held_back.alter_column("is_taken", existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    """Bring the tables back."""
    with op.batch_alter_table("held_back") as held_back:
        held_back.drop_column("is_taken")
