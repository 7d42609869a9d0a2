"""Changing the people and groups of a workspace, with what is left of Bitbucket's 1.0."""

from dataclasses import dataclass

from gateway.bitbucket import loaders, resources
from gateway.bitbucket.answers import Answer
from gateway.bitbucket.client import NO_BODY, Body, Client
from gateway.bitbucket.errors import BadAnswer, Conflict, NotFound
from gateway.bitbucket.identifier import in_path
from gateway.bitbucket.models import Group
from gateway.bitbucket.resources import Resource
from gateway.bitbucket.workspace import BitbucketWorkspace


@dataclass(frozen=True, slots=True)
class People:
    """
    The groups and invitations of a workspace that is administered at bitbucket.org.

    Every method makes one call, and may raise any :class:`BitbucketError`: above all
    NoCredential, as 1.0 is written with the scope ``account:write`` alone, which API tokens don't
    have, and Forbidden where administration has moved to admin.atlassian.com.

    Attributes:
        client: What calls.
        workspace: Tells the slug, the only name by which 1.0 knows a workspace.
    """

    client: Client
    workspace: BitbucketWorkspace

    def create_group(self, name: str) -> Group:
        """
        Make a group without members: ``POST /1.0/groups/{workspace}``.

        Raises:
            Conflict: There is one of that name.
        """
        return loaders.GROUP.one(self._call(resources.CREATE_GROUP, body=Body(form={"name": name})))

    def change_group(
        self, slug: str, *, name: str, permission: str | None, auto_add: bool
    ) -> Group:
        """
        Replace what is said of a group but for its members: ``PUT /1.0/groups/{workspace}/{slug}``.

        Returns:
            The group; another name may have given it another slug.

        Raises:
            NotFound: There is no such group.
            Conflict: There is another one of that name.
        """
        body = Body(json={"name": name, "permission": permission, "auto_add": auto_add})
        return loaders.GROUP.one(self._call(resources.SET_GROUP, body=body, group=slug))

    def delete_group(self, slug: str) -> bool:
        """Delete a group, with its permissions; return whether there was one."""
        return self._is_done(resources.DELETE_GROUP, group=slug)

    def add_member(self, slug: str, user: str) -> bool:
        """
        Put a member of the workspace, by UUID or account id, into a group.

        ``PUT /1.0/groups/{workspace}/{slug}/members/{user}``.

        Returns:
            Whether it was not in yet.

        Raises:
            NotFound: There is no such group, or the account is no member of the workspace.
        """
        try:
            answer = self._call(
                resources.SET_GROUP_MEMBER, body=Body(json={}), group=slug, member=in_path(user)
            )
        except Conflict:
            return False
        added = loaders.ACCOUNT_OF_GROUP.one(answer)
        if user not in (added.uuid, added.account_id):
            raise BadAnswer(answer.evidence(), "another member than the one that was added")
        return True

    def remove_member(self, slug: str, user: str) -> bool:
        """Take somebody out of a group; return whether it was in."""
        return self._is_done(resources.DELETE_GROUP_MEMBER, group=slug, member=in_path(user))

    def invite(self, email: str, group_slug: str | None) -> None:
        """
        Invite somebody to the workspace, and into a group: Bitbucket sends a mail.

        ``PUT /1.0/users/{workspace}/invitations``; again with another group for each group.

        Raises:
            BadRequest: The address is none, or of a member.
        """
        self._call(resources.INVITE, body=Body(json=_invitation(email, group_slug))).check_done()

    def withdraw(self, email: str, group_slug: str | None = None) -> bool:
        """Withdraw an invitation, or that into one group; return whether there was one."""
        body = Body(json=_invitation(email, group_slug))
        return self._is_done(resources.WITHDRAW, body=body)

    def _is_done(self, resource: Resource, *, body: Body = NO_BODY, **parts: str) -> bool:
        try:
            self._call(resource, body=body, **parts).check_done()
        except NotFound:
            return False
        return True

    def _call(self, resource: Resource, *, body: Body = NO_BODY, **parts: str) -> Answer:
        return self.client.call(resource, {"workspace": self.workspace.slug(), **parts}, body=body)


def _invitation(email: str, group_slug: str | None) -> dict[str, object]:
    return {"email": email} if group_slug is None else {"email": email, "group_slug": group_slug}
