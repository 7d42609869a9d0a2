"""
Canaille, an identity server, tells a service of its people and groups, and prints what it saw.

It runs in an environment apart. Arguments: the base URL of the service, and its token.
For each step it prints the requests that Canaille made, and what the service has then.
"""

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.scim.client import initiate_scim_client
from scim2_models import SearchRequest

NOW = datetime.now(UTC)
SETTINGS = {
    "SECRET_KEY": "of no service but this script",
    "SERVER_NAME": "canaille.example",
    "CANAILLE_SCIM": {"ENABLE_CLIENT": True},
}


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        logger.setLevel(logging.INFO)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep *record*."""
        self.records.append(record)


class Script:
    """
    The steps, and what came of each.

    Attributes:
        client: What Canaille makes for each change anew; None where it finds no SCIM.
    """

    def __init__(self, service: Any, said: Kept, sent: Kept) -> None:
        self.service = service
        self.said = said
        self.sent = sent
        self.steps: dict[str, Any] = {}
        self.client = initiate_scim_client(service)

    def step(self, name: str, act: Callable[[Any], None], subject: Any) -> None:
        """Do *act* to *subject*, which Canaille then tells the service, and read it there."""
        self.said.records.clear()
        self.sent.records.clear()
        act(subject)
        self.steps[name] = {
            "said": [record.getMessage() for record in self.said.records],
            "sent": [_request(record, self.service.client_uri) for record in self.sent.records],
            "found": self._found(subject),
        }

    def _found(self, subject: Any) -> Any:
        if self.client is None:
            return None
        model = self.client.get_resource_model(type(subject).__name__)
        # Typed anew in later releases, which our own tools have.
        query: Any = SearchRequest.model_validate({"filter": f'externalId eq "{subject.id}"'})
        answer = self.client.query(model, query_parameters=query)
        return [json.loads(each.model_dump_json()) for each in answer.resources or []]


def _request(record: logging.LogRecord, base_url: str) -> str:
    assert isinstance(record.args, tuple)
    method, url, _, status, _ = record.args
    return f"{method} {unquote_plus(str(url)).removeprefix(base_url)} {status}"


def _service(backend: Any, base_url: str, token: str) -> Any:
    """Return the service as Canaille knows it; at 127.0.0.1 it is trusted."""
    service = models.Client(client_id="bitbucket", client_name="Bitbucket", client_uri=base_url)
    backend.save(service)
    issued = models.Token(
        token_id="for-provisioning",
        access_token=token,
        client=service,
        audience=[service],
        subject=None,
        issue_date=NOW,
        lifetime=3600,
    )
    backend.save(issued)
    return service


def _provision(script: Script, backend: Any) -> None:
    """Let two people join, form a group, move, and leave."""
    cleo = models.User(
        user_name="cleo.moon@acme.example",
        emails=["cleo.moon@acme.example"],
        formatted_name="Cleo Moon",
        given_name="Cleo",
        family_name="Moon",
        display_name="Cleo Moon",
        department="Astronomy",
        password="for Canaille alone",
        phone_numbers=["+1 555 0100"],
        preferred_language="fr",
        street="1 Crater Road",
        title="Astronomer",
    )
    script.step("joined", backend.save, cleo)
    if script.client is None:
        return
    hugo = models.User(
        user_name="hugo.star@acme.example",
        emails=["hugo.star@acme.example"],
        formatted_name="Hugo Star",
        family_name="Star",
    )
    script.step("joined too", backend.save, hugo)
    team = models.Group(display_name="Stargazers", members=[cleo, hugo])
    script.step("grouped", backend.save, team)
    cleo.display_name, cleo.department = "Cleo Sun", "Physics"
    script.step("changed", backend.save, cleo)
    team.members = [hugo]
    script.step("taken out", backend.save, team)
    cleo.lock_date = NOW
    script.step("locked", backend.save, cleo)
    script.step("left the team", backend.delete, team)
    script.step("left", backend.delete, cleo)
    script.step("left too", backend.delete, hugo)


def main() -> None:
    """Provision the service, and print the steps."""
    base_url, token = sys.argv[1:]
    app = create_app(config=SETTINGS)
    backend = Backend.instance
    with app.app_context(), backend.session():
        service = _service(backend, base_url, token)
        script = Script(service, Kept(app.logger), Kept(logging.getLogger("httpx")))
        _provision(script, backend)
    json.dump(script.steps, sys.stdout)


if __name__ == "__main__":
    main()
