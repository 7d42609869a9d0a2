"""The web application with resources kept in memory behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from gateway.scim.catalogue import CatalogueForm
from gateway.scim.filter.match import matches
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted, Provenance
from gateway.scim.handler import (
    Document,
    Listing,
    Query,
    Retrieval,
    RootQuery,
    Write,
    Written,
)
from gateway.scim.page import IndexPage
from gateway.scim.patch.operation import Patch
from gateway.scim.projection import Projection
from gateway.scim.schema import Registry, load_registry
from gateway.web.application import create_web

_REVISIONS = count()

TOKEN = "a-token-that-opens-everything"


@dataclass
class Memory:
    """A handler whose resources are a list; it fails with *failure*, if it has one."""

    resources: Sequence[dict[str, Any]] = ()
    failure: Exception | None = None
    queries: list[Query] = field(default_factory=list)
    wanted: list[FreshnessWanted] = field(default_factory=list)

    def revision(self) -> int:
        """Nothing tells when the list changes, so no answer is given again."""
        return next(_REVISIONS)

    def query(self, query: Query) -> Listing:
        """Answer from the list."""
        self._fail()
        self.queries.append(query)
        found = [r for r in self.resources if query.filter is None or matches(query.filter, r)]
        start = query.page.start_index - 1 if isinstance(query.page, IndexPage) else 0
        page = found[start : start + query.page.count]
        shown = b",".join(query.projection.json(_document(r).json) for r in page)
        return Listing(len(found), len(page), shown, Provenance(age_seconds=17, calls=3))

    def retrieve(
        self,
        resource_id: str,
        *,
        projection: Projection,
        base_url: str,
        freshness: FreshnessWanted = AS_IT_COMES,
    ) -> Retrieval:
        """Answer from the list."""
        self._fail()
        assert projection.resource_type.name
        assert base_url
        self.wanted.append(freshness)
        provenance = Provenance(age_seconds=17, calls=0)
        for resource in self.resources:
            if resource["id"] == resource_id:
                return Retrieval(_document(resource), provenance)
        return Retrieval(None, provenance)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


@dataclass
class Everything:
    """A handler of all types, whose resources are those of other handlers, one after the other."""

    handlers: Mapping[str, Memory]
    queries: list[RootQuery] = field(default_factory=list)

    def revision(self) -> int:
        """Nothing tells when the lists change."""
        return next(_REVISIONS)

    def query(self, query: RootQuery) -> Listing:
        """Answer from the lists."""
        self.queries.append(query)
        start = query.page.start_index if isinstance(query.page, IndexPage) else 1
        total, shown = 0, list[bytes]()
        for name, part in query.parts.items():
            rest = IndexPage(max(1, start - total), query.page.count - len(shown))
            found = self.handlers[name].query(replace(part, page=rest))
            total += found.total_results
            shown += [orjson.dumps(each) for each in orjson.loads(found.json)]
        return Listing(total, len(shown), b",".join(shown), Provenance(age_seconds=17, calls=3))


@dataclass
class Scribe:
    """A writer that changes nothing, and remembers what it was asked."""

    failure: Exception | None = None
    asked: list[tuple[str, str, Any, Write]] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def create(self, attributes: Mapping[str, Any], write: Write) -> Written:
        """Answer with what was sent."""
        return self._written("create", "new", attributes, write)

    def replace(self, resource_id: str, attributes: Mapping[str, Any], write: Write) -> Written:
        """Answer with what was sent."""
        return self._written("replace", resource_id, attributes, write)

    def patch(self, resource_id: str, patch: Patch, write: Write) -> Written:
        """Answer with the operations."""
        return self._written("patch", resource_id, patch, write)

    def delete(self, resource_id: str, write: Write) -> Written:
        """Answer with nothing."""
        written = self._written("delete", resource_id, None, write)
        return replace(written, document=None)

    def _written(self, action: str, resource_id: str, asked: Any, write: Write) -> Written:
        if self.failure is not None:
            raise self.failure
        self.asked.append((action, resource_id, asked, write))
        provenance = Provenance(age_seconds=0, calls=2)
        if write.is_dry_run:
            return Written("", None, provenance, {"dryRun": True, "calls": []})
        attributes = asked if isinstance(asked, dict) else {}
        resource = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            **attributes,
            "id": resource_id,
            "meta": {"version": 'W/"0e1"'},
        }
        return Written(resource_id, _document(resource), provenance, notes=self.notes)


def _explain(type_name: str, query: Query) -> dict[str, object]:
    return {
        "needs": [{"need": type_name, "ageSeconds": None}],
        "calls": [],
        "putOff": [],
        "totalCalls": None,
        "inferredPlaces": 0,
        "incomplete": ["emails"],
        "sql": "SELECT",
        "text": f"{query.filter} {query.freshness}",
    }


def _document(resource: dict[str, Any]) -> Document:
    return Document(resource["meta"]["version"], orjson.dumps(resource))


def user(number: int) -> dict[str, Any]:
    """Return a small user."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": f"u{number}",
        "userName": f"user{number}@acme.com",
        "active": number % 2 == 0,
        "emails": [{"value": f"user{number}@acme.com", "type": "work", "primary": True}],
        "name": {"givenName": "Ann", "familyName": str(number)},
        "meta": {
            "resourceType": "User",
            "location": f"http://localhost/scim/v2/Users/u{number}",
            "version": f'W/"{number}"',
        },
    }


