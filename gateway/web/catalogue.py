"""``/Roles`` and ``/Entitlements``: what can be held, which nobody changes through SCIM."""

from collections.abc import Mapping

from flask import Flask, Response, current_app

from gateway.scim.errors import MethodNotAllowed
from gateway.scim.handler import ResourceHandler
from gateway.scim.schema import Registry
from gateway.web.addresses import ROOT
from gateway.web.answers import error_answer
from gateway.web.lists import Lists, ListView, add_lists
from gateway.web.resources import Items, ItemView, add_items
from gateway.web.views import Shared


class _ReadOnly:
    """
    Refuses every change, once the token is checked.

    By 405 and not 501 (RFC 7644 §3.12): the service does change resources, those are none to
    change.

    Attributes:
        offered: The methods that are not refused.
    """

    offered = ("GET", "HEAD", "OPTIONS")

    def post(self, **_: str) -> Response:
        """Refuse."""
        error = MethodNotAllowed(
            "What can be held is read only: Bitbucket's repositories, projects and roles say what "
            "there is; to grant an entitlement, PATCH the entitlements of a user or a group."
        )
        return error_answer(error, {"Allow": ", ".join(self.offered)})

    put = patch = delete = post

    def options(self, **_: str) -> Response:
        """Say what is offered (RFC 9110 §9.3.7), which is not all that is answered."""
        answer = current_app.make_default_options_response()
        answer.headers["Allow"] = ", ".join(self.offered)
        return answer


class _Listed(_ReadOnly, ListView):
    """``/Roles``, ``/Entitlements``."""


class _Single(_ReadOnly, ItemView):
    """``/Roles/{id}``, ``/Entitlements/{id}``."""


def add_catalogue(
    app: Flask, registry: Registry, handlers: Mapping[str, ResourceHandler], shared: Shared
) -> None:
    """Add the endpoints of the types that the registry has, maybe none."""
    for resource_type in registry.catalogue:
        name, handler = resource_type.name, handlers[resource_type.name]
        path = f"{ROOT}{resource_type.endpoint}"
        add_lists(app, name, path, Lists.of(resource_type, handler), shared, view=_Listed)
        single = _Single.as_view(f"{name}.single", resource_type, handler, shared)
        add_items(app, path, Items(resource_type, handler), shared, single)
