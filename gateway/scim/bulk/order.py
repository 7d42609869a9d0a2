"""
In which order the operations of a bulk request are carried out (RFC 7644 §3.7.1, §3.7.2).

It is that of the request, but that what an earlier operation refers to is made sooner, just before
that. It is not made before a change that may free its name: then the operation that refers to it
waits, and so do those that come after that on the same resource. Of resources that refer to one
another in a circle one is made without its reference, which is set as soon as the others are made.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from itertools import pairwise
from typing import TypeAlias

from gateway.scim.bulk.message import Operation
from gateway.scim.bulk.names import may_free_a_name
from gateway.scim.bulk.references import can_wait, mentions
from gateway.scim.change import Method


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """
    An operation, or the rest of one.

    Attributes:
        number: Which operation, from 0.
        is_rest: Whether it sets the references that the resource was made without.
    """

    number: int
    is_rest: bool = False


_Graph: TypeAlias = dict[Step, set[Step]]
#: Where a step stands: the number of the operation, whether after what was moved there, its own.
_Place: TypeAlias = tuple[int, bool, int]


@dataclass(frozen=True, slots=True)
class Order:
    """
    The steps of a bulk request.

    Attributes:
        steps: Each step, after all that it has to wait for.
        left_out: The ``bulkId`` of the references that are set later, by number of the operation.
    """

    steps: tuple[Step, ...]
    left_out: Mapping[int, frozenset[str]]


def order_of(operations: Sequence[Operation]) -> Order:
    """
    Return in which order to carry out *operations*.

    A reference to what is never made, or that can't be set later though it closes a circle, is not
    waited for.
    """
    ordering = _Ordering(operations)
    ordering.break_circles()
    ordering.add_changes()
    return Order(tuple(ordering.steps()), ordering.left_out)


@dataclass(slots=True)
class _Ordering:
    """Finds what has to wait for what."""

    operations: Sequence[Operation]
    left_out: dict[int, frozenset[str]] = field(default_factory=dict)
    _makers: dict[str, int] = field(init=False)
    #: What each step waits for.
    _graph: _Graph = field(init=False)
    #: Of each operation that makes something, the references that can be set later.
    _later: Mapping[int, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with what makes resources: nothing else is waited for."""
        self._makers = {
            operation.bulk_id: number
            for number, operation in enumerate(self.operations)
            if operation.method == Method.POST and operation.bulk_id is not None
        }
        self._graph = {Step(number): self._made_before(number) for number in self._makers.values()}
        self._later = {number: self._can_wait(number) for number in self._makers.values()}

    def _made_before(self, number: int) -> set[Step]:
        named = self.operations[number].mentions & self._makers.keys()
        return {Step(self._makers[bulk_id]) for bulk_id in named}

    def break_circles(self) -> None:
        """Let one of each circle be made without what it refers to, as far as that can wait."""
        while (circle := self._circle()) is not None:
            links = [(step.number, self._name(awaited)) for awaited, step in pairwise(circle)]
            breakable = [number for number, name in links if name in self._later[number]]
            if not breakable:
                # The first of them refers to what is not there then, and is refused.
                self._graph[Step(min(links)[0])] = set()
                continue
            number = min(breakable)
            step, later = Step(number), self._later[number]
            awaited = {Step(self._makers[name]) for name in later}
            # All that can wait does: it is set by one change, however much that is.
            self._graph[step] -= awaited
            self._graph[Step(number, is_rest=True)] = {step} | awaited
            self.left_out[number] = later

    def _circle(self) -> list[Step] | None:
        """Return a circle of steps, each of which is waited for by the next; None if none is."""
        try:
            TopologicalSorter(self._graph).prepare()
        except CycleError as error:
            circle: list[Step] = error.args[1]
            return circle
        return None

    def _can_wait(self, number: int) -> frozenset[str]:
        """Return the ``bulkId`` of each reference of an operation that can be set later."""
        operation = self.operations[number]
        if operation.address is None:
            return frozenset()
        return can_wait(operation.data, operation.address.resource_type) & self._makers.keys()

    def _name(self, step: Step) -> str:
        return str(self.operations[step.number].bulk_id)

    def add_changes(self) -> None:
        """Add what changes resources: after those it refers to, and in turn on each resource."""
        last: dict[object, Step] = {}
        for number, operation in enumerate(self.operations):
            if operation.method == Method.POST:
                continue
            step = Step(number)
            awaited = self._made_before(number)
            address = operation.address
            if address is not None:
                for bulk_id in mentions(address.resource_id) & self._makers.keys():
                    made_whole = Step(self._makers[bulk_id], is_rest=True)
                    awaited |= {made_whole} & self._graph.keys()
                place = (address.resource_type.name, address.resource_id)
                awaited |= {last[place]} if place in last else set()
                last[place] = step
            self._graph[step] = awaited

    def steps(self) -> Iterator[Step]:
        """Yield each step at its place, or as soon after it as nothing it waits for is left."""
        places = self._places()
        sorter = TopologicalSorter(self._graph)
        sorter.prepare()
        ready: list[tuple[_Place, Step]] = []
        while sorter.is_active():
            for step in sorter.get_ready():
                heappush(ready, (places[step], step))
            _, first = heappop(ready)
            yield first
            sorter.done(first)

    def _places(self) -> Mapping[Step, _Place]:
        """Return where each step stands: where the request has it, or where it is first wanted."""
        in_turn = list(TopologicalSorter(self._graph).static_order())
        awaited: dict[Step, set[Step]] = {}
        for step in in_turn:
            awaited[step] = self._graph[step].union(*(awaited[each] for each in self._graph[step]))
        nobody = len(self.operations)
        #: The place of the first that waits for each step.
        wanted_at: dict[Step, int] = {}
        places: dict[Step, _Place] = {}
        for step in reversed(in_turn):
            own, wanted = step.number, wanted_at.get(step, nobody)
            place = min(own, max(wanted, self._free_from(step, awaited)))
            places[step] = (place, place == own and not step.is_rest, own)
            # For the rest alone nothing is made sooner: it is not there before it is wanted.
            needed = wanted if step.is_rest else place
            for each in self._graph[step]:
                wanted_at[each] = min(needed, wanted_at.get(each, nobody))
        return places

    def _free_from(self, step: Step, awaited: Mapping[Step, AbstractSet[Step]]) -> int:
        """Return from which place on the name is free of what *step* makes, as far as is known."""
        address = self.operations[step.number].address
        if step.is_rest or address is None:
            return 0
        frees = (
            number + 1
            for number, operation in enumerate(self.operations[: step.number])
            if may_free_a_name(operation, address.resource_type)
            and step not in awaited[Step(number)]
        )
        return max(frees, default=0)
