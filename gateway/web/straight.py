"""The way past the framework, for resources that need nothing read of Bitbucket."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from werkzeug.wrappers import Request

from gateway.scim.freshness import AT_HAND
from gateway.web.addresses import Addresses
from gateway.web.asking import Asking
from gateway.web.ready import Made
from gateway.web.wellformed import is_encoded

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Revision: TypeAlias = Callable[[], int | None]

#: The end of an address that means the same to whoever reads it.
_PLAIN = re.compile(r"[A-Za-z0-9-]+")


class Straight:
    """
    Addresses of resources, and what makes the answers to a GET of each.

    A framework's way to an answer takes several times as long as the answer itself does.

    Args:
        addresses: Where clients find the service.
    """

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._lists: dict[str, tuple[Callable[[Asking], Made], Revision]] = {}
        self._items: dict[str, tuple[str, Callable[[Asking, str], Made], Revision]] = {}

    def add(self, path: str, make: Callable[[Asking], Made], revision: Revision) -> None:
        """Have *make* answer at *path*; see :meth:`gateway.web.ready.ReadyAnswers.answer`."""
        self._lists[path] = make, revision

    def add_below(
        self, path: str, rule: str, make: Callable[[Asking, str], Made], revision: Revision
    ) -> None:
        """Have *make* answer at each address of *rule*, a name below *path*, handed that name."""
        self._items[path] = rule, make, revision

    def way(
        self, environ: "WSGIEnvironment", token: str
    ) -> tuple[Revision, Callable[[], Made]] | None:
        """
        Return what tells the revision of an answer, and makes it.

        It raises whatever keeps it from the answer: the framework meets the same, and says so.

        Args:
            environ: A GET without a body, as WSGI has it.
            token: The name of the token that it came with.

        Returns:
            None if the request is none that can do without the framework.
        """
        route = self._route(environ["PATH_INFO"])
        if route is None:
            return None
        rule, make, revision = route
        query: str = environ.get("QUERY_STRING", "")
        if not is_encoded(query.encode("latin-1")):
            return None

        def made() -> Made:
            parameters: Mapping[str, list[str]] = {}
            if query:
                parameters = Request(environ, populate_request=False).args.to_dict(flat=False)
            base_url = self._addresses.base_url_in(environ)
            return make(Asking(rule, token, parameters, base_url, AT_HAND))

        return revision, made

    def _route(self, path: str) -> tuple[str, Callable[[Asking], Made], Revision] | None:
        found = self._lists.get(path)
        if found is not None:
            return path, *found
        above, _, name = path.rpartition("/")
        item = self._items.get(above)
        if item is None or not _PLAIN.fullmatch(name):
            return None
        rule, make, revision = item
        return rule, lambda asking: make(asking, name), revision
