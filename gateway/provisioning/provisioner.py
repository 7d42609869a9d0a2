"""The parts that change a workspace, and whose turn it is to change what."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from gateway.directory.jobs import Leasing
from gateway.directory.refresh import Refresher
from gateway.directory.rendering import Renderer
from gateway.mirror.mirror import Mirror
from gateway.provisioning.administration import Administrations
from gateway.provisioning.protection import Protection
from gateway.scim.errors import Unavailable
from gateway.scim.schema import Registry

_POLL_SECONDS: Final = 0.05
_RETRY_SECONDS: Final = 5


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

    @contextmanager
    def turn(self, *names: str) -> Iterator[None]:
        """
        Wait until nobody else changes what *names* stand for, and keep it so in the block.

        Raises:
            Unavailable: Somebody else takes too long.
        """
        if not names:
            yield
            return
        refresher = self.refresher
        leasing = Leasing(self.mirror, str(uuid4()), refresher.now, refresher.patience.lease)
        wanted = frozenset(f"write {name}" for name in names)
        deadline = time.monotonic() + refresher.patience.longest_wait_seconds
        try:
            while leasing.acquire(wanted) != wanted:
                # All or none, so that two that want the same never wait for one another.
                leasing.release(wanted)
                if time.monotonic() > deadline:
                    raise Unavailable(
                        "Another request is changing the same resource. Nothing was changed; send "
                        "it again.",
                        retry_after_seconds=_RETRY_SECONDS,
                    )
                time.sleep(_POLL_SECONDS)
            with leasing.renewing(lambda: wanted):
                yield
        finally:
            leasing.release(wanted)
