"""From when on changes are told as events."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gateway.mirror.freshness import Freshness
from gateway.mirror.mirror import Mirror, Writing
from gateway.planner.collections import GRANTS_TO, Collection

#: Who is a user and what is a group is known once these were read.
_WHO_THERE_IS = (Collection.MEMBERS, Collection.GROUPS)
_GRANTS = frozenset[Collection]().union(*GRANTS_TO.values())


def begin_feed(writing: Writing, *, now: datetime) -> None:
    """
    Let events tell of what changes from now on, if they are to, and enough is known.

    Before all users and groups were read, what is new is so to the mirror alone; so too a grant
    before all of them were.
    """
    if not writing.tells_changes:
        return
    state = writing.events.state()
    if state is not None and state.knows_grants:
        return
    records = writing.freshness.all()
    knows_grants = _were_read(_GRANTS, records)
    if state is not None:
        if knows_grants:
            writing.events.begin(now, knows_grants=True)
    elif _were_read(_WHO_THERE_IS, records) and writing.rendering.way() is not None:
        writing.events.begin(now, knows_grants=knows_grants)


def begin_feed_of(mirror: Mirror, *, now: datetime) -> None:
    """Do so where all may have been known for long."""
    with mirror.reading() as snapshot:
        state = snapshot.events.state()
    if state is None:
        with mirror.writing() as writing:
            begin_feed(writing, now=now)


def _were_read(collections: Iterable[Collection], records: Mapping[str, Freshness]) -> bool:
    return all(c in records and records[c].read_at is not None for c in collections)
