"""Grants in SCIM's words: ``repository:<uuid>:write``, shown as ``acme/api: write``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.mirror.facts import Grant
from gateway.mirror.mirror import Mirror

EXPLICIT = "explicit"
INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """
    A permission on a repository or a project.

    Attributes:
        object_type: ``repository`` or ``project``.
        object_uuid: Its UUID, without braces: the value survives a renaming.
        object_name: The repository's full name, or the project's key.
        permission: Bitbucket's word for it.
        origin: ``explicit`` where Bitbucket says that it was granted so, else ``inferred``.
    """

    object_type: str
    object_uuid: str
    object_name: str
    permission: str
    origin: str = EXPLICIT

    @property
    def value(self) -> str:
        """The value that a filter compares and a client sends back."""
        return f"{self.object_type}:{self.object_uuid}:{self.permission}"

    @property
    def display(self) -> str:
        """The same for people; what is inferred says so, as no other part of a value can."""
        doubt = "" if self.origin == EXPLICIT else f" ({self.origin})"
        return f"{self.object_name}: {self.permission}{doubt}"

    def to_json(self) -> dict[str, object]:
        """Return the value of the multi-valued attribute."""
        return {"value": self.value, "display": self.display, "type": self.object_type}


def by_subject(
    grants: Iterable[Grant], *, names: Mapping[tuple[str, str], str]
) -> Mapping[str, list[Entitlement]]:
    """
    Return what each subject, a user's UUID or a group's id, was granted.

    The entitlements of a subject come in the order of their names. A grant on what is not, or no
    longer, listed is left out: it was made or taken away while the lists were read.

    Args:
        grants: What was granted.
        names: The names of the places that are listed, by type and UUID.
    """
    held: dict[str, list[Entitlement]] = {}
    for grant in grants:
        name = names.get((grant.object_type, grant.object_uuid))
        if name is not None:
            held.setdefault(grant.subject_id, []).append(
                Entitlement(
                    grant.object_type, grant.object_uuid, name, grant.permission, grant.origin
                )
            )
    for entitlements in held.values():
        entitlements.sort(key=lambda e: (e.object_type, e.object_name, e.value))
    return held


def grantable(mirror: Mirror, *, places: int = 10) -> list[str]:
    """
    Return values that can be granted: every permission on some repositories.

    They are examples, not a catalogue, and all of one type: the parts of an entitlement are
    suggested apart from one another, so whoever combines what is suggested is never wrong.
    Projects stand in where no repository is known.

    Args:
        mirror: The places that are known.
        places: On as many at most. As long as they are there, they are the same.
    """
    with mirror.reading() as snapshot:
        offers = snapshot.some_offers("repository", places) or snapshot.some_offers(
            "project", places
        )
    return [offer.value for offer in offers]
