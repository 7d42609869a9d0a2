"""What resources name: the groups that users are in, and the places on which grants are."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from gateway.directory.entitlements import Entitlement, by_subject
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import Grant, Group


class Named:
    """
    The groups and places of one transaction, each looked up when it is named first.

    Args:
        facts: The facts of the transaction, which don't change as long as this is asked.
    """

    def __init__(self, facts: FactReader) -> None:
        self._facts = facts
        self._groups: dict[str, Group | None] = {}
        self._places: dict[tuple[str, str], str | None] = {}

    def groups(self, ids: Collection[str]) -> Mapping[str, Group]:
        """Return those of the groups with *ids* that there are, by id."""
        unknown = {group_id for group_id in ids if group_id not in self._groups}
        if unknown:
            self._groups |= dict.fromkeys(unknown)
            self._groups |= {group.id: group for group in self._facts.groups(ids=unknown)}
        found = {group_id: self._groups[group_id] for group_id in ids}
        return {group_id: group for group_id, group in found.items() if group is not None}

    def entitlements(self, grants: Sequence[Grant]) -> Mapping[str, Sequence[Entitlement]]:
        """Return what each subject holds by *grants*."""
        return by_subject(
            grants, names=self._names({(g.object_type, g.object_uuid) for g in grants})
        )

    def _names(self, places: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        unknown = {place for place in places if place not in self._places}
        if unknown:
            self._places |= dict.fromkeys(unknown)
            uuids = {uuid for _, uuid in unknown}
            self._places |= {("project", p.uuid): p.key for p in self._facts.projects(uuids=uuids)}
            self._places |= {
                ("repository", repository.uuid): repository.full_name
                for repository in self._facts.repositories(uuids=uuids)
            }
        named = {place: self._places[place] for place in places}
        return {place: name for place, name in named.items() if name is not None}
