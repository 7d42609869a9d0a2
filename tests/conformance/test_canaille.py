"""Canaille, an identity server, provisions the demonstration."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.demonstration import Demo

_SCRIPT = Path(__file__).parent.parent / "clients" / "canaille_provisioning.py"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_DISCOVERY = ["GET /ResourceTypes 200", "GET /Schemas 200", "GET /ServiceProviderConfig 200"]


def test_canaille_sends_nothing_to_a_service_with_cursors(demo: Demo, commands: Path) -> None:
    """
    It discovers what the gateway can do, finds no SCIM in it, and leaves the workspace alone.

    The library that it needs, scim2-models before 0.10, refuses a ServiceProviderConfig with
    ``pagination`` (RFC 9865, Section 4) for an attribute that it does not know.
    """
    steps = _provisioned(demo.base_url, demo.token, commands)
    unsupported = "SCIM protocol not supported by client Bitbucket"
    assert steps == {"joined": {"said": [unsupported], "sent": _DISCOVERY, "found": None}}


def test_canaille_provisions_a_service_that_tells_what_it_expects(
    standard_demo: Demo, commands: Path
) -> None:
    """
    Three discoveries and a look-up by ``externalId`` come before every POST, PUT and DELETE.

    It sends none of what is readOnly: of a person with a password and a title it tells the rest.
    """
    steps = _provisioned(standard_demo.base_url, standard_demo.token, commands)
    assert [step["said"] for step in steps.values()] == [[] for _ in steps]

    (joined,) = steps["joined"]["found"]
    assert (joined["userName"], joined["active"]) == ("cleo.moon@acme.example", True)
    assert joined["name"]["formatted"] == "Cleo Moon"
    assert joined[_ENTERPRISE] == {"department": "Astronomy"}
    assert "password" not in joined
    by_name = f'GET /Users?filter=externalId eq "{joined["externalId"]}" 200'
    assert steps["joined"]["sent"] == [*_DISCOVERY, by_name, "POST /Users 201"]
    (second,) = steps["joined too"]["found"]

    (grouped,) = steps["grouped"]["found"]
    assert grouped["displayName"] == "Stargazers"
    assert _members(grouped) == {joined["id"], second["id"]}
    (taken_out,) = steps["taken out"]["found"]
    assert _members(taken_out) == {second["id"]}
    assert steps["taken out"]["sent"][-1] == f"PUT /Groups/{grouped['id']} 200"

    (changed,) = steps["changed"]["found"]
    assert (changed["id"], changed["displayName"]) == (joined["id"], "Cleo Sun")
    assert changed[_ENTERPRISE] == {"department": "Physics"}
    put = f"PUT /Users/{joined['id']} 200"
    assert steps["changed"]["sent"][: len(_DISCOVERY) + 2] == [*_DISCOVERY, by_name, put]
    (locked,) = steps["locked"]["found"]
    assert (locked["id"], locked["active"]) == (joined["id"], False)

    assert steps["left the team"]["sent"][-1] == f"DELETE /Groups/{grouped['id']} 204"
    assert steps["left"]["sent"][-1] == f"DELETE /Users/{joined['id']} 204"
    for step in ("left the team", "left", "left too"):
        assert steps[step]["found"] == []


def _provisioned(base_url: str, token: str, commands: Path) -> Any:
    """Return what Canaille did in each step, and what it then found."""
    command = [str(commands / "python"), str(_SCRIPT), base_url, token]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own script
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def _members(group: Any) -> set[str]:
    return {member["value"] for member in group["members"]}
