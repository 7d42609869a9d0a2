"""A gateway on a socket, in front of a simulated Bitbucket on another."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from werkzeug.serving import make_server

from gateway.app import GATEWAY, create_app
from gateway.assembly import assemble
from gateway.directory.confirmation import confirm
from gateway.sandbox import World, demo_credentials
from gateway.settings import load_settings

TOKEN = "a-token-for-the-tests"


@dataclass(frozen=True, slots=True)
class Client:
    """Asks a gateway."""

    base_url: str
    session: requests.Session

    def get(self, path: str, **parameters: str | int) -> requests.Response:
        """Return the answer to a query."""
        return self.session.get(f"{self.base_url}{path}", params=parameters, timeout=30)

    def send(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> requests.Response:
        """Return the answer to a request that changes something."""
        url = f"{self.base_url}{path}"
        return self.session.request(method, url, json=body, headers=headers, timeout=60)

    def json(self, path: str, **parameters: str | int) -> Any:
        """Return the JSON of an answer that succeeded."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, path: str, **parameters: str | int) -> list[dict[str, Any]]:
        """Return every resource of a list, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.json(path, startIndex=len(found) + 1, count=40, **parameters)
            found += page["Resources"]
            if len(found) >= page["totalResults"]:
                return found


def environment(world: World, api_url: str, folder: Path) -> dict[str, str]:
    """Return the settings of a gateway to *world*, which keeps its mirror in *folder*."""
    known = demo_credentials(world.slug)
    return {
        "BITBUCKET_API_URL": api_url,
        "BITBUCKET_WORKSPACE": world.slug,
        "BITBUCKET_ACCESS_TOKEN": known.access_token.token,
        "BITBUCKET_EMAIL": known.api_token.email,
        "BITBUCKET_API_TOKEN": known.api_token.token,
        "BITBUCKET_OAUTH_KEY": known.oauth.key,
        "BITBUCKET_OAUTH_SECRET": known.oauth.secret,
        "SCIM_TOKEN": TOKEN,
        "GATEWAY_DATABASE_URL": f"sqlite:///{folder / 'mirror.sqlite3'}",
        "GATEWAY_LOG_LEVEL": "error",
    }


def have_told(settings: Mapping[str, str]) -> None:
    """Have every repository tell what was inferred, as the background does when calls are free."""
    made = assemble(load_settings(settings, serving=False))
    try:
        confirm(made.synchronization, until=lambda: False)
    finally:
        made.close()


@contextmanager
def gateway(settings: Mapping[str, str]) -> Iterator[Client]:
    """Serve a gateway with *settings* until the block ends."""
    app = create_app(load_settings(settings, serving=True))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {TOKEN}"
            yield Client(f"http://127.0.0.1:{server.port}/scim/v2", session)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions[GATEWAY].close()
