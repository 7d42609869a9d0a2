"""Filters on what can be granted, as SQL: conditions on a selection of offers, and their order."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import Boolean, Subquery, Text, and_, case, false, func, literal, null, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gateway.mirror.comparisons import Condition, Expression
from gateway.mirror.conditions import Comparison, parts_of
from gateway.mirror.facts import PERMISSIONS
from gateway.mirror.offers import EVERY_PERMISSION, version_prefix
from gateway.scim.filter.bound import Filter
from gateway.scim.path import Target
from gateway.scim.schema import ResourceType


class _Hexadecimal(FunctionElement[str]):
    """The bytes of a text in UTF-8, in lower-case hexadecimal."""

    name = "hexadecimal"
    type = Text()
    inherit_cache = True


@compiles(_Hexadecimal, "sqlite")
def _hex(element: _Hexadecimal, compiler: SQLCompiler, **options: Any) -> str:
    return f"lower(hex({compiler.process(element.clauses, **options)}))"


@compiles(_Hexadecimal, "postgresql")
def _encode(element: _Hexadecimal, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return f"encode(convert_to({text}, 'UTF8'), 'hex')"


class OfferLevel:
    """
    Conditions on one offer, for :func:`gateway.mirror.conditions.condition_of`.

    Args:
        offers: The selection, see :func:`gateway.mirror.offers.offers`.
        resource_type: What offers are shown as.
        base_url: What their references begin with.
    """

    def __init__(self, offers: Subquery, resource_type: ResourceType, base_url: str) -> None:
        self._offers = offers.c
        self._resource_type = resource_type
        self._base_url = base_url

    def compare(self, target: Target, comparison: Comparison) -> Condition:
        """Return that a value of *target* satisfies *comparison*."""
        values = self._values(target)
        return or_(false(), *(and_(when, comparison(value)) for when, value in values))

    def present(self, target: Target) -> Condition:
        """Return that *target* has a value."""
        every = (value for part in parts_of(target) for value in self._values(part))
        return or_(false(), *(when for when, _ in every))

    def element(self, target: Target, condition: Filter) -> Condition:
        """Return that one value of the list *target* satisfies *condition*."""
        raise TypeError(f"{target.name} has no parts, yet stands before {condition}.")

    def sort_key(self, target: Target) -> Expression | None:
        """Return what *target* is sorted by, a list by its first value; None if there is none."""
        values = list(self._values(target))
        return case(*values, else_=null()) if values else None

    def _values(self, target: Target) -> Iterator[tuple[Condition, Expression]]:
        """Yield the values that *target* may have, each with when it has it, in their order."""
        if target.name == "contains":
            yield from self._others(weaker=True)
        elif target.name == "containedBy":
            yield from self._others(weaker=False)
        elif target.name in self._single:
            yield true(), self._single[target.name]

    def _others(self, *, weaker: bool) -> Iterator[tuple[Condition, Expression]]:
        """Yield the values of the other permissions on the same place, the weakest first."""
        strength = self._offers.strength
        for at, permission in enumerate(EVERY_PERMISSION):
            is_other = strength > at if weaker else strength < at
            types = [each for each, granted in PERMISSIONS.items() if permission in granted]
            if len(types) < len(PERMISSIONS):
                is_other &= self._offers.object_type.in_(types)
            yield is_other, self._value_of(literal(permission, Text()))

    @cached_property
    def _single(self) -> Mapping[str, Expression]:
        """The single values, in the forms that filters compare."""
        offers, resource_type = self._offers, self._resource_type
        value = self._value_of(offers.permission)
        # Slugs and keys are ASCII, of which every database knows the lower case.
        display = func.lower(offers.name) + literal(": ") + offers.permission
        at = literal(f"{self._base_url}{resource_type.endpoint}/", Text())
        version = literal(version_prefix(resource_type), Text()) + _Hexadecimal(offers.name)
        return {
            "schemas": self._by_code_point(literal(resource_type.schema.id, Text())),
            "id": value,
            "value": value,
            "display": display,
            "displayName": display,
            "type": self._by_code_point(offers.object_type),
            "description": func.lower(offers.before + offers.name + offers.after),
            "supported": literal(True, Boolean()),
            "limitedAssignmentsPermitted": literal(False, Boolean()),
            "meta.resourceType": self._by_code_point(literal(resource_type.name, Text())),
            "meta.location": at + value,
            "meta.version": version + literal('"'),
        }

    def _value_of(self, permission: Expression) -> Expression:
        place = self._offers.object_type + literal(":") + self._offers.uuid
        return place + literal(":") + permission

    def _by_code_point(self, text: Expression) -> Expression:
        # Beside a column, it is ordered by code point as the column is.
        return func.coalesce(text, self._offers.uuid)
