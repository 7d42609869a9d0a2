"""Random resources and random filters over them, for tests that compare two readings."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from gateway.scim.path import Target
from gateway.scim.schema import AttributeType, ResourceType, Returned

#: For properties that share a busy machine: how long an example takes says nothing of it.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

#: Few and alike, so that filters hit; with both letter cases, quotes, blanks and wildcards.
TEXTS = (
    "ann",
    "Ann",
    "ANN LEE",
    "é",
    "É\u0301",
    'a"b',
    "a\\b",
    "50%",
    "_",
    "or",
    "true",
    "1",
    "work",
    "a]b",
    "Straße",
    "漢字",
)
INSTANTS = (
    "2026-01-01T00:00:00.000000Z",
    "2026-01-01T00:00:00.000001Z",
    "2025-12-31T23:59:59.999999Z",
)
#: The same instants, as clients write them.
WRITTEN_INSTANTS = (
    *INSTANTS,
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "2025-12-31t19:00:00.000001-05:00",
)
BASE_URL = "https://scim.example.com/scim/v2"

_ORDERINGS = ("gt", "ge", "lt", "le")
_PARTIAL = ("co", "sw", "ew")


def texts() -> st.SearchStrategy[str]:
    """Return texts to be kept and compared."""
    return st.sampled_from(TEXTS) | st.text("abXY", max_size=3)


def resources(resource_type: ResourceType) -> st.SearchStrategy[dict[str, Any]]:
    """Return resources of *resource_type*, with absolute references and no empty values."""
    return st.builds(
        _resource,
        st.just(resource_type),
        st.fixed_dictionaries({}, optional=_values_of(_stored(resource_type.schema.attributes))),
        st.fixed_dictionaries(
            {},
            optional={
                extension.schema.id: st.fixed_dictionaries(
                    {}, optional=_values_of(_stored(extension.schema.attributes))
                )
                for extension in resource_type.extensions
            },
        ),
        st.fixed_dictionaries(
            {}, optional={name: st.sampled_from(INSTANTS) for name in ("created", "lastModified")}
        ),
        st.uuids(),
    )


def _resource(
    resource_type: ResourceType,
    core: dict[str, Any],
    extensions: dict[str, Any],
    times: dict[str, str],
    uuid: object,
) -> dict[str, Any]:
    kept = {urn: members for urn, members in extensions.items() if members}
    return {
        "schemas": [resource_type.schema.id, *kept],
        "id": str(uuid),
        **core,
        **kept,
        "meta": {
            **times,
            "resourceType": resource_type.name,
            "location": f"{BASE_URL}{resource_type.endpoint}/{uuid}",
        },
    }


def _stored(attributes: Iterable[Any]) -> list[Any]:
    return [a for a in attributes if a.returned not in (Returned.REQUEST, Returned.NEVER)]


def _values_of(attributes: Iterable[Any]) -> Mapping[Any, st.SearchStrategy[Any]]:
    return {attribute.name: _value_of(attribute) for attribute in attributes}


def _value_of(attribute: Any) -> st.SearchStrategy[Any]:
    one: st.SearchStrategy[Any]
    match attribute.type:
        case AttributeType.COMPLEX:
            one = st.fixed_dictionaries({}, optional=_values_of(attribute.sub_attributes)).filter(
                bool
            )
        case AttributeType.BOOLEAN:
            one = st.booleans()
        case AttributeType.DATE_TIME:
            one = st.sampled_from(INSTANTS)
        case AttributeType.REFERENCE:
            one = st.sampled_from(["x", "Y", "1"]).map(lambda name: f"{BASE_URL}/Any/{name}")
        case _:
            one = texts().filter(bool)
    return st.lists(one, min_size=1, max_size=3) if attribute.multi_valued else one


def filters(
    resource_type: ResourceType, *, lists_with_null: bool = True, wholes: bool = True
) -> st.SearchStrategy[str]:
    """
    Return filters that bind to *resource_type*, with every operator and connective.

    Args:
        resource_type: The type.
        lists_with_null: Whether multi-valued attributes are compared with null.
        wholes: Whether an attribute with parts and a single value stands alone.
    """
    targets = [each for each in _targets(resource_type) if wholes or not _is_whole(each)]
    clauses = st.sampled_from(targets).flatmap(
        lambda target: _clause(
            target,
            target.name,
            with_null=lists_with_null or not target.attribute.multi_valued,
        )
    )
    return st.recursive(
        clauses | _value_paths(resource_type),
        _combined,
        max_leaves=6,
    )


def _targets(resource_type: ResourceType) -> Iterable[Target]:
    for attribute in _stored(resource_type.core_attributes()):
        yield from _with_parts(Target(None, attribute))
    for extension in resource_type.extensions:
        for attribute in _stored(extension.schema.attributes):
            yield from _with_parts(Target(extension.schema.id, attribute))


def _is_whole(target: Target) -> bool:
    attribute = target.attribute
    has_parts = bool(attribute.sub_attributes) and not attribute.multi_valued
    return has_parts and target.sub_attribute is None


def _with_parts(target: Target) -> Iterable[Target]:
    yield target
    for sub_attribute in target.attribute.sub_attributes:
        yield Target(target.extension, target.attribute, sub_attribute)


def _clause(target: Target, name: str, *, with_null: bool = True) -> st.SearchStrategy[str]:
    path = st.sampled_from([name, name.upper(), name.lower(), name.swapcase()])
    presence = path.map(lambda text: f"{text} pr")
    compared = target.compared()
    if compared is None:
        return presence
    operators = ["eq", "ne"]
    match compared.leaf.type:
        case AttributeType.BOOLEAN:
            literals = st.sampled_from(["true", "false", "True"])
        case AttributeType.DATE_TIME:
            operators += _ORDERINGS
            literals = st.sampled_from(WRITTEN_INSTANTS).map(json.dumps)
        case AttributeType.REFERENCE:
            operators += _PARTIAL
            literals = st.sampled_from([BASE_URL, f"{BASE_URL}/Any/x", f"{BASE_URL}/any/X"]).map(
                json.dumps
            )
        case _:
            operators += [*_ORDERINGS, *_PARTIAL]
            literals = _quoted()
    comparison = st.builds(
        lambda text, operator, literal: f"{text} {operator} {literal}",
        path,
        st.sampled_from(operators).flatmap(lambda o: st.sampled_from([o, o.upper()])),
        literals,
    )
    if not with_null:
        return comparison | presence
    null = st.builds(lambda text, o: f"{text} {o} null", path, st.sampled_from(["eq", "ne"]))
    return comparison | comparison | presence | null


def _quoted() -> st.SearchStrategy[str]:
    escapes = st.booleans()
    return st.builds(lambda text, ascii_: json.dumps(text, ensure_ascii=ascii_), texts(), escapes)


def _value_paths(resource_type: ResourceType) -> st.SearchStrategy[str]:
    lists = [
        target
        for target in _targets(resource_type)
        if target.sub_attribute is None and target.attribute.sub_attributes
        if target.attribute.multi_valued
    ]
    return st.sampled_from(lists).flatmap(_value_path) if lists else st.nothing()


def _value_path(target: Target) -> st.SearchStrategy[str]:
    inner = st.sampled_from(
        [Target(target.extension, target.attribute, sub) for sub in target.attribute.sub_attributes]
    ).flatmap(lambda part: _clause(part, part.leaf.name))
    condition = st.recursive(inner, _combined, max_leaves=3)
    in_brackets = condition.map(lambda text: f"{target.name}[{text}]")
    # As Entra ID sends it: a comparison behind the brackets is one of the same value.
    return in_brackets | st.builds(lambda brackets, part: f"{brackets}.{part}", in_brackets, inner)


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.builds(
        lambda left, connective, right: f"{left}{connective}{right}",
        inner,
        st.sampled_from([" and ", " or ", " AND ", "  Or "]),
        inner,
    )
    return joined | inner.map(lambda t: f"({t})") | inner.map(lambda t: f"not({t})")
