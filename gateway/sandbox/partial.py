"""Partial answers: what ``fields`` adds, removes and selects."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from gateway.sandbox.errors import bad_request

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]
Path: TypeAlias = tuple[str, ...]
ANY = "*"


@dataclass(frozen=True, slots=True)
class Partial:
    """What the ``fields`` parameter asks for, by path."""

    selected: tuple[Path, ...] = ()
    added: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()

    def grow(self, inside: JsonObject, rest: Callable[[], JsonObject]) -> JsonObject:
        """*inside*, with what was asked for by name among what is left out by default."""
        if not self.added and not self.selected:
            return inside
        more = {name: held for name, held in rest().items() if self._names(name)}
        return {**more, **inside}

    def _names(self, name: str) -> bool:
        return any(path[0] in (name, ANY) for path in (*self.added, *self.selected))

    def within(self, name: str) -> "Partial":
        """The same wishes seen from inside the member *name*."""
        return Partial(
            _inside(self.selected, name), _inside(self.added, name), _inside(self.removed, name)
        )

    def apply(self, whole: JsonObject) -> JsonObject:
        """Select from *whole*, then remove; *whole* stays as it is."""
        kept: Json = whole
        if self.selected:
            kept = _select(whole, (*self.selected, *self.added))
        if self.removed:
            kept = _remove(kept, self.removed)
        return cast("JsonObject", kept)


def parse_fields(text: str | None) -> Partial:
    """
    Read the ``fields`` parameter.

    A plus sign that was not percent-encoded arrives as a blank and is taken for what was meant.

    Raises:
        Refusal: 400, when a name is empty.
    """
    paths: dict[str, list[Path]] = {"": [], "+": [], "-": []}
    for written in (text or "").split(",") if text else ():
        sign = {"+": "+", " ": "+", "-": "-"}.get(written[:1], "")
        name = written[1:] if sign else written
        path = tuple(name.strip().split("."))
        if not all(path):
            raise bad_request("Invalid fields", f"'{written}' is no field.")
        paths[sign].append(path)
    return Partial(tuple(paths[""]), tuple(paths["+"]), tuple(paths["-"]))


def _inside(paths: Iterable[Path], name: str) -> tuple[Path, ...]:
    return tuple(path[1:] for path in paths if len(path) > 1 and path[0] in (ANY, name))


def _by_first(paths: Iterable[Path]) -> Mapping[str, list[Path]]:
    grouped: dict[str, list[Path]] = {}
    for first, *rest in paths:
        grouped.setdefault(first, []).append(tuple(rest))
    return grouped


def _select(value: Json, paths: Iterable[Path]) -> Json:
    if isinstance(value, list):
        return [_select(item, paths) for item in value]
    if not isinstance(value, dict):
        return value
    asked = _by_first(paths)
    kept: JsonObject = {}
    for name, held in value.items():
        rest = [*asked.get(name, ()), *asked.get(ANY, ())]
        if not rest:
            continue
        if () in rest:
            kept[name] = held
        elif isinstance(held, dict | list):
            kept[name] = _select(held, rest)
    return kept


def _remove(value: Json, paths: Iterable[Path]) -> Json:
    if isinstance(value, list):
        return [_remove(item, paths) for item in value]
    if not isinstance(value, dict):
        return value
    asked = _by_first(paths)
    kept: JsonObject = {}
    for name, held in value.items():
        rest = [*asked.get(name, ()), *asked.get(ANY, ())]
        if () not in rest:
            kept[name] = _remove(held, rest) if rest else held
    return kept
