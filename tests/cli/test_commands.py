"""The commands, as an administrator runs them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.sandbox import (
    ApiToken,
    Serving,
    WorkspaceAccessToken,
    create_app,
    demo_credentials,
    generate,
    serving,
)
from tests.end_to_end.gateways import have_told
from tests.ports import unused_port


@pytest.fixture
def bitbucket() -> Iterator[Serving]:
    """A small simulated Bitbucket."""
    with serving(create_app(generate(users=8, groups=3, projects=2, repositories=3))) as served:
        yield served


@pytest.fixture
def environment(
    bitbucket: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The settings of a gateway to it, and nothing else of the kind."""
    known = demo_credentials("acme")
    for name in ("BITBUCKET_API_URL", "SCIM_TOKEN", "GATEWAY_BIND"):
        monkeypatch.delenv(name, raising=False)
    return {
        "BITBUCKET_API_URL": bitbucket.url,
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_ACCESS_TOKEN": known.access_token.token,
        "BITBUCKET_EMAIL": known.api_token.email,
        "BITBUCKET_API_TOKEN": known.api_token.token,
        "GATEWAY_DATABASE_URL": f"sqlite:///{tmp_path / 'mirror.sqlite3'}",
        "GATEWAY_LOG_LEVEL": "error",
    }


def run(environment: dict[str, str], *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, arguments, env=environment)


@pytest.mark.parametrize(
    "command",
    [
        (),
        *(("demo",), ("serve",), ("check",), ("sync",), ("explain",), ("sandbox",)),
        *(("journal",), ("journal", "list"), ("journal", "export"), ("journal", "resume")),
    ],
)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    """--help says in a sentence what the command does, and what each option means."""
    result = run({}, *command, "--help")

    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert len(result.output.split("\n\n")[1].strip()) > 20


def test_a_command_that_there_is_not_is_refused() -> None:
    """Modules beside those of the commands are none."""
    assert "No such command 'server'" in run({}, "server").output


