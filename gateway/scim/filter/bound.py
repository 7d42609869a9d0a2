"""
A filter that was bound to a resource type: what it means, and nothing of how it was written.

Binding has resolved every path, read every literal as its attribute's type, and reduced what
says the same: ``ne`` is ``Not`` of ``eq`` (so that it holds where nothing is assigned, and of a
multi-valued attribute where no value is equal), ``eq null`` is ``Not`` of ``pr``, and ``emails``
is ``emails.value``.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from gateway.scim.path import Target


class Operator(StrEnum):
    """The comparisons that are left after binding."""

    EQ = "eq"
    CO = "co"
    SW = "sw"
    EW = "ew"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


#: A literal as its attribute compares it: strings of attributes that ignore case are folded
#: (``gateway.scim.text.fold``), dateTimes are canonical text (``gateway.scim.text.instant``).
Literal: TypeAlias = str | bool | int | Decimal


@dataclass(frozen=True, slots=True)
class Compare:
    """True where a value of *target*, or any of its values, compares so with *value*."""

    target: Target
    operator: Operator
    value: Literal


@dataclass(frozen=True, slots=True)
class Present:
    """True where *target* has a non-empty value; of a complex one, a non-empty sub-attribute."""

    target: Target


@dataclass(frozen=True, slots=True)
class ElementMatch:
    """
    True where one and the same value of the multi-valued *target* satisfies *condition*.

    The targets inside *condition* are sub-attributes of *target*.
    """

    target: Target
    condition: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """True where all of *operands*, at least two, are."""

    operands: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of *operands*, at least two, is."""

    operands: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True where *operand* is not."""

    operand: "Filter"


Filter: TypeAlias = Compare | Present | ElementMatch | And | Or | Not


def clauses_of(node: Filter) -> int:
    """Return how many comparisons *node* makes at most."""
    match node:
        case And(operands=operands) | Or(operands=operands):
            return sum(map(clauses_of, operands))
        case Not(operand=inner) | ElementMatch(condition=inner):
            return clauses_of(inner)
    return 1
