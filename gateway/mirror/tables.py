"""The mirror's tables. Every row belongs to an integration: one workspace behind one address."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

#: Text that is ordered by code point, as SQLite and Python do and PostgreSQL does if it is told.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
#: Instants are kept as their canonical text, which is ordered as they are.
_INSTANT = String(27).with_variant(String(27, collation="C"), "postgresql")
#: SQLite numbers the rows of no other integer type by itself.
_KEY = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *, required: bool = False) -> Column[str]:
    return Column(name, _TEXT, nullable=not required)


def _part_of_key(name: str) -> Column[str]:
    return Column(name, _TEXT, primary_key=True)


def _instant(name: str) -> Column[str]:
    return Column(name, _INSTANT)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean)


FRESHNESS = Table(
    "freshness",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("collection"),
    _instant("read_at"),
    Column("calls", Integer),
    _instant("failed_at"),
    _text("failure_kind"),
    _text("failure"),
    _instant("retry_at"),
    # Of how many places the collection holds what was inferred, not what was told.
    Column("inferred", Integer),
)

MEMBERS = Table(
    "members",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("uuid"),
    _text("account_id"),
    _text("display_name", required=True),
    _text("nickname"),
    _text("account_type", required=True),
    Column("is_active", Boolean, nullable=False),
    _text("html_url"),
    _text("avatar_url"),
    # Unknown of those who were looked up one by one; so too when they joined.
    _text("permission"),
    _instant("added_on"),
    _instant("last_accessed"),
    _instant("gone_at"),
    # When the member was looked up singly; all are as old as the collection besides.
    _instant("read_at"),
)

#: Who was looked up and is no member.
ABSENCES = Table(
    "absences",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("uuid"),
    Column("asked_at", _INSTANT, nullable=False),
)

ADDRESSES = Table(
    "addresses",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("text"),
    _text("member_uuid"),
    Column("asked_at", _INSTANT, nullable=False),
    Index(None, "integration", "member_uuid"),
    Index(None, "integration", "asked_at"),
)

#: The ids of groups, which Bitbucket has none for: never forgotten, and never given again.
GROUP_IDS = Table(
    "group_ids",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("slug"),
    _text("id", required=True),
    UniqueConstraint("integration", "id"),
)

GROUPS = Table(
    "groups",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("id"),
    _text("slug", required=True),
    _text("name", required=True),
    _text("permission"),
    Column("auto_add", Boolean, nullable=False),
    _instant("gone_at"),
)

MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("group_id"),
    _part_of_key("member_uuid"),
    _text("display_name", required=True),
    Index(None, "integration", "member_uuid"),
)

PROJECTS = Table(
    "projects",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("uuid"),
    _text("key", required=True),
    _text("name", required=True),
    Column("is_private", Boolean, nullable=False),
)

REPOSITORIES = Table(
    "repositories",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("uuid"),
    _text("slug", required=True),
    _text("full_name", required=True),
    _text("name", required=True),
    _text("project_uuid"),
    Column("is_private", Boolean, nullable=False),
)

GRANTS = Table(
    "grants",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("subject_type"),
    _part_of_key("subject_id"),
    _part_of_key("object_type"),
    _part_of_key("object_uuid"),
    _text("permission", required=True),
    _text("origin", required=True),
    Index(None, "integration", "object_uuid"),
)

#: When it was last read who is granted something on a place: a project or a repository.
GRANT_READINGS = Table(
    "grant_readings",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("subject_type"),
    _part_of_key("object_type"),
    _part_of_key("object_uuid"),
    Column("read_at", _INSTANT, nullable=False),
    Column("is_inferred", Boolean, nullable=False),
)

#: A number that grows with every change of what answers rest on.
REVISIONS = Table(
    "revisions",
    METADATA,
    _part_of_key("integration"),
    Column("number", BigInteger, nullable=False),
)

#: Walks through lists by cursor: the keys of the resources that were selected, eight bytes each.
WALKS = Table(
    "walks",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("id"),
    Column("began_at", _INSTANT, nullable=False),
    Column("resource_keys", LargeBinary, nullable=False),
)

#: What cursors are sealed with: the same for every process.
SEALS = Table(
    "seals",
    METADATA,
    _part_of_key("name"),
    Column("key", LargeBinary, nullable=False),
)

#: How all resources were rendered last; nothing where some may not look as they should.
RENDERINGS = Table(
    "renderings",
    METADATA,
    _part_of_key("integration"),
    _text("way", required=True),
)

#: Which process does what only one at a time should.
LEASES = Table(
    "leases",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("name"),
    _text("holder", required=True),
    Column("expires_at", _INSTANT, nullable=False),
)

#: The calls made, by the minute.
CALLS_SPENT = Table(
    "calls_spent",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("credential"),
    _part_of_key("resource_group"),
    Column("minute", _INSTANT, primary_key=True),
    Column("calls", Integer, nullable=False),
)

#: What Bitbucket said of a budget.
CALL_LIMITS = Table(
    "call_limits",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("credential"),
    _part_of_key("resource_group"),
    Column("hourly_limit", Integer),
    Column("is_near", Boolean, nullable=False),
    _instant("blocked_until"),
    _instant("heard_at"),
)

#: When a write of ours changed what is read by a name: a list, or the grants on a place.
WRITTEN = Table(
    "written",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("name"),
    Column("written_at", _INSTANT, nullable=False),
)

#: What clients say of a resource and Bitbucket can't hold: the attributes, as JSON. Like the
#: tables below it, it can't be read again.
OVERLAYS = Table(
    "overlays",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("resource_type"),
    _part_of_key("id"),
    Column("attributes", LargeBinary, nullable=False),
)

#: Users who were invited, deactivated or deleted by clients. Who was invited has an id of ours,
#: for ever; of somebody who is no member yet the account is unknown.
USER_RECORDS = Table(
    "user_records",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("id"),
    _text("member_uuid"),
    _text("email"),
    _flag("is_active"),
    _instant("invited_at"),
    _instant("deleted_at"),
    Index(None, "integration", "member_uuid"),
    Index(None, "integration", "email"),
)

#: What a user is to be given: on acceptance of the invitation, or when active again.
HELD_BACK = Table(
    "held_back",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("user_id"),
    # group, project or repository; of a group there is no permission.
    _part_of_key("object_type"),
    _part_of_key("object_id"),
    _text("permission"),
    Column("is_taken", Boolean, nullable=False),
)

#: What was asked to be changed, and what came of it: rows are only ever added.
JOURNAL = Table(
    "journal",
    METADATA,
    Column("number", _KEY, primary_key=True, autoincrement=True),
    _text("integration", required=True),
    _text("change_id", required=True),
    _text("event", required=True),
    Column("at", _INSTANT, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index(None, "integration", "change_id"),
)

#: The changes in the journal of which something may be left to do: so that nobody has to read all
#: of it to find them.
UNFINISHED = Table(
    "unfinished",
    METADATA,
    _part_of_key("integration"),
    _part_of_key("change_id"),
)


def _resources(
    name: str, *attributes: Column[str] | Column[bool], indexed: tuple[str, ...]
) -> Table:
    """Make a table of rendered resources, with a column for each attribute to filter by."""
    return Table(
        name,
        METADATA,
        # Ever growing: the order in which the resources were first seen.
        Column("key", _KEY, primary_key=True, autoincrement=False),
        _text("integration", required=True),
        _text("id", required=True),
        _text("version", required=True),
        # How the columns below were written: gateway.mirror.catalogue.FORM.
        _text("form", required=True),
        Column("created", _INSTANT, nullable=False),
        Column("last_modified", _INSTANT, nullable=False),
        _instant("gone_at"),
        Column("document", LargeBinary, nullable=False),
        # So many bytes of it, and a bracket, are the document without its long list, which comes
        # last; nothing where there is no such list.
        Column("lean_length", Integer),
        # The attributes that are returned on request, as JSON; nothing where there are none.
        Column("on_request", LargeBinary),
        _text("external_id"),
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
            _KEY,
            ForeignKey(resources.c.key, ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        _part_of_key("attribute"),
        Column("position", Integer, primary_key=True),
        _text("value"),
        _text("display"),
        _text("type"),
        _text("ref"),
        _flag("is_primary"),
        Index(None, "attribute", "value"),
    )


USERS = _resources(
    "users",
    _text("user_name"),
    _text("formatted_name"),
    _text("family_name"),
    _text("given_name"),
    _text("display_name"),
    _text("nick_name"),
    _text("profile_url"),
    _text("user_type"),
    _flag("active"),
    _text("uuid"),
    _text("account_id"),
    _text("bitbucket_display_name"),
    _text("bitbucket_nickname"),
    _text("membership"),
    _instant("added_on"),
    _instant("last_accessed"),
    _text("justification"),
    _text("employee_number"),
    _text("cost_center"),
    _text("organization"),
    _text("division"),
    _text("department"),
    _text("manager_value"),
    _text("manager_ref"),
    indexed=("user_name", "display_name", "account_id"),
)
USER_VALUES = _values("user_values", USERS)

GROUP_RESOURCES = _resources(
    "group_resources",
    _text("display_name"),
    _text("slug"),
    _text("workspace_permission"),
    _flag("auto_add"),
    indexed=("display_name",),
)
GROUP_VALUES = _values("group_values", GROUP_RESOURCES)
