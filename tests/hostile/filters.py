"""Filters and attribute paths that are nearly right."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.scim.schema import ResourceType
from tests.hostile.source import Source

_OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")
_PIECES = (
    "(",
    ")",
    "[",
    "]",
    '"',
    "\\",
    ".",
    ":",
    ",",
    "not",
    "and",
    "or",
    "pr",
    "eq",
    "null",
    " ",
)
_INSTANTS = (
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z"),
    *("2026-01-01", "20260101T000000Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z"),
    "2026-01-01T00:00:00." + "9" * 40 + "Z",
)


@dataclass(frozen=True, slots=True)
class Paths:
    """
    The attribute paths of a resource type.

    Attributes:
        all: Every one.
        types: The types of what they end at, by the paths.
        lists: Those of lists, with the names of their parts; of a type that has none, another's.
    """

    all: tuple[str, ...]
    types: Mapping[str, str]
    lists: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, resource_type: ResourceType) -> "Paths":
        """Return those of a type, both with and without the URN of its schema."""
        declared = [("", each) for each in resource_type.core_attributes()]
        declared += [
            (f"{extension.schema.id}:", attribute)
            for extension in resource_type.extensions
            for attribute in extension.schema.attributes
        ]
        types = {}
        for urn, attribute in declared:
            types[f"{urn}{attribute.name}"] = attribute.type.value
            for part in attribute.sub_attributes:
                types[f"{urn}{attribute.name}.{part.name}"] = types[part.name] = part.type.value
        types |= {f"{resource_type.schema.id}:{path}": each for path, each in types.items()}
        lists = tuple(
            (f"{urn}{attribute.name}", tuple(part.name for part in attribute.sub_attributes))
            for urn, attribute in declared
            if attribute.multi_valued and attribute.sub_attributes
        )
        return cls(tuple(types), types, lists or (("emails", ("type", "value")),))


@dataclass(frozen=True, slots=True)
class Filters:
    """
    Makes filters over resources.

    Attributes:
        source: What they are made of.
        paths: The paths of the resources.
        known: Values that resources have.
    """

    source: Source
    paths: Paths
    known: tuple[str, ...]

    def filter(self) -> str:
        """Return a filter: now and then a right one, mostly one that was damaged."""
        source = self.source
        decided = source.chance.random()
        if decided < 0.05:
            return source.text()
        if decided < 0.07:
            return self._large()
        tokens = self._expression(3)
        if decided < 0.45:
            for _ in range(1 + source.up_to(2)):
                self._shuffle(tokens)
        text = source.one((" ", " ", " ", " ", " ", "  ", "\t", "")).join(tokens)
        return source.damaged(text) if decided > 0.85 else text

    def path(self) -> str:
        """Return a path: a right one, or nearly."""
        source = self.source
        path = source.cased(source.one(self.paths.all))
        decided = source.chance.random()
        if decided < 0.5:
            return path
        if decided < 0.6:
            return source.text()
        if decided < 0.7:
            return f"{path}.{source.one(self.paths.all)}"
        if decided < 0.8:
            return f"{source.one(('urn:x:', 'urn:', ':', 'urn:ietf:params:scim:2.0:'))}{path}"
        return source.damaged(path)

    def value_path(self) -> str:
        """Return what a PATCH has as its path: with a filter, perhaps."""
        source = self.source
        name, parts = source.one(self.paths.lists)
        decided = source.chance.random()
        if decided < 0.4:
            return self.path()
        condition = " ".join(self._comparison(source.one(parts)))
        inside = condition if decided < 0.8 else self.filter()
        behind = f".{source.one(parts)}" if source.often(0.5) else ""
        path = f"{source.cased(name)}[{inside}]{behind}"
        return source.damaged(path) if source.often(0.3) else path

    def _expression(self, depth: int) -> list[str]:
        source = self.source
        decided = source.chance.random()
        if depth == 0 or decided < 0.45:
            return self._comparison(self.path() if source.often(0.15) else self._right_path())
        if decided < 0.65:
            name, parts = source.one(self.paths.lists)
            inner = self._comparison(source.one(parts))
            behind = [f".{source.one(parts)}", *self._compared()] if source.often(0.2) else []
            return [f"{name}[", *inner, f"]{behind[0] if behind else ''}", *behind[1:]]
        if decided < 0.9:
            connective = source.cased(source.one(("and", "or")))
            return [*self._expression(depth - 1), connective, *self._expression(depth - 1)]
        opening = source.one(("(", "not (", "not(", "NOT ("))
        return [opening, *self._expression(depth - 1), ")"]

    def _right_path(self) -> str:
        path = self.source.one(self.paths.all)
        return self.source.cased(path) if self.source.often(0.2) else path

    def _comparison(self, path: str) -> list[str]:
        return [path, *self._compared(self.paths.types.get(path, ""))]

    def _compared(self, of_type: str = "") -> list[str]:
        source = self.source
        if source.often(0.1):
            return [source.cased("pr")]
        if source.often(0.1):
            return [source.cased(source.one(_OPERATORS)), self._literal()]
        operator = source.one(_OPERATORS[:2] if of_type == "boolean" else _OPERATORS)
        match of_type:
            case "boolean":
                return [operator, source.one(("true", "false"))]
            case "dateTime":
                return [operator, json.dumps(source.one(_INSTANTS))]
        return [operator, json.dumps(source.one((source.one(self.known), source.text())))]

    def _literal(self) -> str:
        source = self.source
        decided = source.chance.random()
        if decided < 0.3:
            return json.dumps(source.one(self.known))
        if decided < 0.5:
            return json.dumps(source.text(), ensure_ascii=source.often(0.5))
        if decided < 0.6:
            return json.dumps(source.one(_INSTANTS))
        if decided < 0.7:
            return source.one(("true", "false", "null", "True", '"true"'))
        if decided < 0.85:
            return source.number()
        return f'"{source.text()}"' if decided < 0.95 else source.text()

    def _shuffle(self, tokens: list[str]) -> None:
        """Put tokens where they don't belong."""
        source = self.source
        at, other = source.up_to(len(tokens) - 1), source.up_to(len(tokens) - 1)
        match source.up_to(5):
            case 0:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 1 if len(tokens) > 1:
                del tokens[at]
            case 2:
                tokens.insert(at, tokens[other])
            case 3:
                tokens[at] = source.one(_PIECES)
            case 4:
                tokens.insert(at, source.one(_PIECES))
            case _:
                tokens[at] += source.one(_PIECES)

    def _large(self) -> str:
        """Return a filter that is deep, or long."""
        source = self.source
        size = source.one((10, 49, 50, 51, 100, 499, 500, 501, 2000))
        simple = " ".join(self._comparison(self._right_path()))
        name, parts = source.one(self.paths.lists)
        few = min(size, 8192 // len(simple))
        return source.one(
            (
                f"{'(' * size}{simple}{')' * source.one((size, size - 1, 0))}",
                f"{'not (' * size}{simple}{')' * size}",
                source.one((" and ", " or ")).join([simple] * few),
                " or ".join(f'id eq "{number}"' for number in range(size)),
                " and ".join(["id pr or id pr"] * size),
                f'userName co "{(source.text() * size)[:9000]}"',
                " and ".join([f"{name}[{source.one(parts)} pr]"] * min(size, 120)),
            )
        )
