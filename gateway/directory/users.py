"""A member of the workspace as a SCIM User (RFC 7643 §4.1)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from gateway.directory.entitlements import Entitlement
from gateway.mirror.facts import Group, Member
from gateway.mirror.user_records import UserRecord
from gateway.scim.reference import relative
from gateway.scim.text import instant

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
USER_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"


class UserNameSource(StrEnum):
    """What ``userName`` is, as long as no client has given one."""

    #: The e-mail address when it is known, else the account id.
    EMAIL = "email"
    #: The account id, whatever else is known.
    ACCOUNT_ID = "account_id"

    @property
    def address_attributes(self) -> frozenset[str]:
        """The attributes that are, or may be, e-mail addresses."""
        return frozenset({"emails", "userName"} if self is UserNameSource.EMAIL else {"emails"})


def user_resource(
    member: Member,
    *,
    addresses: Sequence[str],
    groups: Iterable[Group],
    entitlements: Iterable[Entitlement],
    user_name: UserNameSource,
    record: UserRecord | None = None,
) -> dict[str, object]:
    """
    Return the resource, without what the mirror adds to ``meta``.

    Who was deactivated and has access all the same is active: that is what counts.

    Args:
        member: The member.
        addresses: The e-mail addresses that are known of it, the preferred one first.
        groups: The groups it is in.
        entitlements: What it was granted directly, in the order to show.
        user_name: What ``userName`` is.
        record: What the gateway itself knows of it.
    """
    in_groups = [_group_of_user(group) for group in in_order(groups)]
    granted = [entitlement.to_json() for entitlement in entitlements]
    resource_id = member.uuid if record is None else record.id
    resource: dict[str, object] = {
        "schemas": [USER, USER_EXTENSION],
        "id": resource_id,
        "externalId": _external_id(member),
        "userName": _user_name(member, addresses, user_name),
        "name": name_parts(member.display_name),
        "displayName": member.display_name,
        "nickName": member.nickname,
        "profileUrl": member.html_url,
        "userType": member.account_type,
        "active": _active(member, record, has_access=bool(in_groups or granted)),
        "emails": list(_emails(addresses)),
        "photos": [{"value": member.avatar_url, "type": "photo"}] if member.avatar_url else [],
        "groups": in_groups,
        "entitlements": granted,
        "roles": [] if member.permission is None else [role_of(member.permission)],
        USER_EXTENSION: assigned(
            {
                "uuid": member.uuid,
                "accountId": member.account_id,
                "displayName": member.display_name,
                "nickname": member.nickname,
                "membership": "member",
                "addedOn": member.added_on and instant(member.added_on),
                "lastAccessed": member.last_accessed and instant(member.last_accessed),
            }
        ),
        "meta": {"resourceType": "User", "location": relative(f"/Users/{resource_id}")},
    }
    return _with_emails(resource)


def invited_resource(record: UserRecord, *, groups: Iterable[Group]) -> dict[str, object]:
    """
    Return the resource of somebody of whom no account is known yet.

    Args:
        record: Whom a client created; it is invited, unless that was put off or withdrawn.
        groups: The groups it will be in.
    """
    membership = "invited" if record.invited_at is not None else None
    resource: dict[str, object] = {
        "schemas": [USER, USER_EXTENSION] if membership else [USER],
        "id": record.id,
        "userName": record.email,
        "active": record.is_active,
        "emails": list(_emails([record.email] if record.email else [])),
        "groups": [_group_of_user(group) for group in in_order(groups)],
        USER_EXTENSION: assigned({"membership": membership}),
        "meta": {"resourceType": "User", "location": relative(f"/Users/{record.id}")},
    }
    return _with_emails(resource)


def is_hidden(record: UserRecord | None, *, has_access: bool) -> bool:
    """
    Return whether a member is no user any more, as a client deleted it.

    Nothing takes a member out of a workspace for good: who is given access again shows again.
    """
    return record is not None and record.deleted_at is not None and not has_access


def _with_emails(resource: dict[str, object]) -> dict[str, object]:
    kept = assigned(resource)
    # An empty list says that no address is known; typed clients can't do without the attribute.
    return {name: value for name, value in resource.items() if name in kept or name == "emails"}


def _active(member: Member, record: UserRecord | None, *, has_access: bool) -> bool:
    return member.is_active and (record is None or record.is_active or has_access)


def last_word(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a user who is no member any more: inactive, and with no access."""
    lost = {"groups", "entitlements", "roles"}
    kept = {name: value for name, value in resource.items() if name not in lost}
    extension = {**resource.get(USER_EXTENSION, {}), "membership": "removed"}
    schemas = [*(s for s in resource["schemas"] if s != USER_EXTENSION), USER_EXTENSION]
    return kept | {"schemas": schemas, "active": False, USER_EXTENSION: extension}


def assigned(members: dict[str, object]) -> dict[str, object]:
    """Return the members that have a value: null and empty are the same as none (RFC 7643 §2.5)."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def in_order(groups: Iterable[Group]) -> list[Group]:
    """Return *groups* in the order in which a user lists them: the same at every reading."""
    return sorted(groups, key=lambda group: (group.name, group.id))


def name_parts(full_name: str) -> dict[str, object]:
    """
    Split a name at its last blank, as Bitbucket knows but the whole.

    A name of one word is both parts: clients such as Okta take no user that lacks one.
    """
    given, _, family = full_name.strip().rpartition(" ")
    parts = {"familyName": family, "givenName": given.strip() or family}
    return assigned({"formatted": full_name, **parts})


def _user_name(member: Member, addresses: Sequence[str], source: UserNameSource) -> str:
    if addresses and source is UserNameSource.EMAIL:
        return addresses[0]
    return _external_id(member)


def _external_id(member: Member) -> str:
    """Return what Atlassian, who provisioned the account, calls it; an app has but a UUID."""
    return member.account_id or member.uuid


def _emails(addresses: Sequence[str]) -> Iterator[dict[str, object]]:
    for position, address in enumerate(addresses):
        yield {"value": address, "type": "work", "primary": position == 0}


def role_of(permission: str) -> dict[str, object]:
    """Return the role that is Bitbucket's *permission* on the workspace, as a value of roles."""
    return {"value": permission, "display": permission.capitalize(), "type": "workspace"}


def _group_of_user(group: Group) -> dict[str, object]:
    return {
        "value": group.id,
        "$ref": relative(f"/Groups/{group.id}"),
        "display": group.name,
        "type": "direct",
    }
