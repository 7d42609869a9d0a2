"""What clients say of a resource, over what Bitbucket says."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.directory.entitlements import EXPLICIT, INFERRED, Entitlement
from gateway.directory.users import USER_EXTENSION
from gateway.mirror.facts import PERMISSIONS

ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#: The one attribute of our own extension of users that clients write.
JUSTIFICATION: Final = f"{USER_EXTENSION}:justification"

#: The attributes that Bitbucket can't hold, or not as clients write them.
_KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "User": (
        "externalId",
        "userName",
        "name",
        "displayName",
        "emails",
        ENTERPRISE,
        JUSTIFICATION,
    ),
    "Group": ("externalId",),
}
#: What a client calls an entitlement: that is no attribute, so it is kept by a name of its own.
_LABELS: Final = "entitlements"
_WORDS: Final = ("display", "primary")

#: What places were, are and will be called: a full name, or a key.
_PLACES: Final = {
    "repository": re.compile(r"[^\s:/]+/[^\s:/]+"),
    "project": re.compile(r"[^\s:/]+"),
}
#: What the gateway shows after the name of a place.
_SHOWN: Final = {
    kind: frozenset(
        Entitlement(kind, "", "", permission, origin).display
        for permission in permissions
        for origin in (EXPLICIT, INFERRED)
    )
    for kind, permissions in PERMISSIONS.items()
}

Attributes = Mapping[str, Any]


def overlaid(
    resource: dict[str, Any], attributes: Attributes | None, *, extension: str | None = None
) -> dict[str, Any]:
    """
    Return *resource* as clients said it is, as far as that is kept.

    Args:
        resource: The resource as Bitbucket has it.
        attributes: The overlay; an attribute that is None was taken away.
        extension: The URN of the extension that holds the entitlements; None if the core does.
    """
    if not attributes:
        return resource
    kept = {name: value for name, value in attributes.items() if name != _LABELS}
    justification = kept.pop(JUSTIFICATION, None)
    made = {name: value for name, value in (resource | kept).items() if value is not None}
    if justification is not None:
        made[USER_EXTENSION] = {"justification": justification, **made.get(USER_EXTENSION, {})}
    core, *others = resource["schemas"]
    added = [u for u in (ENTERPRISE, USER_EXTENSION) if u in made and u not in others]
    made["schemas"] = [core, *added, *others]
    labels = labels_in(attributes)
    if labels:
        holder = made if extension is None else dict(made.get(extension, {}))
        if _LABELS in holder:
            holder[_LABELS] = [each | labels.get(each["value"], {}) for each in holder[_LABELS]]
        if extension is not None:
            made[extension] = holder
    return made


def overlay_of(
    plain: Attributes,
    wanted: Attributes,
    type_name: str,
    *,
    extension: str | None = None,
    owned: Iterable[str] = (),
) -> dict[str, Any]:
    """
    Return the overlay by which *plain* becomes *wanted*, and stays so, in what is kept.

    Args:
        plain: The resource as Bitbucket has it.
        wanted: The resource as a client wants it.
        type_name: ``User`` or ``Group``.
        extension: As of :func:`overlaid`.
        owned: The attributes that stay as they are wanted though Bitbucket has the same: it may
            have another value later.
    """
    overlay = {
        name: _read(wanted, name)
        for name in _KEPT[type_name]
        if _read(wanted, name) != _read(plain, name)
        or (name in set(owned) and _read(wanted, name) is not None)
    }
    labels = _labels(_entitlements(plain, extension), _entitlements(wanted, extension))
    return overlay | ({_LABELS: labels} if labels else {})


def without_overlay(plain: Attributes, type_name: str) -> dict[str, Any]:
    """Return what Bitbucket says in the attributes that are kept, for what a client leaves out."""
    return {name: plain[name] for name in _KEPT[type_name] if name in plain}


def labels_in(overlay: Attributes) -> Mapping[str, Mapping[str, Any]]:
    """Return what a client called entitlements, by their values."""
    labels: Mapping[str, Mapping[str, Any]] = overlay.get(_LABELS, {})
    # Earlier releases kept a type besides, which hid the grant from who asks by its type, and what
    # the gateway itself had called an entitlement once.
    return {value: _own(value, words) for value, words in labels.items()}


def _read(resource: Attributes, name: str) -> Any:
    if name == JUSTIFICATION:
        return resource.get(USER_EXTENSION, {}).get("justification")
    return resource.get(name)


def _entitlements(resource: Attributes, extension: str | None) -> list[dict[str, Any]]:
    holder = resource if extension is None else resource.get(extension, {})
    found: list[dict[str, Any]] = holder.get(_LABELS, [])
    return found


def _labels(plain: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    known = {each["value"]: each for each in plain}
    labels: dict[str, dict[str, Any]] = {
        each["value"]: {
            word: said
            for word, said in _own(each["value"], each).items()
            if said != known.get(each["value"], {}).get(word)
        }
        for each in wanted
    }
    return {value: words for value, words in labels.items() if words}


def _own(value: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is a client's own of the *words* on the entitlement of that *value*."""
    return {
        word: words[word]
        for word in _WORDS
        if word in words and not (word == "display" and _is_shown_so(value, words[word]))
    }


def _is_shown_so(value: str, display: Any) -> bool:
    """
    Return whether the gateway shows, or may have shown, an entitlement of that kind as *display*.

    Who read it before its place had another name, or before a grant was confirmed, sends it back
    with the rest: that is no word on what it is called.
    """
    kind = value.partition(":")[0]
    name, colon, told = str(display).partition(":")
    return f"{colon}{told}" in _SHOWN.get(kind, ()) and bool(_PLACES[kind].fullmatch(name))
