"""What clients write: overlays, records of users, what is held back, and the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.String(length=27).with_variant(sa.String(length=27, collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ENTERPRISE = (
    "employee_number",
    "cost_center",
    "organization",
    "division",
    "department",
    "manager_value",
    "manager_ref",
)


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("users") as users:
        for name in ENTERPRISE:
            users.add_column(sa.Column(name, TEXT, nullable=True))
    op.create_table(
        "written",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("integration", "name", name=op.f("pk_written")),
    )
    op.create_table(
        "overlays",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("resource_type", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "resource_type", "id", name=op.f("pk_overlays")),
    )
    op.create_table(
        "user_records",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("member_uuid", TEXT, nullable=True),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=True),
        sa.Column("invited_at", INSTANT, nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("integration", "id", name=op.f("pk_user_records")),
    )
    for column in ("member_uuid", "email"):
        op.create_index(
            op.f(f"ix_user_records_integration_{column}"), "user_records", ["integration", column]
        )
    op.create_table(
        "held_back",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("object_type", TEXT, nullable=False),
        sa.Column("object_id", TEXT, nullable=False),
        sa.Column("permission", TEXT, nullable=True),
        sa.PrimaryKeyConstraint(
            "integration", "user_id", "object_type", "object_id", name=op.f("pk_held_back")
        ),
    )
    op.create_table(
        "journal",
        sa.Column("number", KEY, autoincrement=True, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("change_id", TEXT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal")),
    )
    op.create_index(
        op.f("ix_journal_integration_change_id"), "journal", ["integration", "change_id"]
    )
    op.create_table(
        "unfinished",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("change_id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("integration", "change_id", name=op.f("pk_unfinished")),
    )


def downgrade() -> None:
    """Bring the tables back; what clients wrote is lost."""
    for table in ("unfinished", "journal", "held_back", "user_records", "overlays", "written"):
        op.drop_table(table)
    with op.batch_alter_table("users") as users:
        for name in reversed(ENTERPRISE):
            users.drop_column(name)
