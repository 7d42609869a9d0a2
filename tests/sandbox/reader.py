"""A plain client of the simulated Bitbucket, for tests of the simulation itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from gateway.sandbox import ApiToken, OAuthConsumer, Serving, WorkspaceAccessToken

TIMEOUT_SECONDS = 10


@dataclass
class Reader:
    """Reads from a served sandbox with one credential."""

    served: Serving
    credential: WorkspaceAccessToken | ApiToken | OAuthConsumer | None
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, /, **arguments: str | int) -> requests.Response:
        """GET a path, or a whole URL, with these query arguments."""
        url = path if path.startswith("http") else f"{self.served.url}{path}"
        return self.session.get(
            url,
            params=arguments,
            headers=self.headers(),
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )

    def read(self, path: str, /, **arguments: str | int) -> Any:
        """The JSON of a successful GET."""
        response = self.get(path, **arguments)
        assert response.status_code == 200, response.text
        return response.json()

    def pages(self, path: str, /, **arguments: str | int) -> Iterator[Mapping[str, Any]]:
        """Every page, following ``next``."""
        page = self.read(path, **arguments)
        yield page
        while "next" in page:
            page = self.read(page["next"])
            yield page

    def all(self, path: str, /, **arguments: str | int) -> list[Any]:
        """Every value of every page."""
        return [value for page in self.pages(path, **arguments) for value in page["values"]]

    def headers(self) -> dict[str, str]:
        """The ``Authorization`` this reader sends."""
        match self.credential:
            case None:
                return {}
            case WorkspaceAccessToken(token=token):
                return {"Authorization": f"Bearer {token}"}
            case ApiToken(email=email, token=token):
                request = requests.Request("GET", self.served.url, auth=(email, token))
                return {"Authorization": str(request.prepare().headers["Authorization"])}
            case OAuthConsumer():
                return {"Authorization": f"Bearer {self.bought_token()}"}

    def bought_token(self) -> str:
        """A bearer token bought with key and secret."""
        assert isinstance(self.credential, OAuthConsumer)
        response = requests.post(
            f"{self.served.url}/site/oauth2/access_token",
            data={"grant_type": "client_credentials"},
            auth=(self.credential.key, self.credential.secret),
            timeout=TIMEOUT_SECONDS,
        )
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    def error(self, path: str, /, **arguments: str | int) -> tuple[int, Any]:
        """Status and error object of a refused GET, whose body has Bitbucket's shape."""
        response = self.get(path, **arguments)
        body = response.json()
        assert body["type"] == "error"
        assert set(body) == {"type", "error"}
        assert set(body["error"]) <= {"message", "detail", "data"}
        assert isinstance(body["error"]["message"], str)
        return response.status_code, body["error"]
