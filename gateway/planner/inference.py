"""
How the direct grants on many repositories are read: told by each, or inferred.

Each repository tells its direct grants for one call. A list of the highest right of every user on
every repository tells a hundred for one call; where a right exceeds what groups, projects and
roles explain, a direct grant is inferred. One that is not above what is explained stays hidden.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

#: As many repositories are always asked one by one: what is told is worth more than inferred.
EXACT_WITHIN = 100
#: The rights on a page.
_PAGE = 100
#: The names that one address has room for, in characters; encoded they take more.
_LONGEST_NAMES = 2500
_AROUND_A_NAME = len('"", ')


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A repository whose direct grants are to be read.

    Attributes:
        uuid: Its UUID.
        full_name: Its name, as in ``acme/api``.
        rights: The users who will be listed with a right on it, as far as can be told.
        must_be_told: Whether only its own answer will do: a grant is known on it that is not
            above what is explained, and that inference would not see again.
    """

    uuid: str
    full_name: str
    rights: int
    must_be_told: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """
    The cheapest way to read them.

    Attributes:
        told: Those to ask one by one.
        inferred: Those to infer, in batches of one list each.
        listing_calls: The calls that the lists of all batches take, about.
    """

    told: tuple[Candidate, ...]
    inferred: tuple[tuple[Candidate, ...], ...] = ()
    listing_calls: int = 0

    @property
    def calls(self) -> int:
        """All calls, about."""
        return len(self.told) + self.listing_calls


def choose(candidates: Iterable[Candidate]) -> Choice:
    """Return the cheapest way to read *candidates*; of two as cheap, the exact one."""
    known = sorted(candidates, key=lambda candidate: (candidate.rights, candidate.full_name))
    if len(known) <= EXACT_WITHIN:
        return Choice(tuple(known))
    told = [c for c in known if c.must_be_told or c.rights >= _PAGE]
    batches: list[tuple[Candidate, ...]] = []
    listing_calls = 0
    for batch in _batches([c for c in known if not c.must_be_told and c.rights < _PAGE]):
        calls = _pages(batch)
        if calls < len(batch):
            batches.append(batch)
            listing_calls += calls
        else:
            told += batch
    return Choice(tuple(told), tuple(batches), listing_calls)


def _pages(batch: Sequence[Candidate]) -> int:
    return max(1, -(-sum(candidate.rights for candidate in batch) // _PAGE))


def _batches(candidates: Iterable[Candidate]) -> Iterator[tuple[Candidate, ...]]:
    batch: list[Candidate] = []
    length = 0
    for candidate in candidates:
        added = len(candidate.full_name.encode()) + _AROUND_A_NAME
        if batch and length + added > _LONGEST_NAMES:
            yield tuple(batch)
            batch, length = [], 0
        batch.append(candidate)
        length += added
    if batch:
        yield tuple(batch)
