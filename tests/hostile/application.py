"""The whole application in this process, which hostile requests are handed to as a server does."""

import io
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import orjson
from flask import Flask
from sqlalchemy import Engine, select

from gateway.app import GATEWAY, create_app
from gateway.assembly import Gateway
from gateway.mirror.columns import METADATA
from gateway.mirror.engine import open_database
from gateway.sandbox import Behaviour, Sandbox, generate, serving
from gateway.sandbox import create_app as create_bitbucket
from gateway.settings import load_settings
from tests.end_to_end.gateways import TOKEN, environment
from tests.hostile.filters import Filters, Paths
from tests.hostile.messages import Messages
from tests.hostile.requests import Request, Requests, Walk
from tests.hostile.source import Source

#: What clients are told of the workspace, and what they have said of it. All else in the mirror
#: tells what was read when, and what was looked up on the way to a refusal.
_TOLD = frozenset(
    {
        *("users", "user_values", "groups", "group_values", "group_resources", "memberships"),
        *("grants", "overlays", "user_records", "held_back", "journal", "unfinished"),
    }
)
_WALKS = 12
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a request was answered.

    Attributes:
        seconds: How long this thread computed; neither waiting nor other threads count.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float


@dataclass
class Application:
    """
    A gateway that has read all of a simulated workspace.

    Attributes:
        app: The application.
        bitbucket: What is before it, over HTTP.
        engine: The database of its mirror, to look into.
    """

    app: Flask
    bitbucket: Sandbox
    engine: Engine
    _told: dict[int, bytes] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        """Hand a request over, and return what comes of it."""
        environ = _environ(request)
        started: list[Any] = []

        def start_response(status: str, headers: list[Any], _error: object = None) -> Any:
            started[:] = [status, headers]

        began = time.thread_time()
        parts = self.app.wsgi_app(environ, start_response)
        body = b"".join(parts)
        close = getattr(parts, "close", None)
        if close:
            close()
        seconds = time.thread_time() - began
        return Answer(int(started[0][:3]), started[1], body, seconds)

    def json(self, path: str, query: str = "") -> Any:
        """Return the JSON of an answer that succeeded."""
        answer = self.answer(Request("GET", f"/scim/v2{path}", query))
        assert answer.status == 200, answer
        return orjson.loads(answer.body)

    def content(self) -> bytes:
        """Return what changes with everything that the mirror tells, and with nothing else."""
        version = self._version() if self.is_sqlite else None
        if version is None or version not in self._told:
            self._told = {version or 0: self._digest()}
        return self._told[version or 0]

    def writes(self) -> int:
        """Return how many calls were to change something in the simulated workspace."""
        counted = self.bitbucket.calls.by_resource
        return sum(n for name, n in counted.items() if name[:4] != "GET " and "oauth" not in name)

    def requests(self, source: Source) -> Requests:
        """Return what makes hostile requests to this application from *source*."""
        by_path = {
            name: Messages(
                source=source,
                filters=Filters(source, self.paths[name], self.known),
                users=self.ids["Users"],
                groups=self.ids["Groups"],
                entitlements=self.entitlements,
            )
            for name in self.paths
        }
        return Requests(source, by_path, self.walks)

    @cached_property
    def paths(self) -> Mapping[str, Paths]:
        """The attribute paths of each resource type, by its path; an empty one is of all."""
        registry = self._gateway.registry
        every = (*registry.resource_types, *registry.catalogue)
        types = {each.endpoint.strip("/"): each for each in every}
        # What asks for all types at once may name what only users have.
        return {path: Paths.of(each) for path, each in {**types, "": registry.user}.items()}

    @cached_property
    def ids(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of all resources, by the path of their type."""
        return {
            name: tuple(each["id"] for each in self.json(f"/{name}")["Resources"])
            for name in ("Users", "Groups")
        }

    @cached_property
    def entitlements(self) -> tuple[str, ...]:
        """The entitlements that users have."""
        users = self.json("/Users")["Resources"]
        return tuple(one["value"] for user in users for one in user.get("entitlements", ()))

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Values that filters find."""
        users = self.json("/Users", "count=10")["Resources"]
        names = [user[name] for user in users for name in ("userName", "displayName", "id")]
        return (*names, *self.entitlements[:5], "work", "direct")

    @cached_property
    def walks(self) -> tuple[Walk, ...]:
        """Walks that were begun, each with another question."""
        begun = []
        for number in range(_WALKS):
            path = ("Users", "Groups")[number % 2]
            text = quote(f'displayName ne "{number}"')
            query = f"count={1 + number % 3}&filter={text}"
            listed = self.json(f"/{path}", f"{query}&cursor=")
            begun.append(Walk(f"/scim/v2/{path}", query, listed["nextCursor"]))
        return tuple(begun)

    @property
    def is_sqlite(self) -> bool:
        """Whether the mirror is kept in SQLite."""
        return self.engine.dialect.name == "sqlite"

    def _version(self) -> int:
        """Return what changes whenever something is written to the mirror, by any connection."""
        (version,) = self._watch.execute("PRAGMA data_version").fetchone()
        return int(version)

    @cached_property
    def _watch(self) -> Any:
        proxied = self.engine.raw_connection()
        connection = proxied.dbapi_connection
        proxied.detach()
        return connection

    def _digest(self) -> bytes:
        seen = blake2b()
        with self.engine.connect() as connection:
            for table in METADATA.sorted_tables:
                if table.name in _TOLD:
                    rows = map(repr, connection.execute(select(table)).all())
                    seen.update("\n".join(sorted(rows)).encode())
        return seen.digest()

    @property
    def _gateway(self) -> Gateway:
        gateway: Gateway = self.app.extensions[GATEWAY]
        return gateway

    def close(self) -> None:
        """End everything."""
        if "_watch" in self.__dict__:
            self._watch.close()
        self.engine.dispose()
        self._gateway.close()


@contextmanager
def running(folder: Path, database_url: str | None = None) -> Iterator[Application]:
    """
    Return an application that has read everything; what it keeps is young enough for months.

    Args:
        folder: Where the mirror is.
        database_url: Or else where.
    """
    world = generate(users=30, groups=6, projects=2, repositories=6)
    with serving(create_bitbucket(world, behaviour=Behaviour(hourly_limit=None))) as bitbucket:
        settings = environment(world, bitbucket.url, folder) | {
            "GATEWAY_MAX_AGE": str(300 * _DAY_SECONDS),
            "GATEWAY_REFRESH_INTERVAL": "0",
            "GATEWAY_HOURLY_LIMIT": "0",
        }
        if database_url is not None:
            settings["GATEWAY_DATABASE_URL"] = database_url
        app = create_app(load_settings(settings, serving=True))
        engine = open_database(settings["GATEWAY_DATABASE_URL"])
        made = Application(app, bitbucket.sandbox, engine)
        try:
            made.json("/Users")
            made.json("/Groups")
            made.requests(Source(Random(0)))
            yield made
        finally:
            made.close()


def _environ(request: Request) -> dict[str, Any]:
    """Return a request as gunicorn hands it over."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "scim.example.com",
        "HTTP_AUTHORIZATION": f"Bearer {TOKEN}",
        "CONTENT_TYPE": "application/scim+json",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    return environ | dict(request.headers)
