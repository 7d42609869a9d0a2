"""Bitbucket's values as facts of the mirror."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.bitbucket import models
from gateway.directory.entitlements import EXPLICIT, INFERRED
from gateway.directory.grants import PlacesRead
from gateway.mirror import facts
from gateway.scim.reference import without_null

_ACTIVE = "active"


def member(membership: models.WorkspaceMembership) -> facts.Member:
    """Return a membership."""
    return replace(
        account(membership.user),
        permission=membership.permission.value,
        added_on=membership.added_on,
        last_accessed=membership.last_accessed,
    )


def account(user: models.Account) -> facts.Member:
    """Return a member, of whom the role is unknown; active unless Bitbucket says otherwise."""
    return facts.Member(
        uuid=user.uuid,
        account_id=user.account_id,
        display_name=without_null(user.display_name),
        nickname=user.nickname and without_null(user.nickname),
        account_type=user.type,
        is_active=user.status in (None, _ACTIVE),
        html_url=user.html_url,
        avatar_url=user.avatar_url,
    )


def group(read: models.Group) -> facts.ReadGroup:
    """Return a group with its members; the mirror gives it an id."""
    return facts.ReadGroup(
        slug=read.slug,
        name=without_null(read.name),
        permission=read.permission and read.permission.value,
        auto_add=read.auto_add,
        members={account.uuid: without_null(account.display_name) for account in read.members},
    )


def project(read: models.Project) -> facts.Project:
    """Return a project."""
    return facts.Project(
        uuid=read.uuid, key=read.key, name=without_null(read.name), is_private=bool(read.is_private)
    )


def repository(read: models.Repository) -> facts.Repository:
    """Return a repository."""
    return facts.Repository(
        uuid=read.uuid,
        slug=read.slug,
        full_name=read.full_name,
        name=without_null(read.name),
        project_uuid=read.project_uuid,
        is_private=bool(read.is_private),
    )


def grants(read: PlacesRead, group_ids: Mapping[str, str]) -> Mapping[str, list[facts.Grant]]:
    """Return what was read of places, by the UUID of the place; groups by their ids."""
    return {
        object_uuid: [
            facts.Grant(
                subject_type=read.subject_type,
                subject_id=(
                    granted.subject if read.subject_type == "user" else group_ids[granted.subject]
                ),
                object_type=read.object_type,
                object_uuid=object_uuid,
                permission=granted.permission,
                origin=INFERRED if read.is_inferred else EXPLICIT,
            )
            for granted in on_place
        ]
        for object_uuid, on_place in read.granted.items()
    }


def privilege(read: models.GroupPrivilege, *, group_id: str, repository_uuid: str) -> facts.Grant:
    """Return what the group of that id was granted on a repository."""
    return facts.Grant(
        subject_type="group",
        subject_id=group_id,
        object_type="repository",
        object_uuid=repository_uuid,
        permission=read.permission.value,
    )
