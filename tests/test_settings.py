"""Settings come from the environment, and all that is wrong with them is told at once."""

import re
from pathlib import Path

import pytest

from gateway.settings import SETTINGS, SettingsError, load_settings

ROOT = Path(__file__).parent.parent
GOOD = {
    "BITBUCKET_WORKSPACE": "acme",
    "BITBUCKET_EMAIL": "bot@acme.com",
    "BITBUCKET_API_TOKEN": "an-api-token",
    "SCIM_TOKEN": "0123456789abcdef",
}


def problems(environ: dict[str, str], *, serving: bool = True) -> tuple[str, ...]:
    """Return what is wrong with *environ*."""
    with pytest.raises(SettingsError) as error:
        load_settings(environ, serving=serving)
    return error.value.problems


def test_little_has_to_be_said() -> None:
    """A workspace, a credential and a token are enough."""
    settings = load_settings(GOOD, serving=True)

    assert settings.bitbucket_api_url == "https://api.bitbucket.org"
    assert settings.gateway_bind == "127.0.0.1:8080"
    assert settings.gateway_max_age == 300
    assert settings.gateway_database_url.reveal().startswith("sqlite:////")


def test_commands_that_do_not_serve_need_no_token() -> None:
    """SCIM_TOKEN is for clients."""
    environ = {name: value for name, value in GOOD.items() if name != "SCIM_TOKEN"}

    assert load_settings(environ, serving=False).scim_token is None
    assert "SCIM_TOKEN is not set" in problems(environ)[0]


def test_nothing_set_is_three_problems() -> None:
    """Everything that is missing is named at once."""
    assert len(problems({})) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BITBUCKET_API_URL", "http://api.bitbucket.org"),
        ("BITBUCKET_API_URL", "ftp://api.bitbucket.org"),
        ("BITBUCKET_API_URL", "api.bitbucket.org"),
        ("BITBUCKET_API_URL", "https://me:secret@api.bitbucket.org"),
        ("BITBUCKET_API_URL", "https://api.bitbucket.org:port"),
        ("BITBUCKET_WORKSPACE", "a/b"),
        ("BITBUCKET_WORKSPACE", "{not-a-uuid}"),
        ("BITBUCKET_EMAIL", "nobody"),
        ("SCIM_TOKEN", "short"),
        ("SCIM_TOKEN", "with a blank in the middle"),
        ("GATEWAY_MAX_AGE", "-1"),
        ("GATEWAY_MAX_AGE", "soon"),
        ("GATEWAY_BIND", "8080"),
        ("GATEWAY_DATABASE_URL", "mysql://localhost/x"),
        ("GATEWAY_PUBLIC_URL", "scim.acme.com"),
        ("GATEWAY_USER_NAME", "nickname"),
        ("GATEWAY_WORKERS", "0"),
        ("GATEWAY_THREADS", "many"),
        ("GATEWAY_LOG_FORMAT", "xml"),
        ("GATEWAY_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_can_not_be_used_is_named(name: str, value: str) -> None:
    """The problem begins with the setting, says what to write, and quotes no secret."""
    (problem,) = problems(GOOD | {name: value})

    assert problem.startswith(f"{name} must ")
    assert "secret" not in problem


@pytest.mark.parametrize(
    "value",
    [
        "http://127.0.0.1:8090",
        "http://[::1]:8090",
        "http://localhost:8090",
        "https://bitbucket.test/",
    ],
)
def test_plain_http_is_for_this_machine(value: str) -> None:
    """Loopback may be http, anything else https; a slash at the end does not matter."""
    settings = load_settings(GOOD | {"BITBUCKET_API_URL": value}, serving=True)

    assert settings.bitbucket_api_url == value.rstrip("/")


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ("BITBUCKET_OAUTH_KEY", "BITBUCKET_OAUTH_SECRET"),
        ("BITBUCKET_OAUTH_SECRET", "BITBUCKET_OAUTH_KEY"),
        ("BITBUCKET_APP_PASSWORD", "BITBUCKET_USERNAME"),
    ],
)
def test_half_a_credential_is_a_problem(given: str, lacking: str) -> None:
    """The other half is named."""
    (problem,) = problems(GOOD | {given: "x"})

    assert problem == f"{lacking} is not set, which {given} goes with."


def test_a_misspelt_setting_is_a_problem() -> None:
    """The one that may be meant is named; other variables are nobody's business."""
    strange = GOOD | {"GATEWAY_NAME_OF_ANOTHER_TOOL": "x"}
    assert load_settings(strange, serving=True) == load_settings(GOOD, serving=True)

    (problem,) = problems(GOOD | {"BITBUCKET_ACCES_TOKEN": "x"})

    assert problem == "BITBUCKET_ACCES_TOKEN is no setting; BITBUCKET_ACCESS_TOKEN may be meant."


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    """The line's end does not belong to it; a file that is not there is a problem."""
    file = tmp_path / "token"
    file.write_text("a-token-from-a-file\n", encoding="utf-8")
    environ = {name: value for name, value in GOOD.items() if name != "SCIM_TOKEN"}

    settings = load_settings(environ | {"SCIM_TOKEN_FILE": str(file)}, serving=True)

    assert settings.scim_token is not None
    assert settings.scim_token.reveal() == "a-token-from-a-file"
    assert "which can't be read" in problems(environ | {"SCIM_TOKEN_FILE": "/nowhere"})[0]
    assert "are both set" in problems(GOOD | {"SCIM_TOKEN_FILE": str(file)})[0]


def test_no_secret_is_shown() -> None:
    """Neither the settings nor a secret itself say it when they are printed."""
    settings = load_settings(
        GOOD
        | {
            "BITBUCKET_ACCESS_TOKEN": "an-access-token",
            "GATEWAY_DATABASE_URL": "postgresql://gateway:an-open-sesame@db/x",
        },
        serving=True,
    )

    for shown in (repr(settings), str(settings.scim_token), repr(settings.gateway_database_url)):
        for secret in ("an-api-token", "an-access-token", "0123456789abcdef", "an-open-sesame"):
            assert secret not in shown
    assert settings.gateway_database_url.reveal().startswith("postgresql+psycopg://")


def test_every_setting_is_in_the_readme() -> None:
    """Its table has the same names, meanings and order."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", readme, re.MULTILINE)

    assert [(name, meaning) for name, meaning, _ in rows] == [
        (setting.name, setting.meaning) for setting in SETTINGS
    ]
    assert [default.strip("`") for *_, default in rows] == [setting.default for setting in SETTINGS]
