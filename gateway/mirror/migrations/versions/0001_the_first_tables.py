"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.String(length=27).with_variant(sa.String(length=27, collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "addresses",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("member_uuid", TEXT, nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("integration", "text", name=op.f("pk_addresses")),
    )
    op.create_index(
        op.f("ix_addresses_integration_member_uuid"), "addresses", ["integration", "member_uuid"]
    )

    op.create_table(
        "freshness",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("calls", sa.Integer(), nullable=True),
        sa.Column("failed_at", INSTANT, nullable=True),
        sa.Column("failure_kind", TEXT, nullable=True),
        sa.Column("failure", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("integration", "collection", name=op.f("pk_freshness")),
    )
    op.create_table(
        "grants",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("subject_type", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("object_type", TEXT, nullable=False),
        sa.Column("object_uuid", TEXT, nullable=False),
        sa.Column("permission", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.PrimaryKeyConstraint(
            "integration",
            "subject_type",
            "subject_id",
            "object_type",
            "object_uuid",
            name=op.f("pk_grants"),
        ),
    )
    op.create_table(
        "group_ids",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("integration", "slug", name=op.f("pk_group_ids")),
        sa.UniqueConstraint("integration", "id", name=op.f("uq_group_ids_integration_id")),
    )
    op.create_table(
        "group_resources",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("last_modified", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("external_id", TEXT, nullable=True),
        sa.Column("display_name", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=True),
        sa.Column("workspace_permission", TEXT, nullable=True),
        sa.Column("auto_add", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_group_resources")),
        sa.UniqueConstraint("integration", "id", name=op.f("uq_group_resources_integration_id")),
    )
    op.create_index(
        op.f("ix_group_resources_integration_display_name"),
        "group_resources",
        ["integration", "display_name"],
    )
    op.create_index(
        op.f("ix_group_resources_integration_external_id"),
        "group_resources",
        ["integration", "external_id"],
    )
    op.create_index(
        op.f("ix_group_resources_integration_key_gone_at"),
        "group_resources",
        ["integration", "key", "gone_at"],
    )
    op.create_index(
        op.f("ix_group_resources_integration_last_modified"),
        "group_resources",
        ["integration", "last_modified"],
    )

    op.create_table(
        "groups",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("permission", TEXT, nullable=True),
        sa.Column("auto_add", sa.Boolean(), nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("integration", "id", name=op.f("pk_groups")),
    )
    op.create_table(
        "members",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("uuid", TEXT, nullable=False),
        sa.Column("account_id", TEXT, nullable=True),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("nickname", TEXT, nullable=True),
        sa.Column("account_type", TEXT, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("html_url", TEXT, nullable=True),
        sa.Column("avatar_url", TEXT, nullable=True),
        sa.Column("permission", TEXT, nullable=False),
        sa.Column("added_on", INSTANT, nullable=True),
        sa.Column("last_accessed", INSTANT, nullable=True),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("integration", "uuid", name=op.f("pk_members")),
    )
    op.create_table(
        "memberships",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("group_id", TEXT, nullable=False),
        sa.Column("member_uuid", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.PrimaryKeyConstraint(
            "integration", "group_id", "member_uuid", name=op.f("pk_memberships")
        ),
    )
    op.create_index(
        op.f("ix_memberships_integration_member_uuid"),
        "memberships",
        ["integration", "member_uuid"],
    )

    op.create_table(
        "projects",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("uuid", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "uuid", name=op.f("pk_projects")),
    )
    op.create_table(
        "repositories",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("uuid", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("full_name", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("project_uuid", TEXT, nullable=True),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "uuid", name=op.f("pk_repositories")),
    )
    op.create_table(
        "users",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("last_modified", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("external_id", TEXT, nullable=True),
        sa.Column("user_name", TEXT, nullable=True),
        sa.Column("formatted_name", TEXT, nullable=True),
        sa.Column("family_name", TEXT, nullable=True),
        sa.Column("given_name", TEXT, nullable=True),
        sa.Column("display_name", TEXT, nullable=True),
        sa.Column("nick_name", TEXT, nullable=True),
        sa.Column("profile_url", TEXT, nullable=True),
        sa.Column("user_type", TEXT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("uuid", TEXT, nullable=True),
        sa.Column("account_id", TEXT, nullable=True),
        sa.Column("bitbucket_display_name", TEXT, nullable=True),
        sa.Column("bitbucket_nickname", TEXT, nullable=True),
        sa.Column("membership", TEXT, nullable=True),
        sa.Column("added_on", INSTANT, nullable=True),
        sa.Column("last_accessed", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_users")),
        sa.UniqueConstraint("integration", "id", name=op.f("uq_users_integration_id")),
    )
    op.create_index(op.f("ix_users_integration_account_id"), "users", ["integration", "account_id"])
    op.create_index(
        op.f("ix_users_integration_display_name"), "users", ["integration", "display_name"]
    )
    op.create_index(
        op.f("ix_users_integration_external_id"), "users", ["integration", "external_id"]
    )
    op.create_index(
        op.f("ix_users_integration_key_gone_at"), "users", ["integration", "key", "gone_at"]
    )
    op.create_index(
        op.f("ix_users_integration_last_modified"), "users", ["integration", "last_modified"]
    )
    op.create_index(op.f("ix_users_integration_user_name"), "users", ["integration", "user_name"])

    op.create_table(
        "group_values",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("attribute", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", TEXT, nullable=True),
        sa.Column("display", TEXT, nullable=True),
        sa.Column("type", TEXT, nullable=True),
        sa.Column("ref", TEXT, nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["key"], ["group_resources.key"], name=op.f("fk_group_values_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", "attribute", "position", name=op.f("pk_group_values")),
    )
    op.create_index(op.f("ix_group_values_attribute_value"), "group_values", ["attribute", "value"])

    op.create_table(
        "user_values",
        sa.Column("key", KEY, autoincrement=False, nullable=False),
        sa.Column("attribute", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", TEXT, nullable=True),
        sa.Column("display", TEXT, nullable=True),
        sa.Column("type", TEXT, nullable=True),
        sa.Column("ref", TEXT, nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["key"], ["users.key"], name=op.f("fk_user_values_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", "attribute", "position", name=op.f("pk_user_values")),
    )
    op.create_index(op.f("ix_user_values_attribute_value"), "user_values", ["attribute", "value"])


def downgrade() -> None:
    """Take them back."""
    op.drop_index(op.f("ix_user_values_attribute_value"), "user_values")

    op.drop_table("user_values")
    op.drop_index(op.f("ix_group_values_attribute_value"), "group_values")

    op.drop_table("group_values")
    op.drop_index(op.f("ix_users_integration_user_name"), "users")
    op.drop_index(op.f("ix_users_integration_last_modified"), "users")
    op.drop_index(op.f("ix_users_integration_key_gone_at"), "users")
    op.drop_index(op.f("ix_users_integration_external_id"), "users")
    op.drop_index(op.f("ix_users_integration_display_name"), "users")
    op.drop_index(op.f("ix_users_integration_account_id"), "users")

    op.drop_table("users")
    op.drop_table("repositories")
    op.drop_table("projects")
    op.drop_index(op.f("ix_memberships_integration_member_uuid"), "memberships")

    op.drop_table("memberships")
    op.drop_table("members")
    op.drop_table("groups")
    op.drop_index(op.f("ix_group_resources_integration_last_modified"), "group_resources")
    op.drop_index(op.f("ix_group_resources_integration_key_gone_at"), "group_resources")
    op.drop_index(op.f("ix_group_resources_integration_external_id"), "group_resources")
    op.drop_index(op.f("ix_group_resources_integration_display_name"), "group_resources")

    op.drop_table("group_resources")
    op.drop_table("group_ids")
    op.drop_table("grants")
    op.drop_table("freshness")
    op.drop_index(op.f("ix_addresses_integration_member_uuid"), "addresses")

    op.drop_table("addresses")
