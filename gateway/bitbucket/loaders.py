"""
From Bitbucket's JSON to values: the only place that knows the names on the wire.

What is not known is passed over; what is needed and missing, or of another type, is an error.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from gateway.bitbucket.answers import Answer
from gateway.bitbucket.errors import BadAnswer
from gateway.bitbucket.identifier import bare_uuid
from gateway.bitbucket.models import (
    Account,
    Group,
    GroupGrant,
    GroupPrivilege,
    Invitation,
    Permission,
    Project,
    Repository,
    RepositoryPermission,
    UserGrant,
    Workspace,
    WorkspaceMembership,
    WorkspaceRole,
)

T = TypeVar("T")


class Loader(Generic[T]):
    """
    Makes values of the JSON in an answer.

    Attributes:
        fields: The members of an entry that it reads, for a list to be asked for no others;
            none where the resource has no such choice.
    """

    def __init__(self, schema: Schema, *wanted: str) -> None:
        self.fields = wanted
        self._schema = schema

    def one(self, answer: Answer) -> T:
        """
        Return the value that *answer* is.

        Raises:
            BadAnswer: It is of another shape.
        """
        return self._load(answer, answer.json(), many=False)  # type: ignore[no-any-return]  # marshmallow's load is untyped

    def many(self, answer: Answer, values: object) -> list[T]:
        """
        Return a value for each of *values*, which *answer* holds.

        Raises:
            BadAnswer: They are no list, or one of them is of another shape.
        """
        if not isinstance(values, list):
            raise BadAnswer(answer.evidence(), "no list of values")
        return self._load(answer, values, many=True)  # type: ignore[no-any-return]  # marshmallow's load is untyped

    def each(self, answer: Answer) -> Iterator[T]:
        """
        Yield a value for each of the array that *answer* is, made when it is asked for.

        Raises:
            BadAnswer: It is no array, or one of its values is of another shape.
        """
        for number, value in enumerate(answer.items()):
            yield self._load(answer, value, many=False, number=number)

    def _load(self, answer: Answer, value: object, *, many: bool, number: int | None = None) -> Any:
        try:
            return self._schema.load(value, many=many)  # type: ignore[arg-type]  # load refuses what is no mapping itself
        except ValidationError as error:
            messages = error.messages if number is None else {number: error.messages}
            raise BadAnswer(answer.evidence(), _first(messages)) from error


def _first(messages: object) -> str:
    """Return the first of marshmallow's nested messages, after the way to it."""
    way: list[str] = []
    while isinstance(messages, Mapping) and messages:
        step, messages = next(iter(messages.items()))
        way.append(str(step))
    words = messages[0] if isinstance(messages, Sequence) and messages else messages
    return f"{'.'.join(way)}: {words}".rstrip(".")


class _Name(fields.String):
    """What an address calls something: empty, it would call the whole list it is in."""

    def __init__(self, *, required: bool = False) -> None:
        super().__init__(required=required, validate=validate.Length(min=1))


class _Uuid(fields.Field[str]):
    """A UUID, in braces on the wire."""

    def _deserialize(self, value: object, *_: object, **__: object) -> str:
        uuid = bare_uuid(value) if isinstance(value, str) else None
        if uuid is None:
            raise ValidationError("Not a UUID.")
        return uuid


class _Part(fields.Field[Any]):
    """One member of the object under *key*; the rest of it is passed over."""

    def __init__(self, key: str, name: str, inner: fields.Field[Any], *, required: bool) -> None:
        # Two parts may be of one object, which marshmallow accepts of fields that only load.
        super().__init__(data_key=key, required=required, allow_none=not required, load_only=True)
        self._name = name
        self._inner = inner

    def _deserialize(self, value: object, attr: str | None, data: Any, **options: Any) -> Any:
        part = value.get(self._name) if isinstance(value, Mapping) else None
        if part is not None:
            return self._inner.deserialize(part, attr, data, **options)
        if self.required:
            raise ValidationError(f"Without {self._name}.")
        return None


class _Shape(Schema):
    """An object on the wire, and the value that is made of it."""

    class Meta:
        """Members that nobody asked for are passed over."""

        unknown = EXCLUDE

    model: ClassVar[type]

    @post_load
    def _build(self, members: dict[str, Any], **_: object) -> Any:
        return self.model(**members)


class _Account(_Shape):
    model = Account

    uuid = _Uuid(required=True)
    type = fields.String(load_default="user")
    display_name = fields.String(required=True)
    account_id = fields.String(allow_none=True)
    nickname = fields.String(allow_none=True)
    status = fields.String(data_key="account_status", allow_none=True)
    created_on = fields.DateTime("iso", allow_none=True)
    email = fields.String(allow_none=True)
    links = fields.Raw(load_default=None)

    @post_load
    def _build(self, members: dict[str, Any], **_: object) -> Account:
        links = members.pop("links")
        return Account(html_url=_href(links, "html"), avatar_url=_href(links, "avatar"), **members)


def _href(links: object, name: str) -> str | None:
    link = links.get(name) if isinstance(links, Mapping) else None
    address = link.get("href") if isinstance(link, Mapping) else None
    return address if isinstance(address, str) else None


class _AccountOfGroup(_Shape):
    """An account as 1.0 has it."""

    model = Account

    uuid = _Uuid(required=True)
    display_name = fields.String(required=True)
    account_id = fields.String(allow_none=True)
    nickname = fields.String(allow_none=True)
    avatar_url = fields.String(data_key="avatar", allow_none=True)
    is_team = fields.Boolean(load_default=False)

    @post_load
    def _build(self, members: dict[str, Any], **_: object) -> Account:
        return Account(type="team" if members.pop("is_team") else "user", **members)


