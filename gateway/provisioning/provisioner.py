"""The parts that change a workspace."""

from dataclasses import dataclass, field
from uuid import uuid4

from gateway.directory.jobs import Leasing
from gateway.directory.refresh import Refresher
from gateway.directory.rendering import Renderer
from gateway.mirror.mirror import Mirror
from gateway.provisioning.administration import Administrations
from gateway.provisioning.protection import Protection
from gateway.provisioning.turns import Turns
from gateway.scim.schema import Registry


@dataclass(frozen=True, slots=True)
class Provisioner:
    """
    The parts that change a workspace.

    Attributes:
        refresher: Reads what a change rests on, anew.
        administrations: Finds who changes people and groups.
        protection: Refuses to lock out who keeps the workspace going.
        invitation_group: The name of the group that people are invited into who are invited into
            no other; None where Bitbucket wants none.
    """

    refresher: Refresher
    administrations: Administrations
    protection: Protection = field(default_factory=Protection)
    invitation_group: str | None = None

    @property
    def mirror(self) -> Mirror:
        """What is known."""
        return self.refresher.mirror

    @property
    def renderer(self) -> Renderer:
        """What makes resources of it."""
        return self.refresher.renderer

    @property
    def registry(self) -> Registry:
        """The schemas."""
        return self.renderer.registry

    def turns(self) -> Turns:
        """Return what waits for the turns of one request; it has none yet."""
        refresher = self.refresher
        leasing = Leasing(self.mirror, str(uuid4()), refresher.now, refresher.patience.lease)
        return Turns(leasing, refresher.patience.longest_wait_seconds)
