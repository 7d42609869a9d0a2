"""Which places are to be asked what is granted on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.directory.grants import PlaceToRead
from gateway.directory.inference import Explanations
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import Grant, Repository
from gateway.planner.collections import BY_PLACE, Collection
from gateway.planner.inference import Candidate, Choice, choose
from gateway.planner.needs import OnePlace

_SUBJECT_AND_OBJECT = {collection: kinds for kinds, collection in BY_PLACE.items()}


@dataclass(frozen=True, slots=True)
class DueRepositories:
    """
    The repositories whose direct grants are to be read, and how.

    Attributes:
        choice: How.
        by_uuid: They, by their UUIDs.
        explanations: What explains the rights of users, if some are to be inferred.
    """

    choice: Choice
    by_uuid: Mapping[str, Repository]
    explanations: Explanations | None = None


def due_places(
    facts: FactReader, collection: Collection, *, not_before: datetime
) -> list[PlaceToRead]:
    """Return the places of *collection* that were last read before *not_before*, or never."""
    subject_type, object_type = _SUBJECT_AND_OBJECT[collection]
    young = {
        reading.object_uuid
        for reading in facts.place_readings(subject_type, object_type)
        if reading.read_at >= not_before
    }
    return [
        PlaceToRead(subject_type, object_type, uuid, name)
        for uuid, name in _listed(facts, object_type)
        if uuid not in young
    ]


def due_repositories(
    facts: FactReader, *, not_before: datetime, may_infer: bool = True
) -> DueRepositories:
    """
    Return the repositories whose direct grants were last read before *not_before*, or never.

    All of them are to be asked one by one unless *may_infer*.
    """
    places = due_places(facts, Collection.REPOSITORY_USER_GRANTS, not_before=not_before)
    wanted = {place.uuid for place in places}
    by_uuid = {r.uuid: r for r in facts.repositories() if r.uuid in wanted}
    if not may_infer:
        told = (Candidate(r.uuid, r.full_name, 0, must_be_told=True) for r in by_uuid.values())
        return DueRepositories(choose(told), by_uuid)
    explanations = Explanations.of(facts)
    known: dict[str, list[Grant]] = {}
    for grant in facts.grants():
        if (grant.subject_type, grant.object_type) == ("user", "repository"):
            known.setdefault(grant.object_uuid, []).append(grant)
    choice = choose(
        explanations.candidate(repository, told=known.get(uuid, ()))
        for uuid, repository in by_uuid.items()
    )
    return DueRepositories(choice, by_uuid, explanations if choice.inferred else None)


def one_place(facts: FactReader, need: OnePlace) -> list[PlaceToRead]:
    """Return the place that is named; nothing if there is none of that name."""
    object_type = need.place.object_type
    uuid = facts.place_uuid(object_type, need.place.name)
    return [
        PlaceToRead(need.subject_type, object_type, known, name)
        for known, name in _listed(facts, object_type, uuids=[uuid] if uuid else [])
    ]


def _listed(
    facts: FactReader, object_type: str, *, uuids: Sequence[str] | None = None
) -> Iterable[tuple[str, str]]:
    if object_type == "project":
        return [(project.uuid, project.key) for project in facts.projects(uuids=uuids)]
    return [(repo.uuid, repo.slug) for repo in facts.repositories(uuids=uuids)]
