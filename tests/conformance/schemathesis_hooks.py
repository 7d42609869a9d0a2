"""
What OpenAPI can't say, told to Schemathesis: what the formats are, and which rules join two values.

Schemathesis loads it in a process that is told of the gateway by ``FUZZED_URL`` and
``FUZZED_TOKEN``, and by ``FUZZED_BRIEFLY`` whether to be done soon.
"""

import os
import re
from dataclasses import replace
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import AcceptedNegativeData, Failure, ServerError
from schemathesis.openapi.checks import RejectedPositiveData

from gateway.scim.schema import ResourceType, load_registry
from tests.scim.strategies import filters

#: What the gateway says of requests that openapi.yaml allows, by why it can't do otherwise.
_RULES = {
    "OpenAPI can't say that one parameter or member excludes another": (
        "Send attributes or excludedAttributes, not both",
        "Send startIndex or cursor, not both",
        "/(Roles|Entitlements) is walked through in the order of its own: leave sortBy out",
    ),
    "nor that a member has to be there for some values of another, and is unlike those of others": (
        r"Operations\[[0-9]+\].bulkId is required of a POST",
        "[0-9]+ POSTs have the bulkId",
    ),
    "to JSON Schema 1.0 is a whole number; RFC 7643 §2.3.4 wants no fraction": (
        "(startIndex|count) of a search is a whole number",
        "(startIndex|count) must be a whole number, without quotes",
        "(failOnErrors|maxEvents) must be a whole number",
    ),
    "what an owner is permitted, Bitbucket itself lets nobody change": (
        '.*Bitbucket says: "Cannot (set a|delete the) permission (for|of) the owner',
    ),
    "nor that a member follows from another": (
        ".* is of the type (repository|project), not (.|\\n)*; leave type out",
    ),
    "who was a user when the formats were made may have been deleted since": (
        "No user has the id",
    ),
}
_KNOWN = re.compile("|".join(sentence for rule in _RULES.values() for sentence in rule))
#: Nobody makes up a cursor, nor the count that goes with it.
_BY_CURSOR = ("invalidCursor", "invalidCount")

#: Whom the token of the demonstration is for, by the name that /Me finds it by.
_ME = "admin@acme.example"


def _listed(path: str, **parameters: str) -> list[dict[str, Any]]:
    answer = requests.get(
        f"{os.environ['FUZZED_URL']}/scim/v2{path}",
        params=parameters,
        headers={"Authorization": f"Bearer {os.environ['FUZZED_TOKEN']}"},
        timeout=60,
    )
    answer.raise_for_status()
    resources: list[dict[str, Any]] = answer.json()["Resources"]
    return resources


def _in_common() -> ResourceType:
    """Return a type that has just the attributes of all types: a format is that of any of them."""
    registry = load_registry()
    first, *others = (*registry.resource_types, *registry.catalogue)
    shared = [a for a in first.schema.attributes if all(t.schema.attribute(a.name) for t in others)]
    return replace(first, schema=replace(first.schema, attributes=tuple(shared)), extensions=())


def _entitlements() -> list[str]:
    """Return values that can be granted, one for each place: two of one exclude each other."""
    schemas = {schema["id"]: schema for schema in _listed("/Schemas")}
    user = schemas["urn:ietf:params:scim:schemas:core:2.0:User"]
    (entitlements,) = (a for a in user["attributes"] if a["name"] == "entitlements")
    (value,) = (a for a in entitlements["subAttributes"] if a["name"] == "value")
    by_place = {each.rpartition(":")[0]: each for each in value["canonicalValues"]}
    return list(by_place.values())


_USERS = [user["id"] for user in _listed("/Users", attributes="id", filter=f'userName ne "{_ME}"')]
_GROUPS = [group["id"] for group in _listed("/Groups", attributes="id")]
_HELD = [
    held["id"]
    for path in ("/Roles", "/Entitlements")
    for held in _listed(path, attributes="id", count="3")
]
#: Of all types, and what all can be sorted by.
_PATHS = ("externalId", "id", "meta.lastModified")

for _name, _strategy in {
    "filter": filters(_in_common()),
    "attribute-path": st.sampled_from(_PATHS),
    "entity-tags": st.sampled_from(["*", 'W/"1f"', '"1f", W/"2e"']),
    "other-entity-tags": st.sampled_from(['W/"1f"', '"1f", W/"2e"']),
    "resource-id": st.sampled_from([*_USERS, *_GROUPS, *_HELD]),
    "user-id": st.sampled_from(_USERS),
    "entitlement": st.sampled_from(_entitlements()),
}.items():
    schemathesis.openapi.format(_name, _strategy)


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Leave one media type of those that a body may have, where the run is to be brief."""
    del context
    if os.environ["FUZZED_BRIEFLY"] != "true":
        return
    for path in raw_schema["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "requestBody" in operation:
                content = operation["requestBody"]["content"]
                for media_type in list(content)[1:]:
                    del content[media_type]


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Return a body that leaves /Me its name: it is found by that, and would be nobody then."""
    is_me = context.operation.path.endswith("/Me")
    if is_me and isinstance(body, dict) and isinstance(body.get("userName"), str):
        return {**body, "userName": _ME}
    return body


@schemathesis.hook
def filter_failure(context: Any, failure: Failure, case: Any, response: Any) -> bool:
    """Return whether a failure is one."""
    del context
    status = response.status_code
    if isinstance(failure, RejectedPositiveData):
        return not _is_known(case, response)
    if isinstance(failure, AcceptedNegativeData):
        # It is refused, by the status of something else that is wrong with it as well.
        is_refused = status in (412, 413, 414)
        return not (is_refused or _has_any_format(case, failure) or _is_not_there(case, failure))
    # RFC 7644 §3.12 has 501 for what is not supported: where the description says so.
    is_foretold = status == 501 and "501" in case.operation.responses.status_codes
    return not (isinstance(failure, ServerError) and is_foretold)


def _has_any_format(case: Any, failure: Failure) -> bool:
    """Return whether what is said to have a wrong format has none, and so no wrong one."""
    named = re.search(r"`format` at /properties/(\w+)", failure.message)
    if named is None:
        return False
    body = case.body if isinstance(case.body, dict) else {}
    # A format is one of strings; and an empty path to sort by asks for no order.
    return named[1] == "sortBy" or body.get(named[1], ...) is None


def _is_not_there(case: Any, failure: Failure) -> bool:
    """Return whether all that is said to be wrong is within members that are null, or left out."""
    body = case.body if isinstance(case.body, dict) else {}
    violations = [line for line in failure.message.splitlines() if "violates" in line]
    within = [re.search(r" at /properties/([^/]+)/", line) for line in violations]
    return bool(within) and all(found and body.get(found[1]) is None for found in within)


def _is_known(case: Any, response: Any) -> bool:
    status = response.status_code
    if status in (412, 414):
        # Nobody makes up the version that a resource has; a valid filter may be too long.
        is_conditional = {"If-Match", "If-None-Match"} & case.headers.keys()
        return bool(is_conditional) if status == 412 else "filter" in case.query
    if status != 400:
        return False
    if case.method == "PATCH":
        # Which values a path takes, the schemas say.
        return True
    error = response.json()
    return error.get("scimType") in _BY_CURSOR or _KNOWN.match(error["detail"]) is not None
