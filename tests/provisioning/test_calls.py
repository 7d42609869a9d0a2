"""Calls about what there is no longer."""

import pytest

from gateway.bitbucket.errors import NotFound
from gateway.provisioning.calls import Calls
from gateway.provisioning.steps import (
    AddMember,
    ChangeGroup,
    DeleteGroup,
    Grant,
    Invite,
    Place,
    RemoveMember,
    Step,
    Subject,
    Withdraw,
)
from tests.provisioning.office import Office


@pytest.mark.parametrize(
    "step",
    [
        Invite("u", "zoe@acme.example", "gone"),
        Withdraw("u", "zoe@acme.example", "gone"),
        AddMember("gone", "Gone", "{u}"),
        RemoveMember("gone", "Gone", "{u}"),
        ChangeGroup("gone", "Gone", None, auto_add=False, before=("Was", None)),
        DeleteGroup("gone", "Gone"),
        Grant(Subject("group", "gone", "Gone"), Place("project", "{p}", "API"), "read"),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_group_that_is_gone_is_told_like_what_bitbucket_does_not_find(
    office: Office, step: Step
) -> None:
    """So that a plan stops there, and says how far it came."""
    workspace = office.provisioner.refresher.workspace
    calls = Calls(workspace, office.provisioner.administrations.of(workspace))
    office.bitbucket.calls.reset()
    with pytest.raises(NotFound, match="no group any more"):
        calls.make(step)
    assert not office.writes
