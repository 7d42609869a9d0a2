"""The resources of 1.0 that change groups, their members and privileges, and invitations."""

from http import HTTPStatus

from gateway.sandbox.call import Call
from gateway.sandbox.errors import Refusal, bad_request, conflict, gone, not_found
from gateway.sandbox.model import Account, Group, Permission, Repository
from gateway.sandbox.partial import Json
from gateway.sandbox.views_1_0 import enter, group_of
from gateway.sandbox.wire_1_0 import OldWire
from gateway.sandbox.workspace import slug_of


def create_group(call: Call, workspace: str) -> Json:
    """``POST /1.0/groups/{workspace_slug}`` with a form: ``name``."""
    wire = _enter(call, workspace)
    name = call.form.get("name", "").strip()
    if not name:
        raise bad_request("name is required.")
    if call.world.group(slug_of(name)) is not None:
        raise conflict(f"A group with the name '{name}' already exists.")
    return wire.group(call.world.add_group(name))


def change_group(call: Call, workspace: str, group_slug: str) -> Json:
    """``PUT /1.0/groups/{workspace_slug}/{group_slug}``: name, permission, auto_add."""
    wire = _enter(call, workspace)
    group, body = group_of(call, group_slug), call.json()
    if not isinstance(body, dict):
        raise bad_request("An object is required.")
    name = str(body.get("name") or group.name)
    slug = _slug_renamed(call, group, name)
    other = call.world.group(slug)
    if other is not None and other.uuid != group.uuid:
        raise conflict(f"A group with the name '{name}' already exists.")
    world = call.world
    world.change_group(group, name=name, slug=slug, auto_add=bool(body.get("auto_add", False)))
    if "permission" in body:
        world.set_workspace_permission(group, body["permission"])
    return wire.group(world.groups[group.uuid])


def delete_group(call: Call, workspace: str, group_slug: str) -> Json:
    """``DELETE /1.0/groups/{workspace_slug}/{group_slug}``."""
    _enter(call, workspace)
    call.world.remove_group(group_of(call, group_slug))
    return None


def add_member(call: Call, workspace: str, group_slug: str, member: str) -> Json:
    """``PUT /1.0/groups/{workspace_slug}/{group_slug}/members/{member}`` with the body ``{}``."""
    wire = _enter(call, workspace)
    group = group_of(call, group_slug)
    if call.content_type != "application/json":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
    account = _member(call, member)
    if account in call.world.group_members(group):
        raise conflict("The user is already a member of the group.")
    call.world.join(group, account)
    return wire.account(account)


def remove_member(call: Call, workspace: str, group_slug: str, member: str) -> Json:
    """``DELETE /1.0/groups/{workspace_slug}/{group_slug}/members/{member}``."""
    _enter(call, workspace)
    group, account = group_of(call, group_slug), _member(call, member)
    if account not in call.world.group_members(group):
        raise not_found("The user is not a member of the group.")
    call.world.leave(group, account)
    return None


def set_privilege(call: Call, workspace: str, repo: str, owner: str, group_slug: str) -> Json:
    """``PUT /1.0/group-privileges/{workspace_slug}/{repo}/{owner}/{group_slug}``: a bare word."""
    wire = _enter(call, workspace)
    group, repository = _of_privilege(call, repo, owner, group_slug)
    if call.text not in ("read", "write", "admin"):
        raise bad_request(f"Invalid privilege '{call.text}'")
    call.world.grant(group, repository, call.text)
    return [wire.privilege(group, repository, Permission(call.text))]


def delete_privilege(call: Call, workspace: str, repo: str, owner: str, group_slug: str) -> Json:
    """``DELETE /1.0/group-privileges/{workspace_slug}/{repo}/{owner}/{group_slug}``."""
    _enter(call, workspace)
    group, repository = _of_privilege(call, repo, owner, group_slug)
    if call.world.granted(group, repository) is None:
        raise not_found("The group has no privilege there.")
    call.world.revoke(group, repository)
    return None