def entitlement(value: str) -> dict[str, Any]:
    """Return a permission that can be granted."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Entitlement"],
        "id": value,
        "value": value,
        "type": "project",
        "supported": True,
        "meta": {
            "resourceType": "Entitlement",
            "location": f"http://localhost/scim/v2/Entitlements/{value}",
            "version": 'W/"1"',
        },
    }


@pytest.fixture
def users() -> Memory:
    """Two hundred and fifty users."""
    return Memory([user(number) for number in range(250)])


@pytest.fixture
def groups() -> Memory:
    """No groups."""
    return Memory()


@pytest.fixture
def everything(users: Memory, groups: Memory) -> Everything:
    """Both."""
    return Everything({"User": users, "Group": groups})


@pytest.fixture
def offered() -> Memory:
    """Two permissions that can be granted."""
    return Memory([entitlement("project:p1:read"), entitlement("project:p1:write")])


@pytest.fixture
def scribe() -> Scribe:
    """What changes both."""
    return Scribe()


@pytest.fixture
def reasons() -> list[str]:
    """Why the gateway is not ready."""
    return []


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The project's own schemas."""
    return load_registry()


@pytest.fixture
def serve(
    everything: Everything,
    offered: Memory,
    scribe: Scribe,
    reasons: list[str],
) -> Callable[..., FlaskClient]:
    """Make a client, without a token, of an application that was made in another way."""

    def client(form: CatalogueForm = CatalogueForm.UNLISTED, **other: Any) -> FlaskClient:
        made: dict[str, Any] = {
            "registry": load_registry(form),
            "writers": {"User": scribe, "Group": scribe},
            "root": everything,
            "tokens": {
                "first": TOKEN,
                "second": "another-token-that-opens",
                "third": "ein-schlüssel",
            },
            "readiness": lambda: reasons,
            "explain": _explain,
        } | other
        catalogue = {"Role": Memory(), "Entitlement": offered}
        made["handlers"] = {**everything.handlers, **catalogue} | other.get("handlers", {})
        return create_web(**made).test_client()

    return client


@pytest.fixture
def anonymous(serve: Callable[..., FlaskClient]) -> FlaskClient:
    """A client without a token."""
    return serve()


@pytest.fixture
def bearer() -> dict[str, str]:
    """The header of those who have a token."""
    return {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def client(anonymous: FlaskClient, bearer: dict[str, str]) -> FlaskClient:
    """A client with a token."""
    anonymous.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]
    return anonymous
