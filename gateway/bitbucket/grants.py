"""Granting and revoking explicit permissions on projects and repositories."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.bitbucket import loaders, resources
from gateway.bitbucket.client import Body, Client
from gateway.bitbucket.errors import BadAnswer, NotFound
from gateway.bitbucket.identifier import in_path
from gateway.bitbucket.resources import Resource


@dataclass(frozen=True, slots=True)
class Holder:
    """
    Who holds a permission.

    Attributes:
        kind: ``user`` or ``group``.
        name: A user's UUID or account id, or a group's slug.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Object:
    """
    What a permission is on.

    Attributes:
        kind: ``project`` or ``repository``.
        name: A project's key, or a repository's slug or UUID.
    """

    kind: str
    name: str


#: By the kind of object and of holder.
_SET: Final[Mapping[tuple[str, str], Resource]] = {
    ("project", "group"): resources.SET_PROJECT_GROUP,
    ("project", "user"): resources.SET_PROJECT_USER,
    ("repository", "group"): resources.SET_REPOSITORY_GROUP,
    ("repository", "user"): resources.SET_REPOSITORY_USER,
}
_DELETE: Final[Mapping[tuple[str, str], Resource]] = {
    ("project", "group"): resources.DELETE_PROJECT_GROUP,
    ("project", "user"): resources.DELETE_PROJECT_USER,
    ("repository", "group"): resources.DELETE_REPOSITORY_GROUP,
    ("repository", "user"): resources.DELETE_REPOSITORY_USER,
}


@dataclass(frozen=True, slots=True)
class Grants:
    """
    The explicit permissions of a workspace, to be changed through *client*.

    Attributes:
        client: What calls.
        workspace: The slug or the UUID of the workspace.
    """

    client: Client
    workspace: str

    def setting(self, holder_kind: str, object_kind: str) -> Resource:
        """Return what :meth:`grant` calls."""
        return _SET[object_kind, holder_kind]

    def deleting(self, holder_kind: str, object_kind: str) -> Resource:
        """Return what :meth:`revoke` calls."""
        return _DELETE[object_kind, holder_kind]

    def grant(self, holder: Holder, on: Object, permission: str) -> None:
        """
        Make *permission* what *holder* is explicitly granted on an object, whatever it was.

        One call of ``PUT …/permissions-config/groups/{group}`` or ``users/{user}``.

        Args:
            holder: Who.
            on: On what.
            permission: ``read``, ``write`` or ``admin``; ``create-repo`` on projects too.

        Raises:
            BadRequest: The holder is no member, or the owner of the workspace.
            SeatLimit: The plan has no seat left.
            NotFound: There is no such object or group.
            NoCredential: Only accounts may, not access tokens and OAuth consumers.
            BadAnswer: The answer does not say that it is so now.
            BitbucketError: Any other.
        """
        answer = self.client.call(
            self.setting(holder.kind, on.kind),
            self._parts(holder, on),
            body=Body(json={"permission": permission}),
        )
        given = loaders.PERMISSION.one(answer)
        if given.value != permission:
            raise BadAnswer(answer.evidence(), f"{given.value} instead of {permission}")

    def revoke(self, holder: Holder, on: Object) -> bool:
        """
        Take away what *holder* was explicitly granted on an object.

        One call of ``DELETE …/permissions-config/groups/{group}`` or ``users/{user}``.

        Returns:
            Whether anything was; nothing is where the holder or the object is gone, too.

        Raises:
            BitbucketError: As :meth:`grant`.
        """
        try:
            answer = self.client.call(self.deleting(holder.kind, on.kind), self._parts(holder, on))
        except NotFound:
            return False
        answer.check_done()
        return True

    def _parts(self, holder: Holder, on: Object) -> dict[str, str]:
        name = in_path(holder.name) if holder.kind == "user" else holder.name
        return {
            "workspace": in_path(self.workspace),
            on.kind: in_path(on.name) if on.kind == "repository" else on.name,
            holder.kind: name,
        }
