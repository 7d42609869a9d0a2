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
        asked = {path[0] for path in (*self.added, *self.selected)}
        if asked <= inside.keys():
            return inside
        more = {name: held for name, held in rest().items() if name in asked or ANY in asked}
        return {**more, **inside}

    def within(self, name: str) -> "Partial":
        """The same wishes seen from inside the member *name*."""
        return Partial(
            _inside(self.selected, name), _inside(self.added, name), _inside(self.removed, name)
        )

    def apply(self, whole: JsonObject) -> JsonObject:
        """Select from *whole*, then remove; *whole* stays as it is."""
        kept: Json = whole
        if self.selected:
            kept = _select(whole, _names((*self.selected, *self.added)))
        if self.removed:
            kept = _remove(kept, _names(self.removed))
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


@dataclass(frozen=True, slots=True)
class _Names:
    """
    Paths as a tree, which is walked beside the value.

    Attributes:
        whole: Whether a path ends here.
        by_name: Where paths go on, by the name of a member.
        others: Where they go on for every other member, if a path says so.
    """

    whole: bool
    by_name: Mapping[str, "_Names"]
    others: "_Names | None"

    def under(self, name: str) -> "_Names | None":
        """What is said of the member *name*."""
        return self.by_name.get(name, self.others)


def _names(paths: Iterable[Path]) -> _Names:
    grouped: dict[str, list[Path]] = {}
    whole = False
    for path in paths:
        if path:
            grouped.setdefault(path[0], []).append(path[1:])
        else:
            whole = True
    anywhere = grouped.pop(ANY, [])
    return _Names(
        whole,
        {name: _names((*rest, *anywhere)) for name, rest in grouped.items()},
        _names(anywhere) if anywhere else None,
    )


def _select(value: Json, asked: _Names) -> Json:
    if isinstance(value, list):
        return [_select(item, asked) for item in value]
    if not isinstance(value, dict):
        return value
    kept: JsonObject = {}
    for name, held in value.items():
        under = asked.under(name)
        if under is None:
            continue
        if under.whole:
            kept[name] = held
        elif isinstance(held, dict | list):
            kept[name] = _select(held, under)
    return kept


def _remove(value: Json, asked: _Names) -> Json:
    if isinstance(value, list):
        return [_remove(item, asked) for item in value]
    if not isinstance(value, dict):
        return value
    kept: JsonObject = {}
    for name, held in value.items():
        under = asked.under(name)
        if under is None:
            kept[name] = held
        elif not under.whole:
            kept[name] = _remove(held, under)
    return kept
