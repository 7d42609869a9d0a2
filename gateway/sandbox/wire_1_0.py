"""The JSON of what is left of 1.0."""

from dataclasses import dataclass, field

from gateway.sandbox.model import (
    Account,
    AccountStatus,
    Group,
    Invitation,
    Permission,
    Repository,
)
from gateway.sandbox.partial import Json, JsonObject
from gateway.sandbox.world import World


@dataclass(frozen=True, slots=True)
class OldWire:
    """Renders things of one world as 1.0 does; its ``resource_uri`` is a path."""

    world: World
    base: str
    _rendered: dict[str, JsonObject] = field(default_factory=dict, repr=False)

    def group(self, group: Group) -> JsonObject:
        """A group with its members."""
        return {
            "name": group.name,
            "slug": group.slug,
            "permission": group.permission and group.permission.value,
            "auto_add": group.auto_add,
            "email_forwarding_disabled": group.email_forwarding_disabled,
            "owner": self.owner(),
            "resource_uri": f"/1.0/groups/{self.world.slug}/{group.slug}",
            "members": self.members(group),
        }

    def members(self, group: Group) -> list[Json]:
        """The members of a group."""
        return [self.account(member) for member in self.world.group_members(group)]

    def account(self, account: Account) -> JsonObject:
        """A member of a group."""
        made: JsonObject = {
            "display_name": account.display_name,
            "uuid": account.uuid,
            "nickname": account.nickname,
            "is_active": account.status is AccountStatus.ACTIVE,
            "is_team": False,
            "is_staff": account.is_staff,
            "avatar": f"{self.base}/account/{account.uuid}/avatar/32",
            "resource_uri": f"/1.0/users/{account.uuid}",
        }
        if account.account_id is not None:
            made["account_id"] = account.account_id
        return made

    def owner(self) -> JsonObject:
        """The workspace as the owner of things."""
        return {
            "display_name": self.world.name,
            "uuid": self.world.uuid,
            "username": self.world.slug,
            "is_active": True,
            "is_team": True,
            "is_staff": False,
            "avatar": f"{self.base}/account/{self.world.slug}/avatar/32",
            "resource_uri": f"/1.0/users/{self.world.slug}",
        }

    def privilege(self, group: Group, repository: Repository, permission: Permission) -> JsonObject:
        """An explicit grant of a group on a repository."""
        return {
            "repo": f"{self.world.slug}/{repository.slug}",
            "privilege": permission.value,
            "group": self._group_inside(group),
            "repository": {
                "owner": self.owner(),
                "name": repository.name,
                "slug": repository.slug,
            },
        }

    def _group_inside(self, group: Group) -> JsonObject:
        # Bitbucket repeats a group, members and all, with every grant it has.
        known = self._rendered.get(group.uuid)
        if known is None:
            known = self._rendered[group.uuid] = {
                "owner": self.owner(),
                "name": group.name,
                "slug": group.slug,
                "members": self.members(group),
            }
        return known

    def invitation(
        self, invitation: Invitation, repository: Repository | None = None
    ) -> JsonObject:
        """A pending invitation; one to a repository says the permission on it."""
        to_one = None if repository is None else invitation.grants[repository.uuid].value
        inviter = self.world.accounts[invitation.invited_by_uuid]
        return {
            "email": invitation.email,
            "sent_on": invitation.sent_on.isoformat(sep=" ", timespec="seconds"),
            "permission": to_one,
            "invited_by": self.account(inviter),
            "groups": [
                {"owner": self.owner(), "name": group.name, "slug": group.slug}
                for group in self.world.groups.values()
                if group.slug in invitation.group_slugs
            ],
        }
