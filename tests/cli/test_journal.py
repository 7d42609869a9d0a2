"""``bitbucket-scim journal`` and ``explain --patch``, as an administrator runs them."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.sandbox import Behaviour, Serving, create_app, serving
from tests.end_to_end.gateways import Client, environment, gateway
from tests.provisioning.conftest import small_world


@pytest.fixture
def bitbucket() -> Iterator[Serving]:
    """A small simulated Bitbucket."""
    with serving(create_app(small_world(), behaviour=Behaviour(hourly_limit=None))) as served:
        yield served


@pytest.fixture
def settings(bitbucket: Serving, tmp_path: Path) -> dict[str, str]:
    """The settings of a gateway to it."""
    return environment(bitbucket.sandbox.world, bitbucket.url, tmp_path)


@pytest.fixture
def client(settings: dict[str, str]) -> Iterator[Client]:
    """A gateway that serves."""
    with gateway(settings) as made:
        yield made


def run(settings: dict[str, str], *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments, env=settings)


@pytest.fixture
def failed(client: Client, bitbucket: Serving) -> str:
    """The id of a group that was renamed, and got one member of two."""
    groups = client.json("/Groups")["Resources"]
    group_id = next(group["id"] for group in groups if group["displayName"] == "Developers")
    people = client.json("/Users")["Resources"]
    ids = [user["id"] for user in people if user["displayName"] in ("Cat", "Dan")]
    bitbucket.sandbox.faults.plan("503", "/1.0/groups/*/members/*", method="PUT", skip=1, times=9)
    operations = [
        {"op": "replace", "path": "displayName", "value": "Builders"},
        {"op": "add", "path": "members", "value": [{"value": each} for each in ids]},
    ]
    answer = client.send("PATCH", f"/Groups/{group_id}", {"Operations": operations})
    assert answer.status_code == 503
    assert "Done, 2 of 3" in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    bitbucket.sandbox.faults.clear()
    return str(group_id)


@pytest.mark.rule("ipsie-audit")
def test_the_changes_are_listed(settings: dict[str, str], failed: str) -> None:
    """With who asked, what was done, and why it stopped."""
    listed = run(settings, "journal", "list", "--open").output
    assert failed in listed
    assert "SCIM_TOKEN" in listed
    assert "rename the group to Builders" in listed
    assert "failed" in listed
    # However old it is: `resume` would go on with it.
    assert run(settings, "journal", "list", "--open", "--days", "0").output == listed
    assert run(settings, "journal", "list", "--days", "0").output == ""


@pytest.mark.rule("ipsie-audit")
def test_the_journal_is_exported(settings: dict[str, str], failed: str) -> None:
    """As CSV, a line for each change, and as JSON lines, one for each entry."""
    (row,) = csv.DictReader(io.StringIO(run(settings, "journal", "export").output))
    assert (row["id"], row["outcome"], row["action"]) == (failed, "failed", "patch")
    lines = run(settings, "journal", "export", "--format=jsonl").output.splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["event"] for entry in entries][:2] == ["began", "called"]
    assert entries[0]["before"]["displayName"] == "Developers"
    assert entries[0]["wanted"]["displayName"] == "Builders"
    assert entries[-1]["event"] == "failed"


@pytest.mark.rule("7644-3.5.2-undone")
@pytest.mark.usefixtures("failed")
def test_a_change_is_finished(settings: dict[str, str], bitbucket: Serving) -> None:
    """What is left of it, and nothing twice."""
    bitbucket.sandbox.calls.reset()
    finished = run(settings, "journal", "resume")
    assert finished.exit_code == 0, finished.output
    assert "finished" in finished.output
    group = bitbucket.sandbox.world.group("builders")
    assert group is not None
    assert len(bitbucket.sandbox.world.group_members(group)) == 4
    writes = [call for call in bitbucket.sandbox.calls.writes if "oauth2" not in call.path]
    assert len(writes) == 1
    assert run(settings, "journal", "list", "--open").output == ""


@pytest.mark.parametrize("command", ["list", "export"])
def test_days_before_the_calendar_began_are_refused(settings: dict[str, str], command: str) -> None:
    """By the name of the option."""
    refused = run(settings, "journal", command, "--days=999999999")
    assert refused.exit_code == 2
    assert "Invalid value for '--days'" in refused.output


def test_nothing_to_finish_is_told(settings: dict[str, str]) -> None:
    """Without an error, unless it was asked for by an id: that may be mistyped."""
    nothing = run(settings, "journal", "resume")
    assert (nothing.exit_code, nothing.output) == (0, "Nothing is left to do.\n")

    unknown = run(settings, "journal", "resume", "nope")
    assert unknown.exit_code == 1
    assert unknown.output == (
        "Error: there is no open change with the id nope; `journal list --open` lists them.\n"
    )


def test_a_patch_is_explained(
    settings: dict[str, str], client: Client, bitbucket: Serving, tmp_path: Path
) -> None:
    """Which calls it would make; none is."""
    user = client.json("/Users", filter='displayName eq "Ann"')["Resources"][0]
    file = tmp_path / "patch.json"
    operation = {"op": "replace", "path": "active", "value": False}
    file.write_text(json.dumps({"Operations": [operation]}))
    bitbucket.sandbox.calls.reset()

    told = run(settings, "explain", "--patch", str(file), "--id", user["id"])

    assert told.exit_code == 0, told.output
    assert "DELETE /1.0/groups/{workspace}/{group}/members/{member}" in told.output
    assert "from the group Developers" in told.output
    assert all(call.method == "GET" for call in bitbucket.sandbox.calls.writes)
    assert run(settings, "explain", "--patch", str(file)).exit_code == 2
