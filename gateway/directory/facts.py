"""Bitbucket's values as facts of the mirror."""

from dataclasses import replace

from gateway.bitbucket import models
from gateway.directory.grants import Granted
from gateway.mirror import facts
from gateway.scim.reference import without_null

_ACTIVE = "active"


def member(membership: models.WorkspaceMembership) -> facts.Member:
    """Return a membership; an account is active unless Bitbucket says otherwise."""
    user = membership.user
    return facts.Member(
        uuid=user.uuid,
        account_id=user.account_id,
        display_name=without_null(user.display_name),
        nickname=user.nickname and without_null(user.nickname),
        account_type=user.type,
        is_active=user.status in (None, _ACTIVE),
        html_url=user.html_url,
        avatar_url=user.avatar_url,
        permission=membership.permission.value,
        added_on=membership.added_on,
        last_accessed=membership.last_accessed,
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


def user_grant(granted: Granted) -> facts.Grant:
    """Return what a user was granted."""
    return facts.Grant(
        subject_type="user",
        subject_id=granted.subject,
        object_type=granted.object_type,
        object_uuid=granted.object_uuid,
        permission=granted.permission,
    )


def group_grant(granted: Granted, group_id: str) -> facts.Grant:
    """Return what the group of that id was granted."""
    return replace(user_grant(granted), subject_type="group", subject_id=group_id)
