"""An age for what is read singly or place by place, leases, and the ledger of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.String(length=27).with_variant(sa.String(length=27, collation="C"), "postgresql")


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("members") as members:
        members.alter_column("permission", existing_type=TEXT, nullable=True)
        members.add_column(sa.Column("read_at", INSTANT, nullable=True))
    for resources in ("users", "group_resources"):
        with op.batch_alter_table(resources) as table:
            table.add_column(sa.Column("lean_length", sa.Integer(), nullable=True))
    with op.batch_alter_table("freshness") as freshness:
        freshness.add_column(sa.Column("retry_at", INSTANT, nullable=True))
        freshness.add_column(sa.Column("inferred", sa.Integer(), nullable=True))
    op.create_index(
        op.f("ix_addresses_integration_asked_at"), "addresses", ["integration", "asked_at"]
    )
    op.create_index(
        op.f("ix_grants_integration_object_uuid"), "grants", ["integration", "object_uuid"]
    )
    op.create_table(
        "absences",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("uuid", TEXT, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("integration", "uuid", name=op.f("pk_absences")),
    )
    op.create_table(
        "grant_readings",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("subject_type", TEXT, nullable=False),
        sa.Column("object_type", TEXT, nullable=False),
        sa.Column("object_uuid", TEXT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("is_inferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "integration",
            "subject_type",
            "object_type",
            "object_uuid",
            name=op.f("pk_grant_readings"),
        ),
    )
    op.create_table(
        "leases",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("integration", "name", name=op.f("pk_leases")),
    )
    op.create_table(
        "calls_spent",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("credential", TEXT, nullable=False),
        sa.Column("resource_group", TEXT, nullable=False),
        sa.Column("minute", INSTANT, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "integration", "credential", "resource_group", "minute", name=op.f("pk_calls_spent")
        ),
    )
    op.create_table(
        "call_limits",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("credential", TEXT, nullable=False),
        sa.Column("resource_group", TEXT, nullable=False),
        sa.Column("hourly_limit", sa.Integer(), nullable=True),
        sa.Column("is_near", sa.Boolean(), nullable=False),
        sa.Column("blocked_until", INSTANT, nullable=True),
        sa.Column("heard_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint(
            "integration", "credential", "resource_group", name=op.f("pk_call_limits")
        ),
    )
    # The collection of users' grants is two from now on; they are read anew.
    op.execute("DELETE FROM freshness WHERE collection IN ('user_grants', 'group_grants')")


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_table("call_limits")
    op.drop_table("calls_spent")
    op.drop_table("leases")
    op.drop_table("grant_readings")
    op.drop_table("absences")
    op.drop_index(op.f("ix_grants_integration_object_uuid"), "grants")
    op.drop_index(op.f("ix_addresses_integration_asked_at"), "addresses")
    for resources in ("users", "group_resources"):
        with op.batch_alter_table(resources) as table:
            table.drop_column("lean_length")
    with op.batch_alter_table("freshness") as freshness:
        freshness.drop_column("inferred")
        freshness.drop_column("retry_at")
    op.execute("DELETE FROM members WHERE permission IS NULL")
    with op.batch_alter_table("members") as members:
        members.drop_column("read_at")
        members.alter_column("permission", existing_type=TEXT, nullable=False)
