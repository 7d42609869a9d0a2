"""From a step to the call of Bitbucket that makes it, and what Bitbucket confirmed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.bitbucket.errors import BadAnswer, Evidence, NotFound
from gateway.bitbucket.grants import Grants, Holder, Object
from gateway.bitbucket.models import Group, GroupGrant, Permission, UserGrant
from gateway.bitbucket.resources import Resource
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.provisioning.administration import Administration
from gateway.provisioning.steps import (
    NEW_GROUP,
    AddMember,
    ChangeGroup,
    CreateGroup,
    DeleteGroup,
    Grant,
    Invite,
    RemoveMember,
    Revoke,
    Step,
    Withdraw,
)

_GRANTS: Final[
    Mapping[
        tuple[str, str],
        Callable[[BitbucketWorkspace, str], Iterable[UserGrant] | Iterable[GroupGrant]],
    ]
] = {
    ("user", "project"): lambda workspace, name: workspace.project_user_grants(name),
    ("user", "repository"): lambda workspace, name: workspace.repository_user_grants(name),
    ("group", "project"): lambda workspace, name: workspace.project_group_grants(name),
    ("group", "repository"): lambda workspace, name: workspace.repository_group_grants(name),
}


@dataclass(frozen=True, slots=True)
class Done:
    """
    A step that Bitbucket confirmed.

    Attributes:
        step: The step.
        group: The group that was made or renamed, as Bitbucket answered it.
        note: What a client is to be told of it besides.
    """

    step: Step
    group: Group | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Calls:
    """
    Makes steps, each by one call; by more where Bitbucket's answer leaves doubt.

    Attributes:
        workspace: Where.
        administration: Changes people and groups.
        slugs: What Bitbucket calls the groups, by id; those that are made are added.
    """

    workspace: BitbucketWorkspace
    administration: Administration
    slugs: dict[str, str] = field(default_factory=dict)

    def resource(self, step: Step) -> Resource:
        """Return what *step* calls."""
        if isinstance(step, Grant):
            return self._grants.setting(step.subject.subject_type, step.place.object_type)
        if isinstance(step, Revoke):
            return self._grants.deleting(step.subject.subject_type, step.place.object_type)
        resource = self.administration.resource(step)
        if resource is None:
            raise LookupError(f"nothing says how to {step}")
        return resource

    def make(self, step: Step) -> Done:
        """
        Make *step*.

        Raises:
            BitbucketError: It was refused, or it is not known whether it was carried out.
        """
        match step:
            case Grant() | Revoke():
                self._permission(step)
            case Invite(email=email, group_id=group_id):
                self.administration.invite(email, self._slug(group_id, step))
            case Withdraw(email=email, group_id=group_id):
                if not self.administration.withdraw(email, self._slug(group_id, step)):
                    return Done(step, note=_no_invitation(step.user_id))
            case _:
                return Done(step, self._group(step))
        return Done(step)

    def _group(
        self, step: CreateGroup | ChangeGroup | DeleteGroup | AddMember | RemoveMember
    ) -> Group | None:
        administration = self.administration
        match step:
            case CreateGroup(name=name):
                return self._named(NEW_GROUP, administration.create_group(name))
            case ChangeGroup(group_id=group_id, name=name):
                changed = administration.change_group(
                    self._known(group_id, step),
                    name=name,
                    permission=step.permission,
                    auto_add=step.auto_add,
                )
                if changed.permission != step.permission:
                    raise self._unconfirmed(step)
                return self._named(group_id, changed)
            case DeleteGroup(group_id=group_id):
                if not administration.delete_group(self._known(group_id, step)):
                    self._check_no_group(step)
            case AddMember(group_id=group_id, member_uuid=uuid):
                administration.add_member(self._known(group_id, step), uuid)
            case RemoveMember(group_id=group_id, member_uuid=uuid):
                if not administration.remove_member(self._known(group_id, step), uuid):
                    self._check_not_in(step)
        return None

    def _permission(self, step: Grant | Revoke) -> None:
        on = Object(step.place.object_type, step.place.name)
        holder = self._holder(step)
        if isinstance(step, Grant):
            self._grants.grant(holder, on, step.permission)
        elif not self._grants.revoke(holder, on):
            self._check_not_granted(step)

    @property
    def _grants(self) -> Grants:
        return Grants(self.workspace.client, self.workspace.name)

    def _named(self, group_id: str, group: Group) -> Group:
        self.slugs[group_id] = group.slug
        return group

    def _slug(self, group_id: str | None, step: Step) -> str | None:
        return None if group_id is None else self._known(group_id, step)

    def _known(self, group_id: str, step: Step) -> str:
        """Return the slug of a group that there is, as far as that is known."""
        if group_id not in self.slugs:
            resource = self.resource(step)
            evidence = Evidence(method=resource.method, resource=resource.template)
            raise NotFound(evidence, f"There is no group any more to {step}.")
        return self.slugs[group_id]

    def _holder(self, step: Grant | Revoke) -> Holder:
        subject = step.subject
        is_user = subject.subject_type == "user"
        return Holder(
            subject.subject_type, subject.id if is_user else self._known(subject.id, step)
        )

    # Bitbucket says 404 of what is not there, and of what a credential may not see: so what it
    # found nothing of is looked for.

    def _check_no_group(self, step: DeleteGroup) -> None:
        if any(group.slug == self.slugs[step.group_id] for group in self.workspace.groups()):
            raise self._unconfirmed(step)

    def _check_not_in(self, step: RemoveMember) -> None:
        slug = self.slugs[step.group_id]
        group = next((group for group in self.workspace.groups() if group.slug == slug), None)
        if group and any(member.uuid == step.member_uuid for member in group.members):
            raise self._unconfirmed(step)

    def _check_not_granted(self, step: Revoke) -> None:
        subject, place = step.subject, step.place
        name = self._holder(step).name
        try:
            granted = _GRANTS[subject.subject_type, place.object_type](self.workspace, place.name)
            held = [_holder_of(grant) for grant in granted if grant.permission != Permission.NONE]
        except NotFound:
            # The place is not to be seen: it is gone, if nothing is hidden from the credential.
            self.workspace.seen_whole()
            return
        if name in held:
            raise self._unconfirmed(step)

    def _unconfirmed(self, step: Step) -> BadAnswer:
        resource = self.resource(step)
        evidence = Evidence(method=resource.method, resource=resource.template)
        return BadAnswer(evidence, f"nothing to {step}, which is listed all the same")


def _no_invitation(user_id: str) -> str:
    return (
        f"the invitation of user {user_id} was not there any more: it has ended, or was accepted "
        "by an account with another e-mail address, which keeps its access"
    )


def _holder_of(grant: UserGrant | GroupGrant) -> str:
    return grant.user.uuid if isinstance(grant, UserGrant) else grant.group_slug
