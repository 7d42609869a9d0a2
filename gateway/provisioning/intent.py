"""What a change is meant to come to, before it is begun."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.provisioning.steps import Invite, Plan
from gateway.scim.handler import Author
from gateway.scim.schema import ResourceType

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """
    A change, as the journal has it.

    Attributes:
        author: Who asked for it.
        action: ``create``, ``replace``, ``patch``, ``delete`` or ``resume``.
        resource_type: The type of the resource.
        resource_id: Its id; of one that is made, the id it will have, or empty.
        before: What it was; None if there was none.
        wanted: What it is to be; None if it is to be deleted.
    """

    author: Author
    action: str
    resource_type: ResourceType
    resource_id: str
    before: Resource | None
    wanted: Resource | None

    def to_json(self, plan: Plan) -> dict[str, object]:
        """Return the intent for the journal, with the steps it takes."""
        return {
            "token": self.author.token,
            "requestId": self.author.request_id,
            "action": self.action,
            "resourceType": self.resource_type.name,
            "resourceId": self.resource_id,
            "before": self.before,
            "wanted": self.wanted,
            "plan": list(map(str, plan)),
            # What is told of a step names nobody's address.
            "invites": {step.user_id: step.email for step in plan if isinstance(step, Invite)},
        }
