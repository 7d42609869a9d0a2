"""The shapes of Bitbucket's answers, from its documentation; closed, so that no field hides."""

from typing import Any

from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields, validate

UUID = validate.Regexp(r"^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$")
ACCOUNT_ID = validate.Regexp(r"^[0-9a-f]+:[0-9a-f-]{36}$")
HREF = validate.Regexp(r"^http://127\.0\.0\.1:\d+/\S*$")
SLUG = validate.Regexp(r"^[a-z0-9._-]+$")
PATH = validate.Regexp(r"^/1\.0/")


def one(value: str) -> fields.String:
    """A constant."""
    return fields.String(required=True, validate=validate.Equal(value))


def text(*, required: bool = True, check: validate.Validator | None = None) -> fields.String:
    """A string, never null."""
    return fields.String(required=required, validate=check)


class Closed(Schema):
    """An object with the fields named here and no others."""

    class Meta:
        """Marshmallow's place for this."""

        unknown = RAISE


class Link(Closed):
    """A link."""

    href = text(check=HREF)
    name = text(required=False)


def links(*names: str) -> fields.Nested:
    """Exactly these links."""
    return fields.Nested(
        Closed.from_dict({name: fields.Nested(Link, required=True) for name in names}),
        required=True,
        unknown=RAISE,
    )


class Account(Closed):
    """``user``, ``app_user`` or ``team`` inside something else."""

    type = text(check=validate.OneOf(["user", "app_user"]))
    uuid = text(check=UUID)
    account_id = text(required=False, check=ACCOUNT_ID)
    display_name = text()
    nickname = text(required=False)
    kind = text(required=False)
    account_status = text(required=False, check=validate.OneOf(["active", "inactive", "closed"]))
    links = links("self", "html", "avatar", "repositories")


class WholeAccount(Account):
    """``GET /2.0/users/{user}``."""

    created_on = fields.AwareDateTime(required=True, format="iso")
    is_staff = fields.Boolean()
    has_2fa_enabled = fields.Boolean()


class AccountWithEmail(Account):
    """A ``user`` whose address was asked for."""

    email = fields.Email(required=True)


class Team(Closed):
    """The workspace as an owner."""

    type = one("team")
    uuid = text(check=UUID)
    username = text()
    display_name = text()
    links = links("self", "html", "avatar")


class WorkspaceInside(Closed):
    """``workspace`` inside something else."""

    type = one("workspace")
    uuid = text(check=UUID)
    name = text()
    slug = text(check=SLUG)
    links = links("self", "html", "avatar")


class Workspace(WorkspaceInside):
    """``GET /2.0/workspaces/{workspace}``."""

    is_private = fields.Boolean(required=True)
    is_privacy_enforced = fields.Boolean(required=True)
    forking_mode = text(check=validate.OneOf(["allow_forks", "no_public_forks", "no_forks"]))
    created_on = fields.AwareDateTime(required=True, format="iso")
    updated_on = fields.AwareDateTime(required=True, format="iso")
    links = links(
        "self",
        "html",
        "avatar",
        "members",
        "owners",
        "projects",
        "repositories",
        "snippets",
    )


class WorkspaceBase(Closed):
    """``workspace_base``."""

    type = one("workspace_base")
    uuid = text(check=UUID)
    slug = text(check=SLUG)
    links = links("self")


class WorkspaceAccess(Closed):
    """A value of ``GET /2.0/user/workspaces``."""

    type = one("workspace_access")
    administrator = fields.Boolean(required=True)
    workspace = fields.Nested(WorkspaceBase, required=True)


class Membership(Closed):
    """A value of ``…/members``."""

    type = one("workspace_membership")
    user = fields.Nested(Account, required=True)
    workspace = fields.Nested(WorkspaceInside, required=True)
    links = links("self")


class MovedPermission(Membership):
    """A value of ``…/permissions`` once administration has moved."""

    permission = text(check=validate.OneOf(["owner", "collaborator", "member"]))