class _Membership(_Shape):
    model = WorkspaceMembership

    user = fields.Nested(_Account, required=True)
    permission = fields.Enum(WorkspaceRole, by_value=True, required=True)
    added_on = fields.DateTime("iso", allow_none=True)
    last_accessed = fields.DateTime("iso", allow_none=True)


class _User(_Shape):
    """A membership of which only the member counts."""

    user = fields.Nested(_Account, required=True)

    @post_load
    def _build(self, members: dict[str, Any], **_: object) -> object:
        return members["user"]


class _Workspace(_Shape):
    model = Workspace

    uuid = _Uuid(required=True)
    slug = _Name(required=True)
    name = fields.String(required=True)
    is_private = fields.Boolean(allow_none=True)
    created_on = fields.DateTime("iso", allow_none=True)


class _Group(_Shape):
    model = Group

    slug = _Name(required=True)
    name = fields.String(required=True)
    permission = fields.Enum(Permission, by_value=True, allow_none=True, load_default=None)
    auto_add = fields.Boolean(load_default=False)
    members = fields.List(fields.Nested(_AccountOfGroup), required=True)

    @post_load
    def _build(self, members: dict[str, Any], **_: object) -> Group:
        return Group(**members | {"members": tuple(members["members"])})


class _Project(_Shape):
    model = Project

    uuid = _Uuid(required=True)
    key = _Name(required=True)
    name = fields.String(required=True)
    is_private = fields.Boolean(allow_none=True)


class _Repository(_Shape):
    model = Repository

    uuid = _Uuid(required=True)
    slug = _Name(required=True)
    full_name = fields.String(required=True)
    name = fields.String(required=True)
    project_uuid = _Part("project", "uuid", _Uuid(), required=False)
    project_key = _Part("project", "key", fields.String(), required=False)
    is_private = fields.Boolean(allow_none=True)
    updated_on = fields.DateTime("iso", allow_none=True)


class _RepositoryPermission(_Shape):
    model = RepositoryPermission

    user_uuid = _Part("user", "uuid", _Uuid(), required=True)
    repository_uuid = _Part("repository", "uuid", _Uuid(), required=True)
    permission = fields.Enum(Permission, by_value=True, required=True)


class _GroupGrant(_Shape):
    model = GroupGrant

    group_slug = _Part("group", "slug", _Name(), required=True)
    group_name = _Part("group", "name", fields.String(), required=True)
    permission = fields.Enum(Permission, by_value=True, required=True)


class _UserGrant(_Shape):
    model = UserGrant

    user = fields.Nested(_Account, required=True)
    permission = fields.Enum(Permission, by_value=True, required=True)


class _GroupPrivilege(_Shape):
    model = GroupPrivilege

    repository_full_name = fields.String(data_key="repo", required=True)
    group_slug = _Part("group", "slug", _Name(), required=True)
    permission = fields.Enum(Permission, by_value=True, data_key="privilege", required=True)


class _Permission(_Shape):
    """A grant of which only the permission counts."""

    permission = fields.Enum(Permission, by_value=True, required=True)

    @post_load
    def _build(self, members: dict[str, Any], **_: object) -> object:
        return members["permission"]


class _Slug(_Shape):
    slug = _Name(required=True)

    @post_load
    def _build(self, members: dict[str, Any], **_: object) -> object:
        return members["slug"]


class _Invitation(_Shape):
    model = Invitation

    email = fields.String(required=True)
    groups = fields.List(fields.Nested(_Slug), load_default=list)

    @post_load
    def _build(self, members: dict[str, Any], **_: object) -> Invitation:
        return Invitation(email=members["email"], group_slugs=tuple(members["groups"]))


_ACCOUNT_FIELDS: Final = (
    "type",
    "uuid",
    "account_id",
    "display_name",
    "nickname",
    "account_status",
    "created_on",
    "links.html",
    "links.avatar",
)
_USER_FIELDS: Final = tuple(f"user.{name}" for name in _ACCOUNT_FIELDS)

ACCOUNT: Final[Loader[Account]] = Loader(_Account())
ACCOUNT_OF_GROUP: Final[Loader[Account]] = Loader(_AccountOfGroup())
USER: Final[Loader[Account]] = Loader(_User(), *_USER_FIELDS)
USER_WITH_EMAIL: Final[Loader[Account]] = Loader(_User(), *_USER_FIELDS, "user.email")
MEMBERSHIP: Final[Loader[WorkspaceMembership]] = Loader(
    _Membership(), "permission", "added_on", "last_accessed", *_USER_FIELDS
)
WORKSPACE: Final[Loader[Workspace]] = Loader(_Workspace())
GROUP: Final[Loader[Group]] = Loader(_Group())
PROJECT: Final[Loader[Project]] = Loader(_Project(), "uuid", "key", "name", "is_private")
REPOSITORY: Final[Loader[Repository]] = Loader(
    _Repository(),
    "uuid",
    "slug",
    "full_name",
    "name",
    "project.uuid",
    "project.key",
    "is_private",
    "updated_on",
)
REPOSITORY_PERMISSION: Final[Loader[RepositoryPermission]] = Loader(
    _RepositoryPermission(), "permission", "user.uuid", "repository.uuid"
)
GROUP_GRANT: Final[Loader[GroupGrant]] = Loader(
    _GroupGrant(), "permission", "group.slug", "group.name"
)
USER_GRANT: Final[Loader[UserGrant]] = Loader(_UserGrant(), "permission", *_USER_FIELDS)
PERMISSION: Final[Loader[Permission]] = Loader(_Permission())
GROUP_PRIVILEGE: Final[Loader[GroupPrivilege]] = Loader(_GroupPrivilege())
INVITATION: Final[Loader[Invitation]] = Loader(_Invitation())
