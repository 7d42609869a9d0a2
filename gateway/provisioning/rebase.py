"""Asking again for what is left of a change, whatever else has changed since."""

from collections.abc import Mapping
from typing import Any

Resource = Mapping[str, Any]

#: What follows from the rest.
_DERIVED = frozenset({"schemas", "meta", "groups", "roles"})


def rebased(before: Resource, wanted: Resource, current: Resource) -> dict[str, Any]:
    """
    Return *current* with what was changed from *before* to *wanted*.

    Values of lists are told apart by their ``value``: those that were added are added, those that
    were removed are removed, and the others stay as they are now.
    """
    made = dict(current)
    for name in before.keys() | wanted.keys():
        if name in _DERIVED or before.get(name) == wanted.get(name):
            continue
        value = _rebased(before.get(name), wanted.get(name), current.get(name))
        if value in (None, [], {}):
            made.pop(name, None)
        else:
            made[name] = value
    return made


def is_left(before: Resource, wanted: Resource, current: Resource) -> bool:
    """Return whether anything is left of the change from *before* to *wanted*."""
    return rebased(before, wanted, current) != dict(current)


def _rebased(before: Any, wanted: Any, current: Any) -> Any:
    if _is_list(before) and _is_list(wanted) and _is_list(current):
        return _values(before or [], wanted or [], current or [])
    both = isinstance(before, dict | None) and isinstance(wanted, dict | None)
    if both and isinstance(current, dict | None):
        return rebased(before or {}, wanted or {}, current or {})
    return wanted


def _values(before: list[Any], wanted: list[Any], current: list[Any]) -> list[Any]:
    had, has = ({each["value"]: each for each in values} for values in (before, wanted))
    kept = [each for each in current if each["value"] in has or each["value"] not in had]
    known = {each["value"] for each in kept}
    added = [v for key, v in has.items() if key not in had and key not in known]
    return kept + added


def _is_list(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(v, dict) and "value" in v for v in value)
    )