class Permission(MovedPermission):
    """A value of ``…/permissions``."""

    added_on = fields.AwareDateTime(required=True, format="iso")
    last_accessed = fields.AwareDateTime(required=True, format="iso", allow_none=True)


class ProjectInside(Closed):
    """``project`` inside something else."""

    type = one("project")
    uuid = text(check=UUID)
    key = text(check=validate.Regexp(r"^[A-Z][A-Z0-9_]*$"))
    name = text()
    links = links("self", "html", "avatar")


class Project(ProjectInside):
    """A value of ``…/projects``."""

    description = text()
    is_private = fields.Boolean(required=True)
    has_publicly_visible_repos = fields.Boolean(required=True)
    created_on = fields.AwareDateTime(required=True, format="iso")
    updated_on = fields.AwareDateTime(required=True, format="iso")
    owner = fields.Nested(Team, required=True)
    workspace = fields.Nested(WorkspaceInside, required=True)
    links = links("self", "html", "avatar", "repositories")


class RepositoryInside(Closed):
    """``repository`` inside something else."""

    type = one("repository")
    uuid = text(check=UUID)
    name = text()
    full_name = text(check=validate.Regexp(r"^[a-z0-9._-]+/[a-z0-9._-]+$"))
    links = links("self", "html", "avatar")


class Branch(Closed):
    """A branch."""

    type = one("branch")
    name = text()


class RepositoryLinks(Closed):
    """The links of a repository, of which ``clone`` is a list."""

    self = fields.Nested(Link, required=True)
    html = fields.Nested(Link, required=True)
    avatar = fields.Nested(Link, required=True)
    pullrequests = fields.Nested(Link, required=True)
    commits = fields.Nested(Link, required=True)
    forks = fields.Nested(Link, required=True)
    watchers = fields.Nested(Link, required=True)
    branches = fields.Nested(Link, required=True)
    tags = fields.Nested(Link, required=True)
    downloads = fields.Nested(Link, required=True)
    source = fields.Nested(Link, required=True)
    hooks = fields.Nested(Link, required=True)
    clone = fields.List(fields.Nested(Link), required=True)


class Repository(RepositoryInside):
    """A value of ``/2.0/repositories/{workspace}``."""

    slug = text(check=SLUG)
    description = text()
    is_private = fields.Boolean(required=True)
    scm = one("git")
    fork_policy = text(check=validate.OneOf(["allow_forks", "no_public_forks", "no_forks"]))
    language = text()
    size = fields.Integer(required=True, strict=True)
    has_issues = fields.Boolean(required=True)
    has_wiki = fields.Boolean(required=True)
    mainbranch = fields.Nested(Branch, required=True)
    parent = fields.Raw(required=True, allow_none=True)
    created_on = fields.AwareDateTime(required=True, format="iso")
    updated_on = fields.AwareDateTime(required=True, format="iso")
    owner = fields.Nested(Team, required=True)
    project = fields.Nested(ProjectInside, required=True)
    workspace = fields.Nested(WorkspaceInside, required=True)
    links = fields.Nested(RepositoryLinks, required=True)


class Group(Closed):
    """``group`` of 2.0."""

    type = one("group")
    name = text()
    slug = text()
    full_slug = text()
    owner = fields.Nested(Team, required=True)
    workspace = fields.Nested(WorkspaceInside, required=True)
    links = links("self", "html")


class RepositoryPermission(Closed):
    """A value of ``…/permissions/repositories``: effective rights."""

    type = one("repository_permission")
    permission = text(check=validate.OneOf(["read", "write", "admin"]))
    user = fields.Nested(Account, required=True)
    repository = fields.Nested(RepositoryInside, required=True)


ON_PROJECT = validate.OneOf(["read", "write", "create-repo", "admin", "none"])
ON_REPOSITORY = validate.OneOf(["read", "write", "admin", "none"])


class ProjectGroupPermission(Closed):
    """An explicit grant."""

    type = one("project_group_permission")
    permission = text(check=ON_PROJECT)
    group = fields.Nested(Group, required=True)
    project = fields.Nested(ProjectInside, required=True)
    links = links("self")


