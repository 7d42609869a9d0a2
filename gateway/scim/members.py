"""The members of JSON objects from outside, read in any letter case by marshmallow."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.fields import UNASSIGNED

_UNKNOWN = "is declared by no schema; /Schemas lists what is"
_TWICE = "is there twice, in different letter cases"


class Members(Schema):
    """
    The members of an object, in any letter case.

    Attributes:
        dropped: Names, in lower case, that are passed over.
    """

    class Meta:
        """What marshmallow does with other members."""

        unknown = RAISE
        register = False

    error_messages = {  # noqa: RUF012 - marshmallow reads it from the class
        "unknown": _UNKNOWN,
        "type": "must be an object",
    }
    dropped: frozenset[str] = frozenset()

    @pre_load
    def _canonical(self, data: Any, **_: object) -> Any:
        if not isinstance(data, Mapping):
            return data
        names = {name.lower(): name for name in map(name_of, self.fields.values())}
        members: Mapping[str, Any] = data
        kept: dict[str, Any] = {}
        for written, value in members.items():
            name = names.get(written.lower(), written)
            if name in kept:
                raise ValidationError(_TWICE, name)
            if not self._drops(name.lower(), value):
                kept[name] = value
        return kept

    def _drops(self, name: str, value: object) -> bool:
        return name in self.dropped or value in (None, [])

    @post_load
    def _assigned(self, loaded: dict[str, Any], **_: object) -> dict[str, Any]:
        return {
            name_of(self.fields[key]): value
            for key, value in loaded.items()
            if value not in UNASSIGNED
        }


class NamedParts(Members):
    """The same of an object that is merged into another: what is null is to be taken away."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """See :meth:`marshmallow.Schema.on_bind_field`."""
        del field_name
        field_obj.allow_none = True

    @pre_load
    def _canonical(self, data: Any, **_: object) -> Any:
        kept = super()._canonical(data)
        is_read = isinstance(kept, dict)
        return {n: None if v == [] else v for n, v in kept.items()} if is_read else kept

    def _drops(self, name: str, value: object) -> bool:
        is_known = name in {name_of(field).lower() for field in self.fields.values()}
        return name in self.dropped or (value in (None, []) and not is_known)

    @post_load
    def _assigned(self, loaded: dict[str, Any], **_: object) -> dict[str, Any]:
        return {name_of(self.fields[key]): value for key, value in loaded.items()}


def name_of(field: fields.Field[Any]) -> str:
    """Return the name of the member that *field* reads."""
    return str(field.data_key)


def refusal(error: ValidationError, *, at: str = "") -> InvalidSyntax | InvalidValue:
    """
    Return what a client is told of *error*: the first problem, and where it is.

    Args:
        error: What is wrong with an object.
        at: The path of the object; empty of the body of a request.
    """
    path, reason = _first(error.messages)
    path = f"{at}{'' if not at or not path or path.startswith('[') else '.'}{path}"
    kind = InvalidSyntax if reason in (_UNKNOWN, _TWICE) or not path else InvalidValue
    return kind(f"{path or 'The body'} {reason}.")


def _first(messages: Any) -> tuple[str, str]:
    """Return the path of the first problem, as emails[0].value, and what is wrong there."""
    if isinstance(messages, list):
        return "", str(messages[0])
    key, below = next(iter(messages.items()))
    path, reason = _first(below)
    if isinstance(key, int):
        return f"[{key}]{path and f'.{path}'}", reason
    if key == "_schema":
        return path, reason
    separator = "" if not path or path.startswith("[") else "."
    return f"{key or repr(key)}{separator}{path}", reason
