"""Fields of marshmallow that read the JSON values of SCIM's types (RFC 7643 §2.3)."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from gateway.scim.schema import Attribute, AttributeType
from gateway.scim.text import fold, read_instant
from gateway.scim.told import TOLD_BY_VALUE, needs_value

#: So many values of an attribute may differ in their labels alone: they are compared one by one.
MOST_ALIKE: Final = 100

#: So many values a list may have: a body of 1 MiB holds no more members, told by their ids.
MOST_VALUES: Final = 20_000

#: What is the same as no value (RFC 7643 §2.5).
UNASSIGNED: tuple[object, ...] = (None, [], {})


class Literal(fields.Field[Any]):
    """A JSON value of exactly one of some types."""

    types: tuple[type, ...] = ()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:  # noqa: ARG002 - marshmallow hands them over
        if type(value) not in self.types:
            raise self.make_error("invalid")
        return self._read(value)

    def _read(self, value: Any) -> Any:
        return value


class WholeNumber(Literal):
    """An integer."""

    types = (int,)


class Number(Literal):
    """A decimal, which may be whole."""

    types = (int, float)


class Flag(Literal):
    """
    A boolean.

    Entra ID sends ``"True"`` and ``"False"`` as strings, unless a flag in its address says not to.
    """

    types = (bool, str)

    def _read(self, value: Any) -> bool:
        words = {"true": True, "false": False}
        read = words.get(value.lower()) if isinstance(value, str) else value
        if read is None:
            raise self.make_error("invalid")
        return read


class Text(Literal):
    """A string; a required one is not empty."""

    default_error_messages = {  # noqa: RUF012 - marshmallow reads it from the class
        "characters": "has a character that no text has: a null, or half a surrogate pair"
    }
    types = (str,)

    def _read(self, value: str) -> str:
        if "\0" in value or not _is_unicode(value):
            raise self.make_error("characters")
        if self.required and not value:
            raise self.make_error("required")
        return value


class Instant(Literal):
    """A dateTime; kept in the form of :func:`gateway.scim.text.instant`."""

    types = (str,)

    def _read(self, value: str) -> str:
        try:
            return read_instant(value)
        except ValueError:
            raise self.make_error("invalid") from None


class ObjectOrValue(fields.Nested):
    """
    An object, or the ``value`` of one, which stands alone; an empty one says that there is none.

    Entra ID writes a manager so.
    """

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any
    ) -> Any:
        if value == "":
            return None
        whole = {"value": value} if isinstance(value, str) else value
        return super()._deserialize(whole, attr, data, partial, **kwargs)


class Values(fields.List[Any]):
    """
    The values of a multi-valued attribute that are assigned, at most one of them primary.

    An address without its ``value`` is none, and passed over.

    Args:
        field: Reads one.
        attribute: The attribute.
        are_told_apart: Whether each of what gives access has to have a ``value``. One that has none
            would be passed over otherwise, and of what is given in full, everything be taken.
    """

    default_error_messages = {  # noqa: RUF012 - marshmallow reads it from the class
        "invalid": "must be a list",
        "nameless": "has one without a value; each is told by its value",
        "primary": "has more than one primary value",
        "many": f"has more than {MOST_VALUES} values; send fewer at once",
        "alike": f"has more than {MOST_ALIKE} values that are the same, or have none",
    }

    def __init__(
        self,
        field: fields.Field[Any],
        attribute: Attribute,
        *,
        are_told_apart: bool = False,
    ) -> None:
        super().__init__(field)
        gives_access = attribute.name in TOLD_BY_VALUE
        self._attribute = attribute
        self._are_told_apart = are_told_apart and gives_access
        self._passes_over = needs_value(attribute) and not gives_access

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        given = [one for one in value if one is not None] if isinstance(value, list) else value
        if isinstance(given, list) and len(given) > MOST_VALUES:
            raise self.make_error("many")
        values = [
            one
            for one in super()._deserialize(given, attr, data, **kwargs)
            if one not in UNASSIGNED and (_is_told(one) or not self._passes_over)
        ]
        is_one_nameless = len(values) < len(value) or not all(map(_is_told, values))
        if self._are_told_apart and is_one_nameless:
            raise self.make_error("nameless")
        # RFC 7643 §2.4.
        if sum(isinstance(one, dict) and one.get("primary") is True for one in values) > 1:
            raise self.make_error("primary")
        alike = Counter(fold(str(one.get("value"))) for one in values if isinstance(one, dict))
        if any(count > MOST_ALIKE for count in alike.values()):
            raise self.make_error("alike")
        return values


class DistinctValues(Values):
    """The same; those of one ``value`` and ``type`` are one, which has all that was said of it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        # RFC 7643 §2.4.
        part = self._attribute.sub_attribute("value")
        as_compared = str if part is None or part.case_exact else fold
        kept: dict[object, Any] = {}
        for place, one in enumerate(super()._deserialize(value, attr, data, **kwargs)):
            if isinstance(one, dict) and "value" in one:
                key = (as_compared(str(one["value"])), fold(str(one.get("type"))))
                kept[key] = kept.get(key, {}) | one
            else:
                kept[place] = one
        return list(kept.values())


#: How a value of each type is read, and what it must be.
TYPES: Mapping[AttributeType, tuple[type[Literal], str]] = {
    AttributeType.STRING: (Text, "a string"),
    AttributeType.REFERENCE: (Text, "a string"),
    AttributeType.BINARY: (Text, "a string"),
    AttributeType.BOOLEAN: (Flag, "true or false"),
    AttributeType.INTEGER: (WholeNumber, "a whole number"),
    AttributeType.DECIMAL: (Number, "a number"),
    AttributeType.DATE_TIME: (Instant, "a date and time with its zone"),
}


def _is_told(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("value"))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
