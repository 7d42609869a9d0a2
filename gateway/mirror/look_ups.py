"""
Filters that ask for equality alone, as clients send before each write: ``userName eq "…"``.

They come in few forms, each with ever other values. So a statement is put together once for each
form, and handed the values.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from gateway.mirror.catalogue import HOMES
from gateway.mirror.conditions import ResourceLevel, condition_of
from gateway.mirror.prepared import Prepared
from gateway.mirror.shown import shown_by
from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Operator, Present
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType

#: How many forms are kept.
_MOST_KEPT = 256
#: More clauses than this are nobody's form.
_MOST_CLAUSES = 8


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a value stands in a form."""

    number: int

    @property
    def name(self) -> str:
        return f"value_{self.number}"


@dataclass(frozen=True, slots=True)
class LookUp:
    """
    A filter, taken apart.

    Attributes:
        form: The filter with slots in the places of its values.
        values: These, by the names of the slots.
    """

    form: Filter
    values: dict[str, Any]

    @classmethod
    def of(cls, node: Filter) -> "LookUp | None":
        """Take *node* apart; None if it asks for more than equality, or for much of it."""
        values: dict[str, Any] = {}
        form = _form(node, values)
        return None if form is None or len(values) > _MOST_CLAUSES else cls(form, values)

    def keys(self, resource_type: ResourceType, base_url: str) -> Prepared:
        """
        Return what selects the keys of the resources that match, in order.

        Its parameters are the values, the integration ``mine``, the ``count`` of a page and how
        many come ``before`` it.
        """
        return _prepared(self.form, resource_type, base_url)

    def joined(self, projection: Projection, base_url: str) -> Prepared:
        """
        Return what selects the resources of the page as *projection* shows them, in one row.

        See :meth:`gateway.mirror.shown.Shown.joined`; the parameters are the same.
        """
        return _prepared_joined(self.form, projection, base_url)


def _form(node: Filter, values: dict[str, Any]) -> Filter | None:
    match node:
        case Present():
            return node
        case Compare(operator=Operator.EQ, value=value):
            slot: Any = _Slot(len(values))
            values[slot.name] = value
            return replace(node, value=slot)
        case ElementMatch(condition=condition):
            inner = _form(condition, values)
            return None if inner is None else replace(node, condition=inner)
        case And(operands=operands):
            forms = [form for each in operands if (form := _form(each, values)) is not None]
            return And(tuple(forms)) if len(forms) == len(operands) else None
    return None


def _filled(form: Filter) -> Filter:
    """Return *form* with parameters in its slots."""
    match form:
        case Compare(value=value) if isinstance(value, _Slot):
            parameter: Any = bindparam(value.name)
            return replace(form, value=parameter)
        case ElementMatch(condition=condition):
            return replace(form, condition=_filled(condition))
        case And(operands=operands):
            return And(tuple(map(_filled, operands)))
    return form


@lru_cache(maxsize=_MOST_KEPT)
def _prepared(form: Filter, resource_type: ResourceType, base_url: str) -> Prepared:
    return Prepared(_keys(form, resource_type, base_url))


@lru_cache(maxsize=_MOST_KEPT)
def _prepared_joined(form: Filter, projection: Projection, base_url: str) -> Prepared:
    keys = _keys(form, projection.resource_type, base_url)
    return Prepared(shown_by(projection).joined(keys))


def _keys(form: Filter, resource_type: ResourceType, base_url: str) -> Select[int]:
    home = HOMES[resource_type.name]
    table = home.resources
    condition = condition_of(_filled(form), ResourceLevel(home, resource_type, base_url))
    return (
        select(table.c.key)
        .where(condition, table.c.integration == bindparam("mine"), table.c.gone_at.is_(None))
        # As a sum, or a database may go through all resources in this order.
        .order_by(table.c.key + 0)
        .limit(bindparam("count"))
        .offset(bindparam("before"))
    )
