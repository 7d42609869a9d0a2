"""Bodies of requests that are nearly right, as JSON or nearly."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.hostile.filters import Filters
from tests.hostile.source import Source

_CORE = "urn:ietf:params:scim:schemas:core:2.0"
_MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"
_VALUES: tuple[Any, ...] = (
    *(None, True, False, [], {}, "", 0, -1, 2**31, 2**63, 2**64, -(2**64), 10**400),
    *(0.1, 1e308, float("inf"), float("nan"), 5e-324),
)
_SEARCHED_NUMBERS = (0, 1, 3, -1, 10**9, 2**63, 2**64, 10**30, 1.0, 1e300, "2", True)
#: What long texts are made of: what is searched for, folded, or matched in several ways.
_UNITS = (
    *("a@", "a.", ".", "-", " ", "([", '"', "e\u0301", "\u0301", "a@b.c,", "urn:", ":", "<a@"),
    *("bulkId:", "1", "\u1100\u1161", "\u0130", "repository:a/b:read", "%", "\\"),
)
_DEEP = (10, 60, 300, 900, 1020, 1030, 5000, 100_000)
_METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET", "patch", "", "BREW")
_NEVER_THERE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Messages:
    """
    Makes bodies.

    Attributes:
        source: What they are made of.
        filters: Makes the filters and paths in them.
        users: The ids of users that are there.
        groups: Those of groups.
        entitlements: The entitlements that users have.
    """

    source: Source
    filters: Filters
    users: tuple[str, ...]
    groups: tuple[str, ...]
    entitlements: tuple[str, ...]

    def written(self, value: object) -> bytes:
        """Return *value* as JSON: damaged at times, and always in one of the forms there are."""
        source = self.source
        if source.rarely():
            return self._deep() if source.often(0.5) else self._long()
        text = json.dumps(value, ensure_ascii=source.often(0.6))
        if source.often(0.05):
            # A member twice: readers differ in which of them they take.
            text = text.replace('"value"', '"op"').replace('"type"', '"value"')
        content = text.encode("utf-8", "surrogatepass" if source.often(0.5) else "replace")
        if source.often(0.1):
            return source.damaged_bytes(content)
        if source.rarely():
            return source.one((b"\xef\xbb\xbf" + content, text.encode("utf-16", "replace"), b""))
        return content

    def user(self) -> Any:
        """Return the body of a POST or PUT of a user."""
        source = self.source
        name = source.one((source.one(self.filters.known), source.text(), "ann@acme.example"))
        body: dict[str, Any] = {
            "schemas": [f"{_CORE}:User"],
            "userName": name,
            "active": source.one((True, False, "True", None, 0)),
            "emails": [{"value": name, "type": "work", "primary": True}],
        }
        if source.often(0.5):
            body["name"] = {"givenName": source.text(), "familyName": "Lee"}
            body["externalId"] = source.text()
            body["groups"] = [{"value": self._group()}]
        if source.often(0.4):
            body["entitlements"] = source.some(self._entitlement, 4)
            body[f"{_EXTENSION}:User"] = {"uuid": self._user(), "nickname": source.text()}
        return self._spoilt(body)

    def group(self) -> Any:
        """Return the body of a POST or PUT of a group."""
        source = self.source
        members = source.some(lambda: {"value": self._user(), "type": "User"}, 4)
        body: dict[str, Any] = {
            "schemas": [f"{_CORE}:Group", f"{_EXTENSION}:Group"],
            "displayName": source.one((source.text(), "Developers")),
            "members": members,
            f"{_EXTENSION}:Group": {
                "autoAdd": source.one((True, "true", 1)),
                "workspacePermission": source.one(("read", "admin", "own", None)),
                "entitlements": source.some(self._entitlement, 3),
            },
        }
        if source.rarely():
            body["members"] = [{"value": f"{n:x}"} for n in range(source.one((99, 101, 3000)))]
        return self._spoilt(body)

    def patch(self) -> Any:
        """Return a PatchOp."""
        source = self.source
        many = source.one((999, 1000, 1001)) if source.often(0.005) else 0
        operations = [self._operation()] * many or [
            self._operation() for _ in range(1 + source.up_to(2) * source.up_to(1))
        ]
        return self._spoilt({"schemas": [f"{_MESSAGES}:PatchOp"], "Operations": operations})

    def search(self) -> Any:
        """Return a SearchRequest, which is no other than what explanations take."""
        source = self.source
        number = partial(source.one, _SEARCHED_NUMBERS)
        members: dict[str, Callable[[], Any]] = {
            "filter": self.filters.filter,
            "attributes": lambda: source.some(self.filters.path, 3),
            "excludedAttributes": self.filters.path,
            "sortBy": self.filters.path,
            "sortOrder": lambda: source.one(("ascending", "descending", "Descending", "")),
            "startIndex": number,
            "count": number,
            "cursor": lambda: source.one(("", source.text())),
            "resourceType": lambda: source.one(("User", "Group", "user", None, [])),
        }
        chosen = {name: make() for name, make in members.items() if source.often(0.3)}
        return self._spoilt({"schemas": [f"{_MESSAGES}:SearchRequest"], **chosen})

    def bulk(self) -> Any:
        """Return a BulkRequest, mostly of what can't be done: to do it takes calls."""
        source = self.source
        many = source.one((49, 50, 51, 1000)) if source.rarely() else 0
        operations = [self._bulk_operation(0)] * many or [
            self._bulk_operation(number) for number in range(1 + source.up_to(3))
        ]
        body: dict[str, Any] = {"schemas": [f"{_MESSAGES}:BulkRequest"], "Operations": operations}
        if source.often(0.3):
            body["failOnErrors"] = source.one((1, 0, -1, 2**70, 1.5, "1", None))
        return self._spoilt(body)

    def _bulk_operation(self, number: int) -> dict[str, Any]:
        source = self.source
        if source.often(0.05):
            return self._right_bulk_operation(number)
        named = source.one(
            (_NEVER_THERE, f"bulkId:{number + 1}", f"bulkId:{number}", source.text())
        )
        path = source.one(
            ("/Users", "/Groups", f"/Users/{named}", f"/Groups/{named}", source.text())
        )
        operation: dict[str, Any] = {"method": source.one(_METHODS), "path": path}
        operation["bulkId"] = source.one((str(number), str(number), "0", "", source.text(), None))
        if source.often(0.8):
            operation["data"] = source.one(
                ({}, self._value(2), {"members": [{"value": f"bulkId:{number + 1}"}]}, self.patch())
            )
        if source.often(0.2):
            operation["version"] = source.one(('W/"1"', "*", "", source.text()))
        return operation

    def _right_bulk_operation(self, number: int) -> dict[str, Any]:
        """Return one that is carried out, unless it is damaged."""
        source = self.source
        group, user = source.one(self.groups), source.one(self.users)
        made = {"displayName": source.one(("Testers", "Writers"))}
        add = {"op": "add", "path": "members", "value": [{"value": user}]}
        return source.one(
            (
                {"method": "POST", "path": "/Groups", "bulkId": str(number), "data": made},
                {"method": "PATCH", "path": f"/Groups/{group}", "data": {"Operations": [add]}},
            )
        )

    def _operation(self) -> dict[str, Any]:
        source = self.source
        if source.often(0.8):
            return self._right_operation()
        operation: dict[str, Any] = {
            "op": source.one(("add", "remove", "replace", "Add", "Replace", "move", source.text()))
        }
        if source.often(0.8):
            operation["path"] = self.filters.value_path()
        if source.often(0.85):
            operation["value"] = source.one(
                (
                    *(source.text(), [{"value": self._user()}], {self.filters.path(): "x"}),
                    *(self._entitlement(), [self._entitlement()], True, "False", self._value(3)),
                )
            )
        return operation

    def _right_operation(self) -> dict[str, Any]:
        """Return one that clients send, but for what it is about."""
        source = self.source
        op, user = source.one(("add", "replace", "Remove")), self._user()
        some = [{"value": self._user()}, self._entitlement()]
        return source.one(
            (
                {"op": op, "path": f'members[value eq "{user}"]'},
                {"op": op, "path": "members", "value": some[:1]},
                {"op": op, "path": "displayName", "value": source.text()},
                {"op": op, "path": "entitlements", "value": some[1:]},
                {"op": op, "path": 'emails[type eq "work"].value', "value": source.text()},
                {"op": op, "path": self.filters.value_path(), "value": source.text()},
                {"op": op, "path": source.one(self.filters.paths.all), "value": self._value(1)},
                {"op": op, "value": {"externalId": source.text(), "active": True}},
                {"op": op, "value": {source.one(self.filters.paths.all): self._value(2)}},
                {"op": op, "value": {"active": source.one((False, "False", None))}},
            )
        )

    def _entitlement(self) -> dict[str, Any]:
        source = self.source
        known = source.one(self.entitlements) if self.entitlements else "x"
        return {"value": source.damaged(known) if source.often(0.5) else known}

    def _user(self) -> str:
        source = self.source
        user = source.one(self.users)
        return source.damaged(user) if source.often(0.3) else source.cased(user)

    def _group(self) -> str:
        source = self.source
        return source.one((source.one(self.groups), _NEVER_THERE, source.text()))

    def _value(self, depth: int) -> Any:
        """Return any JSON value, of at most that depth."""
        source = self.source
        if depth and source.often(0.3):
            if source.often(0.5):
                return source.some(lambda: self._value(depth - 1), 3)
            return {source.one((self.filters.path(), source.text())): self._value(depth - 1)}
        if source.often(0.5):
            return source.one(_VALUES)
        return source.one((source.text(), source.one(self.users), self.filters.path()))

    def _spoilt(self, body: Any) -> Any:
        """Return *body* with something else in a place or two, or none."""
        source = self.source
        while source.often(0.3):
            body = self._with_another(body)
        return body

    def _with_another(self, body: Any) -> Any:
        source = self.source
        if source.often(0.15) or not body or not isinstance(body, dict | list):
            return source.one((self._value(2), [body], {"value": body}))
        if isinstance(body, list):
            at = source.up_to(len(body) - 1)
            return [*body[:at], self._with_another(body[at]), *body[at + 1 :]]
        name = source.one(list(body))
        if source.often(0.25):
            other = source.one((name.upper(), name.lower(), source.text(), self.filters.path()))
            return {**body, other: body[name]}
        return {**body, name: self._with_another(body[name])}

    def _long(self) -> bytes:
        """Return a body that is as long as one may be, or a part of it: of lists or of texts."""
        source = self.source
        size = source.one((100, 100, 1000, 1000, 3000, 3001, 20_000, 20_001))
        text = source.one(_UNITS) * (size * 40)
        values = [
            *({"value": f"{number}{source.one(_UNITS)}"} for number in range(size)),
            *([{}] if source.often(0.5) else []),
        ]
        again = {"op": "remove", "path": source.one(("emails.type", 'emails[value co "z"]'))}
        operations = [{"op": "add", "path": "emails", "value": values}, *[again] * 900]
        told: Any = source.one(
            (
                *({"userName": text}, {"userName": "a@b.example", "emails": values}),
                *({"displayName": text}, {"displayName": "x", "members": values}),
                *({"userName": "a@b.example", "entitlements": values}, {"Operations": operations}),
                {"Operations": [{"op": "replace", "path": text, "value": "x"}]},
                {"Operations": [{"op": "add", "value": {f"emails.{n}": 1 for n in range(size)}}]},
                *({"filter": text}, {"attributes": text}, {"cursor": text}, {"count": text}),
                {"Operations": [{"method": "DELETE", "path": f"/Users/{text}"}]},
            )
        )
        return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")

    def _deep(self) -> bytes:
        depth, inner = self.source.one(_DEEP), self.source.one((b"1", b'"x"', b""))
        if self.source.often(0.5):
            nested = b"[" * depth + inner + b"]" * depth
        else:
            nested = b'{"value":' * depth + (inner or b"1") + b"}" * depth
        name = self.source.one(
            (b"Operations", b"members", b"userName", b"filter", b"name", b"data")
        )
        return self.source.one(
            (
                nested,
                b'{"%s":%s}' % (name, nested),
                b'{"Operations":[{"op":"add","value":%s}]}' % nested,
                b'{"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":%s}]}'
                % nested,
                b'{"displayName":"x","members":[{"value":%s}]}' % nested,
            )
        )