def invite(call: Call, workspace: str) -> Json:
    """``PUT /1.0/users/{workspace_slug}/invitations``: email, and group_slug at will."""
    wire = _enter(call, workspace)
    email, slug = _invitation(call)
    world = call.world
    account = world.account_by_email(email)
    if account is not None and account.uuid in world.memberships:
        raise bad_request(f"{email} is a member of the workspace already.")
    groups = [] if slug is None else [group_of(call, slug)]
    known = world.invitations.get(email.casefold())
    if known is not None:
        groups += [g for g in world.groups.values() if g.slug in known.group_slugs]
    unique = {group.uuid: group for group in groups}
    grants = {} if known is None else known.grants
    inviter = _inviter(call)
    invited = world.invite(email, invited_by=inviter, groups=unique.values(), grants=grants)
    return wire.invitation(invited)


def invite_to_repository(call: Call, workspace: str, repo: str) -> Json:
    """``POST /1.0/invitations/{workspace_slug}/{repo}`` with a form: email and permission."""
    wire = _enter(call, workspace)
    repository = call.administered_repository(repo)
    email, permission = call.form.get("email", ""), call.form.get("permission", "")
    if "@" not in email:
        raise bad_request("email is required.")
    if permission not in ("read", "write", "admin"):
        raise bad_request(f"Invalid permission '{permission}'")
    world = call.world
    account = world.account_by_email(email)
    if account is not None and account.uuid in world.memberships:
        raise bad_request(f"{email} is a member of the workspace already.")
    known = world.invitations.get(email.casefold())
    groups = [g for g in world.groups.values() if known and g.slug in known.group_slugs]
    grants = {} if known is None else dict(known.grants)
    grants[repository.uuid] = Permission(permission)
    invited = world.invite(email, invited_by=_inviter(call), groups=groups, grants=grants)
    return wire.invitation(invited, repository)


def withdraw(call: Call, workspace: str) -> Json:
    """``DELETE /1.0/users/{workspace_slug}/invitations``: email, and group_slug at will."""
    _enter(call, workspace)
    email, slug = _invitation(call)
    world = call.world
    known = world.invitations.get(email.casefold())
    if known is None or (slug is not None and slug not in known.group_slugs):
        raise not_found("There is no such invitation.")
    world.withdraw_invitation(email)
    rest = [g for g in world.groups.values() if g.slug in known.group_slugs and g.slug != slug]
    stays = bool(rest or known.grants) or call.behaviour.keeps_empty_invitations
    if slug is not None and stays:
        world.invite(email, invited_by=_inviter(call), groups=rest, grants=known.grants)
    return None


def _slug_renamed(call: Call, group: Group, name: str) -> str:
    if name == group.name or not call.behaviour.renaming_changes_slug:
        return group.slug
    # A name without a letter of ASCII makes no slug: the one it has is as good as any.
    return slug_of(name) or group.slug


def _enter(call: Call, workspace: str) -> OldWire:
    wire = enter(call, workspace)
    if call.world.administration_moved:
        if "/invitations" in call.path:
            raise gone()
        status = call.behaviour.moved_administration_status
        raise Refusal(status, "The workspace is administered at admin.atlassian.com.")
    return wire


def _member(call: Call, identifier: str) -> Account:
    member = call.world.member(identifier)
    if member is None:
        raise not_found(f"{identifier} is not a member of the workspace.")
    return member


def _of_privilege(call: Call, repo: str, owner: str, slug: str) -> tuple[Group, Repository]:
    if owner != call.world.slug:
        raise not_found("Group not found")
    return group_of(call, slug), call.administered_repository(repo)


def _invitation(call: Call) -> tuple[str, str | None]:
    body = call.json()
    email = body.get("email") if isinstance(body, dict) else None
    if not isinstance(email, str) or "@" not in email:
        raise bad_request("email is required.")
    slug = body.get("group_slug") if isinstance(body, dict) else None
    return email, None if slug is None else str(slug)


def _inviter(call: Call) -> Account:
    if call.account is not None:
        return call.account
    administrators = call.world.administrators()
    return next(a for a, _ in call.world.members() if a.uuid in administrators)
