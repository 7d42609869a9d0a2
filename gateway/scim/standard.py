"""What RFC 7643 alone has: attributes that are not served here, and none of later standards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

JsonObject = Mapping[str, object]

_CONFIGURATION = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"


class DiscoveryForm(StrEnum):
    """
    What discovery tells.

    Attributes:
        SERVED: All that is served, and nothing else.
        RFC7643: What RFC 7643 has, for clients that refuse what it has no place for, or send what
            they don't find: nothing of later standards, and what is ignored as readOnly.
    """

    SERVED = "served"
    RFC7643 = "rfc7643"


@dataclass(frozen=True, slots=True)
class Standard:
    """
    How the documents that are served differ from RFC 7643.

    Attributes:
        unserved: Attributes that it has and no answer does, by the URN of their schema, as
            documents. One that has but a name and ``subAttributes`` is served, without these.
        later: The names of those that are served and it does not have, likewise.
    """

    unserved: Mapping[str, Sequence[Mapping[str, Any]]]
    later: Mapping[str, Sequence[str]]

    def passed_over(self, urn: str) -> Mapping[str, tuple[str, ...]]:
        """
        Return what clients may send to no effect, of the schema of that URN.

        Returns:
            The names of the parts of each attribute that is served; none for one that is not.
        """
        return {
            each["name"]: ()
            if "type" in each
            else tuple(part["name"] for part in each["subAttributes"])
            for each in self.unserved.get(urn, ())
        }

    def schema(self, document: JsonObject) -> JsonObject:
        """Return the document of a schema as RFC 7643 alone has it."""
        urn, served = str(document["id"]), document["attributes"]
        if not isinstance(served, list):
            return document
        also = {each["name"]: each for each in self.unserved.get(urn, ())}
        later = self.later.get(urn, ())
        kept = [
            _whole(each, also.pop(each["name"], None))
            for each in served
            if each["name"] not in later
        ]
        return {**document, "attributes": [*kept, *also.values()]}

    def configuration(self, document: JsonObject) -> JsonObject:
        """Return the same of the configuration of the service."""
        later = self.later[_CONFIGURATION]
        return {name: value for name, value in document.items() if name not in later}


def _whole(attribute: dict[str, Any], more: Mapping[str, Any] | None) -> dict[str, Any]:
    if more is None:
        return attribute
    return attribute | {"subAttributes": [*attribute["subAttributes"], *more["subAttributes"]]}
