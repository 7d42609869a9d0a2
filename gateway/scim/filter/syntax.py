"""
A filter as it was written: nothing is known of the names in it (RFC 7644 §3.4.2.2).

Nodes that say the same are equal, wherever they stand.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from gateway.scim.path import AttributePath

#: A literal as JSON reads it (RFC 7644 §3.4.2.2 takes its rules from RFC 7159).
Literal: TypeAlias = str | bool | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    A path, an operator and a literal.

    Attributes:
        operator: In lower case: eq, ne, co, sw, ew, gt, ge, lt or le.
        position: Where the path begins, counted from 0; so too the other positions.
    """

    path: AttributePath
    operator: str
    literal: Literal
    position: int = field(compare=False)
    operator_position: int = field(compare=False)
    literal_position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Presence:
    """A path and ``pr``."""

    path: AttributePath
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class ValuePath:
    """A path with a condition on one and the same of its values, in brackets."""

    path: AttributePath
    condition: "Node"
    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Operands joined by ``and``: at least two."""

    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """Operands joined by ``or``: at least two."""

    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """``not`` and its operand in parentheses."""

    operand: "Node"


Node: TypeAlias = Comparison | Presence | ValuePath | Conjunction | Disjunction | Negation
