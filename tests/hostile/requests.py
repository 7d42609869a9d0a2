"""Hostile requests, door by door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.hostile.messages import Messages
from tests.hostile.source import Source

_ROOT = "/scim/v2"
_TYPES = ("Users", "Groups")
#: What is queried; an empty path asks for all types at once.
_LISTS = (*_TYPES, *_TYPES, "Roles", "Entitlements", "")
_DISCOVERY = ("Schemas", "ResourceTypes", "ServiceProviderConfig")
_ELSEWHERE = (
    *(f"{_ROOT}/{name}" for name in (*_DISCOVERY, "", "Me", "Bulk", ".search", "events", "jwks")),
    *("/", _ROOT, "/healthz", "/readyz", "/admin/explain"),
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "get", "")
_PARAMETERS = (
    *("filter", "startIndex", "count", "sortBy", "sortOrder", "attributes", "excludedAttributes"),
    *("cursor", "Filter", "COUNT", "start_index", "x", "aadOptscim062020", ""),
)
_TAGS = ('W/"1"', '"', '""', "*", 'W/"a" "b"', ", ,", 'w/"1"', "," * 5000, 'W/"1",' * 3000)
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "HTTP_HOST": ("", "localhost:99999", "a b", "[::1", "evil.example", "\xe9", "x" * 300, "a/b"),
    "HTTP_IF_MATCH": _TAGS,
    "HTTP_IF_NONE_MATCH": _TAGS,
    "HTTP_CACHE_CONTROL": (
        *("max-age=", "max-age=-1", "max-age=" + "9" * 30, "max-age=1e9", "max-stale", "no-store"),
        *("min-fresh=" + "9" * 5000, "max-stale=" + "9" * 30, '="', "only-if-cached, max-age=0"),
    ),
    "HTTP_X_DRY_RUN": ("true", "TRUE", "yes", "", " false ", "true,true"),
    "HTTP_X_REQUEST_ID": ("a" * 128, "a" * 129, "\r\nX: 1", "\xff", "..", ""),
    "HTTP_X_FORWARDED_HOST": ("evil.example",),
    "HTTP_ACCEPT": ("*/*", "text/html;q=", ";", "application/json", "\xff" * 100),
    "HTTP_ACCEPT_ENCODING": ("gzip;q=2", "identity;q=0", "\xff"),
    "HTTP_RANGE": ("bytes=0-1", "bytes=-", "x" * 1000),
    "HTTP_COOKIE": ("a=b; " * 1000, "\xff=\xff", "="),
    "HTTP_TRANSFER_ENCODING": ("chunked", "gzip, chunked", "x"),
    "HTTP_AUTHORIZATION": ("", "Bearer", "Bearer  x", "Basic YTpi", "Bearer \xff", "Digest x" * 99),
    "HTTP_PREFER": ("return=minimal", "respond-async"),
    "CONTENT_TYPE": (
        *("", "text/xml", "application/json; charset=utf-16", "multipart/form-data; boundary=x"),
        *("application/x-www-form-urlencoded", "application/scim+json;;;", "\xff", "/"),
    ),
    "CONTENT_LENGTH": ("", "-1", "0", "5", "9" * 30, "+1", "1.0", "\xb2", "1048577"),
    "REMOTE_ADDR": ("", "::1"),
    "SCRIPT_NAME": ("", "/proxy", "/a:b"),
    "HTTP_X_HTTP_METHOD_OVERRIDE": ("DELETE",),
}


@dataclass(frozen=True, slots=True)
class Request:
    """
    A request, as WSGI has it (PEP 3333): texts hold bytes, one a character.

    Attributes:
        query: What follows the question mark, percent-encoded or not.
        headers: Other entries of the environment.
        is_forged: Whether it goes on with a walk by a cursor that was not given for it.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_forged: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """
    A walk by cursor that began.

    Attributes:
        path: What it goes through.
        query: What it was asked with, but for the cursor.
        cursor: Where it goes on.
    """

    path: str
    query: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Requests:
    """
    Makes hostile requests.

    Attributes:
        source: What they are made of.
        by_path: Makes their bodies, by the path of a resource type.
        walks: Walks that clients are on; at least two.
    """

    source: Source
    by_path: Mapping[str, Messages]
    walks: tuple[Walk, ...]

    def filter(self) -> Request:
        """Ask with a filter."""
        path = self.source.one(_LISTS)
        asked = {"filter": self.by_path[path].filters.filter()}
        if self.source.often(0.5):
            asked["count"] = "1"
        return Request("GET", f"{_ROOT}/{path}", self._query(asked))

    def attribute_paths(self) -> Request:
        """Ask for attributes, and for an order."""
        source, path = self.source, self.source.one(_LISTS)
        filters = self.by_path[path].filters
        asked = {"count": "1"}
        for name in ("attributes", "excludedAttributes", "sortBy"):
            if source.often(0.5):
                asked[name] = ",".join(filters.path() for _ in range(1 + source.up_to(4)))
        if source.often(0.3):
            asked["sortOrder"] = source.one(("ascending", "descending", source.text()))
        single = f"/{source.one(self.by_path[path].users)}" if source.often(0.3) else ""
        return Request("GET", f"{_ROOT}/{path}{single}", self._query(asked))

    def cursor(self) -> Request:
        """Go on with a walk by a cursor that was not given for that question."""
        source = self.source
        walk, other = source.one(self.walks), source.one(self.walks)
        cursor, query = walk.cursor, walk.query
        match source.up_to(6):
            case 0:
                cursor = source.text()
            case 1:
                cursor = source.damaged(cursor)
            case 2:
                at = source.up_to(len(cursor))
                cursor = cursor[:at] + other.cursor[at:]
            case 3:
                at = source.up_to(len(cursor) - 1)
                cursor = cursor[:at] + source.one("ABCxyz019-_+/=. ") + cursor[at + 1 :]
            case 4:
                cursor += source.one(("=", "==", "A", "\n", " ", "%", "!", cursor))
            case 5:
                query = other.query
            case _:
                asked = {"filter": self.by_path["Users"].filters.filter()}
                query = f"{query}&{self._query(asked)}"
        is_forged = cursor != "" and (walk.path, query, cursor) not in self._given
        query += f"&cursor={quote(cursor, safe='', errors='surrogatepass')}"
        return Request("GET", walk.path, query, is_forged=is_forged)

    @property
    def _given(self) -> set[tuple[str, str, str]]:
        return {(walk.path, walk.query, walk.cursor) for walk in self.walks}

    def parameters(self) -> Request:
        """Ask with parameters of any name, number and form."""
        source = self.source
        words = (source.number, source.text, self.by_path["Users"].filters.path)
        pairs = [(source.one(_PARAMETERS), source.one(words)()) for _ in range(1 + source.up_to(4))]
        query = "&".join(f"{name}={self._encoded(value)}" for name, value in pairs)
        if source.often(0.1):
            query = source.damaged(query)
        if source.rarely():
            query = "&".join([query] * source.one((50, 500, 2000)))
        return Request("GET", self._somewhere(), _wire(query))

    def headers(self) -> Request:
        """Send headers that are none, to any address, by any method."""
        source = self.source
        names = [source.one(list(_HEADERS)) for _ in range(1 + source.up_to(3))]
        headers = {name: self._header(name) for name in names}
        method = source.one(_METHODS) if source.often(0.5) else "GET"
        path = self._somewhere()
        if method in ("POST", "PUT", "PATCH", "DELETE"):
            # What is done is told by the doors of bodies; here nothing is to be done.
            headers["HTTP_X_DRY_RUN"] = headers.get("HTTP_X_DRY_RUN") or "maybe"
        body = source.one((b"", b"{}", b"[]", b"\0" * 10)) if source.often(0.3) else b""
        return Request(method, path, "", headers, body)

    def search(self) -> Request:
        """Ask with a query in a body."""
        path = self.source.one(_LISTS)
        messages = self.by_path[path]
        search = f"{_ROOT}/{path}/.search" if path else f"{_ROOT}/.search"
        address = self.source.one((search, search, search, "/admin/explain"))
        return Request("POST", address, "", {}, messages.written(messages.search()))

    def resource(self) -> Request:
        """Make or replace a resource, as a dry run."""
        path = self.source.one(_TYPES)
        messages = self.by_path[path]
        body = messages.written(messages.user() if path == "Users" else messages.group())
        if self.source.often(0.5):
            return self._dry("POST", f"{_ROOT}/{path}", body)
        return self._dry("PUT", f"{_ROOT}/{path}/{self._id(path)}", body)

    def patch(self) -> Request:
        """Change a resource, as a dry run."""
        path = self.source.one(_TYPES)
        messages = self.by_path[path]
        address = f"{_ROOT}/{path}/{self._id(path)}"
        return self._dry("PATCH", address, messages.written(messages.patch()))

    def bulk(self) -> Request:
        """Change many, in earnest."""
        messages = self.by_path[self.source.one(_TYPES)]
        return Request("POST", f"{_ROOT}/Bulk", "", {}, messages.written(messages.bulk()))

    def _dry(self, method: str, path: str, body: bytes) -> Request:
        return Request(method, path, "", {"HTTP_X_DRY_RUN": "true"}, body)

    def _id(self, path: str) -> str:
        source, messages = self.source, self.by_path[path]
        known = source.one(messages.users if path == "Users" else messages.groups)
        if source.often(0.9):
            return known
        return _wire(source.one((source.damaged(known), source.text()))) or known

    def _somewhere(self) -> str:
        source, path = self.source, self.source.one(_TYPES)
        if source.often(0.3):
            return f"{_ROOT}/{path}"
        if source.often(0.3):
            return f"{_ROOT}/{path}/{self._id(path)}"
        if source.often(0.3):
            return source.one(_ELSEWHERE)
        if source.often(0.5):
            return f"{_ROOT}/{source.one(_DISCOVERY)}/{_wire(source.text())}"
        damaged = source.damaged(f"{_ROOT[1:]}/Users/{source.text()}")
        return _wire(f"/{damaged if source.often(0.5) else source.text()}")

    def _header(self, name: str) -> str:
        source = self.source
        # What a server is mounted at, it is told by who runs it.
        if source.often(0.7) or name == "SCRIPT_NAME":
            return source.one(_HEADERS[name])
        return _wire(source.one((source.text, source.number))()).translate(_NO_LINES)

    def _query(self, asked: Mapping[str, str]) -> str:
        return _wire("&".join(f"{name}={self._encoded(value)}" for name, value in asked.items()))

    def _encoded(self, value: str) -> str:
        """Return a parameter's value as clients write it, who forget at times to encode it."""
        if self.source.often(0.05):
            return value
        return quote(value, safe="", errors="surrogatepass")


#: What makes requests of each kind, and which share of all they are: those cost most that are few.
DOORS: Mapping[Callable[[Requests], Request], float] = {
    Requests.filter: 0.36,
    Requests.attribute_paths: 0.15,
    Requests.cursor: 0.12,
    Requests.parameters: 0.12,
    Requests.headers: 0.1,
    Requests.search: 0.08,
    Requests.resource: 0.02,
    Requests.patch: 0.03,
    Requests.bulk: 0.02,
}
#: No server hands over a header that has more lines than one.
_NO_LINES = dict.fromkeys(map(ord, "\r\n"), " ")


def _wire(text: str) -> str:
    """Return *text* as WSGI hands it over: its bytes in UTF-8, read as Latin-1."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