@pytest.mark.parametrize(
    "arguments",
    [
        *("demo --users=0", "demo --groups=-1", "demo --repos=-1"),
        *("sandbox --users=-5", "sandbox --groups=-1", "sandbox --projects=-1"),
        *("sandbox --repos=-1", "sandbox --hourly-limit=-1", "sandbox --latency=-1"),
        *("sandbox --fault-rate=5", "sandbox --workspace=", "sandbox --workspace=a/b"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(arguments: str) -> None:
    """By the name of its option, before anything is begun."""
    # Were it accepted, the next would be refused, and nothing be served for ever.
    result = run({}, *arguments.split(), "--port=none")

    option = arguments.rsplit(maxsplit=1)[-1].partition("=")[0]
    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.output


@pytest.mark.parametrize("command", ["serve", "check", "sync"])
def test_all_problems_with_the_settings_are_told_at_once(command: str) -> None:
    """Each is a sentence with what to do, and nothing is started."""
    broken = {
        "BITBUCKET_WORKSPACE": "not a slug",
        "BITBUCKET_EMAIL": "admin@acme.example",
        "GATEWAY_MAX_AGE": "soon",
        "GATEWAY_WORKRES": "2",
    }

    result = run(broken, command)

    assert result.exit_code == 1
    for said in (
        "BITBUCKET_WORKSPACE must be the workspace's slug",
        "BITBUCKET_API_TOKEN is not set, which BITBUCKET_EMAIL goes with",
        "GATEWAY_MAX_AGE must be a whole number",
        "GATEWAY_WORKERS may be meant",
    ):
        assert said in result.output
    assert ("SCIM_TOKEN is not set" in result.output) == (command == "serve")


def test_sync_reads_everything(environment: dict[str, str]) -> None:
    """It says what was found and what it cost."""
    result = run(environment, "sync")

    assert result.exit_code == 0, result.output
    assert "8 members, 3 groups, 2 projects, 3 repositories" in result.output


def test_sync_says_what_it_could_not_read(environment: dict[str, str], bitbucket: Serving) -> None:
    """The rest is read all the same, and the exit code is 1."""
    bitbucket.sandbox.faults.plan("500", "/1.0/groups/acme", times=20)

    result = run(environment, "sync")

    assert result.exit_code == 1
    assert "8 members, 0 groups" in result.output
    assert "Not read: groups." in result.output


def test_sync_names_everything_that_was_never_read(
    environment: dict[str, str], bitbucket: Serving
) -> None:
    """What failed, and what could not even be asked for; nothing that was not asked is logged."""
    bitbucket.sandbox.faults.plan("html", times=1000)

    result = run(environment | {"GATEWAY_LOG_LEVEL": "info"}, "sync")

    assert result.exit_code == 1
    unread = set(re.findall(r"^Not read: ([a-z ]+)\. [A-Z].+\.$", result.output, re.MULTILINE))
    assert unread == {
        *("members", "groups", "projects", "repositories", "invitations"),
        *("project user grants", "project group grants"),
        *("repository user grants", "repository group grants"),
    }
    assert "refresh.read" not in result.output


def test_sync_says_what_it_will_take(environment: dict[str, str]) -> None:
    """As soon as it is known from the last time, in calls and minutes."""
    first = run(environment, "sync")
    again = run(environment, "sync")

    assert "How much there is shows when the lists are read." in first.output
    assert "About 13 calls, 1 minute where the budget lasts." in again.output
    # Invitations are listed besides.
    # Who was invited, and has come, is asked besides.
    assert "; 15 calls." in again.output


def test_sync_says_what_was_inferred(environment: dict[str, str]) -> None:
    """And how it comes to be told."""
    world = generate(users=12, groups=4, projects=3, repositories=130)
    with serving(create_app(world)) as many:
        settings = environment | {"BITBUCKET_API_URL": many.url}
        first = run(settings, "sync")
        have_told(settings)
        again = run(settings, "sync")

    inferred = r"Direct grants on (\d+) repositories are inferred, and marked so"
    assert re.search(inferred + "; a grant that gives no more", first.output)
    told = re.search(inferred + r", except what (\d+) of them told before", again.output)
    assert told is not None
    assert told[1] == told[2]


def test_explain_says_what_a_query_would_cost(
    environment: dict[str, str], bitbucket: Serving
) -> None:
    """Its needs, their ages, the calls and the statement; nothing is called."""
    text = 'userName eq "ann@acme.com"'
    cold = run(environment, "explain", text, "--attributes", "userName")

    assert cold.exit_code == 0, cold.output
    assert "address ann@acme.com, never read" in cold.output
    assert "1 call in all" in cold.output
    assert "selects by\n  SELECT" in cold.output
    assert bitbucket.sandbox.calls.total == 0

    run(environment, "sync")
    warm = run(environment, "explain", "active eq true")
    assert "0 calls in all" in warm.output
    fresh = run(environment, "explain", "active eq true", "--no-cache")
    assert re.search(r"groups, \d+ s old", fresh.output)
    # Nobody has asked for the addresses of all.
    assert "not everything is known of emails" in fresh.output
    sure = run(environment, "explain", "active eq true", "--excluded-attributes", "emails")
    assert "not everything is known" not in sure.output
    unsure = run(environment, "explain", 'emails.value co "acme"', "--attributes", "displayName")
    assert "not everything is known of emails" in unsure.output
    assert run(environment, "explain", "--type", "Group", "--max-age", "60").exit_code == 0


@pytest.mark.parametrize("public_url", ["https://scim.acme.com", "https://scim.acme.com/"])
def test_explain_knows_references_as_they_are_served(
    environment: dict[str, str], public_url: str
) -> None:
    """They begin with the public address and the path of the service."""
    environment |= {"GATEWAY_PUBLIC_URL": public_url}
    asked = 'meta.location eq "https://scim.acme.com/scim/v2/Users/u"'
    explained = run(environment, "explain", asked)
    assert "('https://scim.acme.com/scim/v2/Users/' || users.id)" in explained.output


def test_explain_refuses_what_a_query_would_be_refused_for(environment: dict[str, str]) -> None:
    """In the same words."""
    result = run(environment, "explain", "nope eq 1")

    assert result.exit_code == 1
    assert "nope" in result.output


@pytest.mark.parametrize(
    "of_query", [("active eq true",), ("--sort-by=id",), ("--max-age=0",), ("--no-cache",)]
)
def test_explain_refuses_a_query_beside_a_message(
    of_query: tuple[str, ...], tmp_path: Path
) -> None:
    """It tells of one or the other, and passes nothing over in silence."""
    file = tmp_path / "patch.json"
    file.write_text("{}", encoding="utf-8")
    result = run({}, "explain", "--patch", str(file), "--id=u", *of_query)

    assert result.exit_code == 2
    assert "--patch goes with --id and --type alone" in result.output


def test_check_says_that_everything_works(environment: dict[str, str]) -> None:
    """An access token and an API token read everything between them."""
    result = run(environment, "check")

    assert result.exit_code == 0, result.output
    assert "workspace access token" in result.output
    assert "Everything that the gateway needs can be read." in result.output
    # What an access token is not offered is nobody's to mend.
    assert re.search(r"n/a +groups \(not offered to this kind", result.output)
    assert "fails" not in result.output


def test_check_says_what_can_not_be_changed(environment: dict[str, str]) -> None:
    """That takes an OAuth consumer besides; reading does not."""
    result = run(environment, "check")
    assert "No credential works for: to change groups and invite." in result.output

    oauth = demo_credentials("acme").oauth
    consumer = {"BITBUCKET_OAUTH_KEY": oauth.key, "BITBUCKET_OAUTH_SECRET": oauth.secret}
    result = run(environment | consumer, "check")
    assert "Everything can be changed." in result.output


@pytest.mark.parametrize(
    ("moved", "place"), [(False, "bitbucket.org"), (True, "admin.atlassian.com")]
)
def test_check_says_where_people_are_administered(
    environment: dict[str, str],
    bitbucket: Serving,
    moved: bool,  # noqa: FBT001 - pytest hands it over by name
    place: str,
) -> None:
    """A workspace whose administration moved is as readable as any other."""
    if moved:
        bitbucket.sandbox.world.move_administration()

    result = run(environment, "check")

    assert result.exit_code == 0, result.output
    assert f"people and groups are administered at: {place}" in result.output


def test_check_says_what_is_missing_and_where_to_grant_it(
    environment: dict[str, str], bitbucket: Serving
) -> None:
    """A scope that no credential has is named as it is called where it is granted."""
    known = demo_credentials("acme")
    without = {"repository:admin", "admin:repository:bitbucket"}
    bitbucket.sandbox.keyring.known = (
        WorkspaceAccessToken(known.access_token.token, set(known.access_token.scopes) - without),
        ApiToken(
            known.api_token.email, known.api_token.token, set(known.api_token.scopes) - without
        ),
    )

    result = run(environment, "check")

    assert result.exit_code == 1
    assert "no credential can read: permissions on repositories." in result.output
    assert "Access tokens: Repositories: Admin" in result.output
    assert "admin:repository:bitbucket" in result.output


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"BITBUCKET_WORKSPACE": "nobody"}, "workspace"),
        (
            {
                "BITBUCKET_ACCESS_TOKEN": "wrong",
                "BITBUCKET_API_TOKEN": "wrong",
            },
            "fails",
        ),
        ({"BITBUCKET_API_URL": "http://127.0.0.1:9"}, "could not be reached"),
    ],
)
def test_check_says_why_nothing_works(
    environment: dict[str, str], changed: dict[str, str], said: str
) -> None:
    """An unknown workspace, wrong credentials and a host that is down are told apart."""
    result = run(environment | changed, "check")

    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_no_secret_is_ever_said(environment: dict[str, str], bitbucket: Serving) -> None:
    """Not by any command, whatever goes wrong."""
    secrets = [environment["BITBUCKET_ACCESS_TOKEN"], environment["BITBUCKET_API_TOKEN"]]
    outputs: list[Any] = [run(environment, "check").output, run(environment, "sync").output]
    bitbucket.sandbox.keyring.known = ()
    outputs += [run(environment, "check").output, run(environment, "sync").output]

    assert not [secret for secret in secrets for output in outputs if secret in output]


@pytest.mark.parametrize("command", ["serve", "sync"])
@pytest.mark.parametrize(
    "kind", ["no database", "a folder that is a file", "a server that is down"]
)
def test_a_database_that_can_not_be_used_is_told(
    environment: dict[str, str], tmp_path: Path, command: str, kind: str
) -> None:
    """In one sentence that names the setting, and without the password in it."""
    file = tmp_path / "file"
    file.write_text("not a database, whatever its name " * 40, encoding="utf-8")
    url = {
        "no database": f"sqlite:///{file}",
        "a folder that is a file": f"sqlite:///{file}/mirror.sqlite3",
        "a server that is down": "postgresql://me:an-open-sesame@127.0.0.1:9/x",
    }[kind]
    to_serve = {"SCIM_TOKEN": "0123456789abcdef", "GATEWAY_BIND": f"127.0.0.1:{unused_port()}"}

    result = run(environment | to_serve | {"GATEWAY_DATABASE_URL": url}, command)

    assert result.exit_code == 1
    assert result.output.startswith("Error: the database can't be used: ")
    assert result.output.count("\n") == 1
    assert "Check GATEWAY_DATABASE_URL." in result.output
    assert "an-open-sesame" not in result.output