class ProjectUserPermission(Closed):
    """An explicit grant."""

    type = one("project_user_permission")
    permission = text(check=ON_PROJECT)
    user = fields.Nested(Account, required=True)
    project = fields.Nested(ProjectInside, required=True)
    links = links("self")


class RepositoryGroupPermission(Closed):
    """An explicit grant."""

    type = one("repository_group_permission")
    permission = text(check=ON_REPOSITORY)
    group = fields.Nested(Group, required=True)
    repository = fields.Nested(RepositoryInside, required=True)
    links = links("self")


class RepositoryUserPermission(Closed):
    """An explicit grant."""

    type = one("repository_user_permission")
    permission = text(check=ON_REPOSITORY)
    user = fields.Nested(Account, required=True)
    repository = fields.Nested(RepositoryInside, required=True)
    links = links("self")


class OldOwner(Closed):
    """The workspace as 1.0 shows it."""

    display_name = text()
    uuid = text(check=UUID)
    username = text()
    is_active = fields.Boolean(required=True)
    is_team = fields.Boolean(required=True, validate=validate.Equal(comparable=True))
    is_staff = fields.Boolean(required=True)
    avatar = text(check=HREF)
    resource_uri = text(check=PATH)


class OldAccount(Closed):
    """A member of a group as 1.0 shows it."""

    display_name = text()
    uuid = text(check=UUID)
    account_id = text(required=False, check=ACCOUNT_ID)
    nickname = text()
    is_active = fields.Boolean(required=True)
    is_team = fields.Boolean(required=True)
    is_staff = fields.Boolean(required=True)
    avatar = text(check=HREF)
    resource_uri = text(check=PATH)


class OldGroup(Closed):
    """A value of ``/1.0/groups/{workspace}``."""

    name = text()
    slug = text()
    permission = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(["read", "write", "admin"])
    )
    auto_add = fields.Boolean(required=True)
    email_forwarding_disabled = fields.Boolean(required=True)
    owner = fields.Nested(OldOwner, required=True)
    resource_uri = text(check=PATH)
    members = fields.List(fields.Nested(OldAccount), required=True)


class OldGroupWithMembers(Closed):
    """A group inside a privilege."""

    owner = fields.Nested(OldOwner, required=True)
    name = text()
    slug = text()
    members = fields.List(fields.Nested(OldAccount), required=True)


class OldRepository(Closed):
    """A repository inside a privilege."""

    owner = fields.Nested(OldOwner, required=True)
    name = text()
    slug = text()


class Privilege(Closed):
    """A value of ``/1.0/group-privileges/{workspace}``."""

    repo = text(check=validate.Regexp(r"^[a-z0-9._-]+/[a-z0-9._-]+$"))
    privilege = text(check=validate.OneOf(["read", "write", "admin"]))
    group = fields.Nested(OldGroupWithMembers, required=True)
    repository = fields.Nested(OldRepository, required=True)


class Invitation(Schema):
    """A value of ``/1.0/users/{workspace}/invitations``, whose shape nobody has written down."""

    class Meta:
        """Marshmallow's place for this."""

        unknown = INCLUDE

    email = fields.Email(required=True)


def paged(value: type[Schema]) -> type[Schema]:
    """A page of *value*; everything but ``values`` and ``pagelen`` may be missing."""
    return Closed.from_dict(
        {
            "values": fields.List(fields.Nested(value), required=True),
            "pagelen": fields.Integer(required=True, strict=True),
            "page": fields.Integer(strict=True),
            "size": fields.Integer(strict=True),
            "next": fields.String(validate=HREF),
            "previous": fields.String(validate=HREF),
        }
    )


def misfits(shape: type[Schema], answer: Any) -> object:
    """What is wrong with *answer*; nothing when it has the shape."""
    try:
        shape(many=isinstance(answer, list), unknown=None).load(answer)
    except ValidationError as error:
        return error.messages
    return None
