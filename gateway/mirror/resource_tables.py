"""The tables of rendered resources, and of the values of their multi-valued attributes."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from gateway.mirror.columns import INSTANT, KEY, METADATA, flag, instant, part_of_key, text


def _resources(
    name: str, *attributes: Column[str] | Column[bool], indexed: tuple[str, ...]
) -> Table:
    """Make a table of rendered resources, with a column for each attribute to filter by."""
    return Table(
        name,
        METADATA,
        # Ever growing: the order in which the resources were first seen.
        Column("key", KEY, primary_key=True, autoincrement=False),
        text("integration", required=True),
        text("id", required=True),
        text("version", required=True),
        # How the columns below were written: gateway.mirror.catalogue.FORM.
        text("form", required=True),
        Column("created", INSTANT, nullable=False),
        Column("last_modified", INSTANT, nullable=False),
        instant("gone_at"),
        Column("document", LargeBinary, nullable=False),
        # So many bytes of it, and a bracket, are the document without its long list, which comes
        # last; nothing where there is no such list.
        Column("lean_length", Integer),
        # The attributes that are returned on request, as JSON; nothing where there are none.
        Column("on_request", LargeBinary),
        text("external_id"),
        *attributes,
        UniqueConstraint("integration", "id"),
        # For lists that are not filtered: in their order, and with all it takes to count them.
        Index(None, "integration", "key", "gone_at"),
        Index(None, "integration", "last_modified"),
        *(Index(None, "integration", column) for column in ("external_id", *indexed)),
    )


def _values(name: str, resources: Table) -> Table:
    """Make a table of the values of multi-valued attributes; all have the same sub-attributes."""
    return Table(
        name,
        METADATA,
        Column(
            "key",
            KEY,
            ForeignKey(resources.c.key, ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        part_of_key("attribute"),
        Column("position", Integer, primary_key=True),
        text("value"),
        text("display"),
        text("type"),
        text("ref"),
        flag("is_primary"),
        Index(None, "attribute", "value"),
    )


USERS = _resources(
    "users",
    text("user_name"),
    text("formatted_name"),
    text("family_name"),
    text("given_name"),
    text("display_name"),
    text("nick_name"),
    text("profile_url"),
    text("user_type"),
    flag("active"),
    text("uuid"),
    text("account_id"),
    text("bitbucket_display_name"),
    text("bitbucket_nickname"),
    text("membership"),
    instant("added_on"),
    instant("last_accessed"),
    text("justification"),
    text("employee_number"),
    text("cost_center"),
    text("organization"),
    text("division"),
    text("department"),
    text("manager_value"),
    text("manager_ref"),
    indexed=("user_name", "display_name", "account_id"),
)
USER_VALUES = _values("user_values", USERS)

GROUP_RESOURCES = _resources(
    "group_resources",
    text("display_name"),
    text("slug"),
    text("workspace_permission"),
    flag("auto_add"),
    indexed=("display_name",),
)
GROUP_VALUES = _values("group_values", GROUP_RESOURCES)
