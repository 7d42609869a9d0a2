"""The mirror's tables. Every row belongs to an integration: one workspace behind one address."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from gateway.mirror.columns import INSTANT, KEY, METADATA, flag, instant, part_of_key, text

FRESHNESS = Table(
    "freshness",
    METADATA,
    part_of_key("integration"),
    part_of_key("collection"),
    instant("read_at"),
    Column("calls", Integer),
    instant("failed_at"),
    text("failure_kind"),
    text("failure"),
    instant("retry_at"),
    # Of how many places the collection holds what was inferred, not what was told.
    Column("inferred", Integer),
)

MEMBERS = Table(
    "members",
    METADATA,
    part_of_key("integration"),
    part_of_key("uuid"),
    text("account_id"),
    text("display_name", required=True),
    text("nickname"),
    text("account_type", required=True),
    Column("is_active", Boolean, nullable=False),
    text("html_url"),
    text("avatar_url"),
    # Unknown of those who were looked up one by one; so too when they joined.
    text("permission"),
    instant("added_on"),
    instant("last_accessed"),
    instant("gone_at"),
    # When the member was looked up singly; all are as old as the collection besides.
    instant("read_at"),
    Index(None, "integration", "account_id"),
)
_SINGLY = MEMBERS.c.read_at.is_not(None)
Index(
    None,
    MEMBERS.c.integration,
    MEMBERS.c.read_at,
    sqlite_where=_SINGLY,
    postgresql_where=_SINGLY,
)

#: Who was looked up and is no member.
ABSENCES = Table(
    "absences",
    METADATA,
    part_of_key("integration"),
    part_of_key("uuid"),
    Column("asked_at", INSTANT, nullable=False),
)

ADDRESSES = Table(
    "addresses",
    METADATA,
    part_of_key("integration"),
    part_of_key("text"),
    text("member_uuid"),
    Column("asked_at", INSTANT, nullable=False),
    Index(None, "integration", "member_uuid"),
    Index(None, "integration", "asked_at"),
)

#: The ids of groups, which Bitbucket has none for: never forgotten, and never given again.
GROUP_IDS = Table(
    "group_ids",
    METADATA,
    part_of_key("integration"),
    part_of_key("slug"),
    text("id", required=True),
    UniqueConstraint("integration", "id"),
)

GROUPS = Table(
    "groups",
    METADATA,
    part_of_key("integration"),
    part_of_key("id"),
    text("slug", required=True),
    text("name", required=True),
    text("permission"),
    Column("auto_add", Boolean, nullable=False),
    instant("gone_at"),
)

MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    part_of_key("integration"),
    part_of_key("group_id"),
    part_of_key("member_uuid"),
    text("display_name", required=True),
    Index(None, "integration", "member_uuid"),
)

PROJECTS = Table(
    "projects",
    METADATA,
    part_of_key("integration"),
    part_of_key("uuid"),
    text("key", required=True),
    text("name", required=True),
    Column("is_private", Boolean, nullable=False),
)

REPOSITORIES = Table(
    "repositories",
    METADATA,
    part_of_key("integration"),
    part_of_key("uuid"),
    text("slug", required=True),
    text("full_name", required=True),
    text("name", required=True),
    text("project_uuid"),
    Column("is_private", Boolean, nullable=False),
)

GRANTS = Table(
    "grants",
    METADATA,
    part_of_key("integration"),
    part_of_key("subject_type"),
    part_of_key("subject_id"),
    part_of_key("object_type"),
    part_of_key("object_uuid"),
    text("permission", required=True),
    text("origin", required=True),
    Index(None, "integration", "object_uuid"),
)

#: When it was last read who is granted something on a place: a project or a repository.
GRANT_READINGS = Table(
    "grant_readings",
    METADATA,
    part_of_key("integration"),
    part_of_key("subject_type"),
    part_of_key("object_type"),
    part_of_key("object_uuid"),
    Column("read_at", INSTANT, nullable=False),
    Column("is_inferred", Boolean, nullable=False),
    # When the place itself told it last, where that was ever.
    Column("told_at", INSTANT),
)

#: A number that grows with every change of what answers rest on.
REVISIONS = Table(
    "revisions",
    METADATA,
    part_of_key("integration"),
    Column("number", BigInteger, nullable=False),
)

#: Walks through lists by cursor: the keys of the resources that were selected, eight bytes each.
WALKS = Table(
    "walks",
    METADATA,
    part_of_key("integration"),
    part_of_key("id"),
    Column("began_at", INSTANT, nullable=False),
    Column("resource_keys", LargeBinary, nullable=False),
)

#: What cursors are sealed with: the same for every process.
SEALS = Table(
    "seals",
    METADATA,
    part_of_key("name"),
    Column("key", LargeBinary, nullable=False),
)

#: How all resources were rendered last; nothing where some may not look as they should.
RENDERINGS = Table(
    "renderings",
    METADATA,
    part_of_key("integration"),
    text("way", required=True),
)

#: Which process does what only one at a time should.
LEASES = Table(
    "leases",
    METADATA,
    part_of_key("integration"),
    part_of_key("name"),
    text("holder", required=True),
    Column("expires_at", INSTANT, nullable=False),
)

#: The calls made, by the minute.
CALLS_SPENT = Table(
    "calls_spent",
    METADATA,
    part_of_key("integration"),
    part_of_key("credential"),
    part_of_key("resource_group"),
    Column("minute", INSTANT, primary_key=True),
    Column("calls", Integer, nullable=False),
)

#: What Bitbucket said of a budget.
CALL_LIMITS = Table(
    "call_limits",
    METADATA,
    part_of_key("integration"),
    part_of_key("credential"),
    part_of_key("resource_group"),
    Column("hourly_limit", Integer),
    Column("is_near", Boolean, nullable=False),
    instant("blocked_until"),
    instant("heard_at"),
)

#: When a write of ours changed what is read by a name: a list, or the grants on a place.
WRITTEN = Table(
    "written",
    METADATA,
    part_of_key("integration"),
    part_of_key("name"),
    Column("written_at", INSTANT, nullable=False),
)

#: What clients say of a resource and Bitbucket can't hold: the attributes, as JSON. Like the
#: tables below it, it can't be read again.
OVERLAYS = Table(
    "overlays",
    METADATA,
    part_of_key("integration"),
    part_of_key("resource_type"),
    part_of_key("id"),
    Column("attributes", LargeBinary, nullable=False),
)

#: Users who were invited, deactivated or deleted by clients. Who was invited has an id of ours,
#: for ever; of somebody who is no member yet the account is unknown.
USER_RECORDS = Table(
    "user_records",
    METADATA,
    part_of_key("integration"),
    part_of_key("id"),
    text("member_uuid"),
    text("email"),
    flag("is_active"),
    instant("invited_at"),
    instant("deleted_at"),
    Index(None, "integration", "member_uuid"),
    Index(None, "integration", "email"),
)

#: What a user is to be given: on acceptance of the invitation, or when active again.
HELD_BACK = Table(
    "held_back",
    METADATA,
    part_of_key("integration"),
    part_of_key("user_id"),
    # group, project or repository; of a group there is no permission.
    part_of_key("object_type"),
    part_of_key("object_id"),
    text("permission"),
    Column("is_taken", Boolean, nullable=False),
)

#: What was asked to be changed, and what came of it: rows are only ever added.
JOURNAL = Table(
    "journal",
    METADATA,
    Column("number", KEY, primary_key=True, autoincrement=True),
    text("integration", required=True),
    text("change_id", required=True),
    text("event", required=True),
    Column("at", INSTANT, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index(None, "integration", "change_id"),
)

#: The changes in the journal of which something may be left to do: so that nobody has to read all
#: of it to find them.
UNFINISHED = Table(
    "unfinished",
    METADATA,
    part_of_key("integration"),
    part_of_key("change_id"),
)

#: What changed and was not delivered yet: the events of one resource in one change.
EVENTS = Table(
    "events",
    METADATA,
    Column("number", KEY, primary_key=True, autoincrement=True),
    text("integration", required=True),
    text("jti", required=True),
    text("txn", required=True),
    Column("at", INSTANT, nullable=False),
    text("uri", required=True),
    text("external_id"),
    Column("payloads", LargeBinary, nullable=False),
    UniqueConstraint("integration", "jti"),
    Index(None, "integration", "at"),
)

#: Since when changes are told, and how their delivery goes.
EVENT_FEEDS = Table(
    "event_feeds",
    METADATA,
    part_of_key("integration"),
    Column("began_at", INSTANT, nullable=False),
    # Whether what is granted was known wholly, so that a change of it is one.
    Column("knows_grants", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    instant("retry_at"),
)
