"""``/Me``: the user that a token is for, by an address that all share (RFC 7644 §3.11)."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

import orjson
from flask import Response, after_this_request, g, request

from gateway.scim.change import Method
from gateway.scim.errors import Conflict, NotFound, Unsupported
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.bound import Filter
from gateway.scim.freshness import Provenance
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import bind_projection
from gateway.scim.schema import ResourceType
from gateway.web.caching import freshness_wanted
from gateway.web.ready import Made
from gateway.web.resources import OneView, WritableView

#: Every id has this form, and no e-mail address or account id does.
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MeView(WritableView, OneView):
    """
    The user that the token of a request is for, answered as at the user's own address.

    Who that is, is looked up anew whenever anything has changed: people come and go.

    Args:
        resource_type: The type of users.
        parts: What else every view of a resource is made of.
        users: The ids or the ``userName`` of users, by the names of the tokens that are for them.
    """

    def __init__(self, resource_type: ResourceType, *parts: Any, users: Mapping[str, str]) -> None:
        super().__init__(resource_type, *parts)
        self._by_token = {token: _filter(user, resource_type) for token, user in users.items()}
        self._id_alone = bind_projection("id", None, resource_type=resource_type)

    def get(self) -> Response:
        """Answer with the user (RFC 7644 §3.4.1)."""
        return self._retrieved(self._made_of_me, absent=self._absent())

    def put(self) -> Response:
        """Replace the user (RFC 7644 §3.5.1)."""
        return self._changed(Method.PUT)

    def patch(self) -> Response:
        """Change the user (RFC 7644 §3.5.2)."""
        return self._changed(Method.PATCH)

    def delete(self) -> Response:
        """Delete the user (RFC 7644 §3.6)."""
        return self._changed(Method.DELETE)

    def post(self) -> NoReturn:
        """Refuse to make the user that the token would be for."""
        raise Unsupported("Nobody can register at /Me; POST /Users invites a person.")

    def _made_of_me(self) -> Made:
        user_id, found = self._subject()
        if user_id is None:
            return Made(b"", found)
        made = self._made(user_id, found)
        # The answer may be given again, past what adds it to all others.
        headers = {**made.headers, "Location": self._location(user_id)}
        return replace(made, headers=headers)

    def _changed(self, method: Method) -> Response:
        user_id, found = self._subject()
        if user_id is None:
            raise NotFound(self._absent())
        return self._change(method, user_id, found)

    def _subject(self) -> tuple[str | None, Provenance]:
        """
        Return the id of the user that the token is for, if there is one, and how that is known.

        Raises:
            Unsupported: The token is for nobody.
            Conflict: It is for several.
        """
        node = self._by_token.get(g.token)
        if node is None:
            raise Unsupported(
                f"/Me is the user that a token is for, and {g.token} is for none: set "
                f"{g.token}_USER to the id or the userName of one."
            )
        listing = self._handler.query(
            Query(
                filter=node,
                sort=None,
                page=IndexPage(count=2),
                projection=self._id_alone,
                base_url=self._addresses.base_url(),
                freshness=freshness_wanted(request.headers.get("Cache-Control")),
            )
        )
        if listing.total_results > 1:
            raise Conflict(
                f"Several users have the userName in {g.token}_USER; set it to the id of one."
            )
        ids = [str(found["id"]) for found in orjson.loads(listing.json)]
        if not ids:
            return None, listing.provenance
        location = self._location(ids[0])

        @after_this_request
        def locate(response: Response) -> Response:
            # RFC 7644 §3.11: whatever the response is.
            response.headers["Location"] = location
            return response

        return ids[0], listing.provenance

    def _location(self, user_id: str) -> str:
        return f"{self._addresses.base_url()}{self._type.endpoint}/{user_id}"

    def _absent(self) -> str:
        return (
            f"There is no user, or none any more, with the id or userName in {g.token}_USER; set "
            "it to that of another."
        )


def _filter(user: str, resource_type: ResourceType) -> Filter:
    name = "id" if _ID.fullmatch(user) else "userName"
    return bind_filter(f"{name} eq {json.dumps(user)}", resource_type)
