"""The list of effective rights: what it is filtered by, and the part of it that is shown."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.sandbox.bbql import And, Comparison, In, Literal, Node
from gateway.sandbox.effective import EffectiveRights, Right, Rights
from gateway.sandbox.model import Account, Permission, Repository
from gateway.sandbox.predicate import Field, Fields, Kind, Predicate, fields_of, predicate
from gateway.sandbox.workspace import EPOCH
from gateway.sandbox.world import World

RIGHT_FIELDS: Fields[Right] = {
    "permission": Field(Kind.PERMISSION, lambda right: right.permission),
    "repository.name": Field(Kind.TEXT, lambda right: right.repository.name),
    "repository.slug": Field(Kind.TEXT, lambda right: right.repository.slug),
    "repository.uuid": Field(Kind.TEXT, lambda right: right.repository.uuid),
    "user.uuid": Field(Kind.TEXT, lambda right: right.account.uuid),
    "user.account_id": Field(Kind.TEXT, lambda right: right.account.account_id),
    "user.display_name": Field(Kind.TEXT, lambda right: right.account.display_name),
    "user.nickname": Field(Kind.TEXT, lambda right: right.account.nickname),
}


def right_fields(world: World) -> Fields[Right]:
    """What effective rights can be filtered and sorted by."""
    slug = world.slug
    full_name: Field[Right] = Field(Kind.TEXT, lambda right: f"{slug}/{right.repository.slug}")
    return {**RIGHT_FIELDS, "repository.full_name": full_name}


@dataclass(slots=True)
class RightsWindow:
    """
    The rights on many repositories, one repository after the other, that pass a filter.

    How many there are is counted as far as somebody has read.
    """

    rights: EffectiveRights
    repositories: Sequence[Repository]
    passes: Predicate[Right] | None
    _starts: list[int] = field(default_factory=lambda: [0], repr=False)
    _latest: tuple[int, Rights] = field(default=(-1, ()), repr=False)

    def window(self, offset: int, limit: int) -> Rights:
        """At most *limit* rights, from *offset* on."""
        place = self._place_of(offset)
        skip = offset - self._starts[place]
        found: list[Right] = []
        while len(found) < limit and place < len(self.repositories):
            found.extend(self._on(place)[skip : skip + limit - len(found)])
            place, skip = place + 1, 0
        return found

    def size(self) -> None:
        """Nobody counts them."""
        return

    def _place_of(self, offset: int) -> int:
        """The place of the repository that holds the right at *offset*."""
        while self._starts[-1] <= offset and len(self._starts) <= len(self.repositories):
            self._starts.append(self._starts[-1] + len(self._on(len(self._starts) - 1)))
        return bisect_right(self._starts, offset) - 1

    def _on(self, place: int) -> Rights:
        # Pages are read in order, so the repository of the last one is mostly that of the next.
        if self._latest[0] != place:
            on_this = self.rights.on(self.repositories[place])
            kept = on_this if self.passes is None else list(filter(self.passes, on_this))
            self._latest = (place, kept)
        return self._latest[1]


@dataclass(slots=True)
class Repositories:
    """The repositories that rights are looked for on, and those of them with a certain value."""

    listed: Sequence[Repository]
    fields: Fields[Right]
    _nobody: Account = field(init=False, repr=False)
    _places: dict[str, dict[object, list[int]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._nobody = Account("", "", "", None, None, EPOCH)

    def that(self, part: Node) -> Sequence[Repository]:
        """Those that pass *part*, which asks about nothing but repositories, in their order."""
        fits = predicate(part, self.fields)
        asked = _values(part)
        if asked is None:
            return [r for r in self.listed if fits(self._right(r))]
        name, values = asked
        known = self._by_value(name)
        places = {place for value in values for place in known.get(value, ())}
        return [self.listed[place] for place in sorted(places)]

    def _by_value(self, name: str) -> Mapping[object, Sequence[int]]:
        known = self._places.get(name)
        if known is None:
            known = self._places[name] = {}
            get = self.fields[name].get
            for place, repository in enumerate(self.listed):
                known.setdefault(get(self._right(repository)), []).append(place)
        return known

    def _right(self, repository: Repository) -> Right:
        return Right(self._nobody, repository, Permission.READ)


def rights_window(
    rights: EffectiveRights, repositories: Repositories, query: Node | None
) -> RightsWindow:
    """The rights that pass *query*; what it says of repositories alone is asked of them first."""
    if query is None:
        return RightsWindow(rights, repositories.listed, None)
    fields = repositories.fields
    # Whatever is wrong in any part is found before the first is asked.
    passes: Predicate[Right] | None = predicate(query, fields)
    parts = query.parts if isinstance(query, And) else (query,)
    of_repositories = [part for part in parts if _is_about_repositories(part)]
    if of_repositories:
        others = tuple(part for part in parts if part not in of_repositories)
        passes = predicate(And(others), fields) if others else None
    for part in of_repositories:
        repositories = Repositories(repositories.that(part), fields)
    return RightsWindow(rights, repositories.listed, passes)


def _is_about_repositories(part: Node) -> bool:
    return all(name.startswith("repository.") for name in fields_of(part))


def _values(part: Node) -> tuple[str, Sequence[Literal]] | None:
    """The field that *part* asks to have one of a few values, and these."""
    match part:
        case In(field=name, values=values):
            return name, values
        case Comparison(field=name, operator="=", value=value):
            return name, (value,)
    return None
