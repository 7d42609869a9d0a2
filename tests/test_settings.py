"""Settings come from the environment, and all that is wrong with them is told at once."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

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


def test_the_table_of_settings_tells_the_truth() -> None:
    """It has every setting, and the values they have unless they are set."""
    described = {"GATEWAY_PUBLIC_URL", "GATEWAY_DATABASE_URL"}
    settings = load_settings(GOOD, serving=True)

    assert {setting.name.lower() for setting in SETTINGS} == {
        field.name for field in fields(settings)
    }
    for setting in SETTINGS:
        if setting.default and setting.name not in described:
            assert str(getattr(settings, setting.name.lower())) in (
                setting.default,
                setting.default.capitalize(),
            )


def test_commands_that_do_not_serve_need_no_token() -> None:
    """SCIM_TOKEN is for clients."""
    environ = {name: value for name, value in GOOD.items() if name != "SCIM_TOKEN"}

    assert load_settings(environ, serving=False).scim_token is None
    assert "SCIM_TOKEN is not set" in problems(environ)[0]


def test_nothing_set_is_three_problems() -> None:
    """Everything that is missing is named at once."""
    assert len(problems({})) == 3


EVENTS = {
    "GATEWAY_EVENTS_KEY": ECKey.generate_key("P-256").as_pem(private=True).decode(),
    "GATEWAY_EVENTS_AUDIENCE": "https://idp.acme.com",
    "GATEWAY_PUBLIC_URL": "https://scim.acme.com",
}


def test_events_take_a_key_an_audience_and_an_issuer() -> None:
    """The key may have many lines, and is not shown."""
    settings = load_settings(GOOD | EVENTS, serving=True)

    assert settings.gateway_events_key is not None
    assert settings.gateway_events_key.reveal() == EVENTS["GATEWAY_EVENTS_KEY"].strip()
    assert "PRIVATE KEY" not in repr(settings)
    for name in EVENTS.keys() - {"GATEWAY_EVENTS_KEY"}:
        rest = {n: value for n, value in EVENTS.items() if n != name}
        assert problems(GOOD | rest) == (f"{name} is not set, which GATEWAY_EVENTS_KEY goes with.",)


@pytest.mark.parametrize(
    "name", ["GATEWAY_EVENTS_AUDIENCE", "GATEWAY_EVENTS_RECEIVER", "GATEWAY_EVENTS_RECEIVER_TOKEN"]
)
def test_what_belongs_to_events_does_not_go_without_them(name: str) -> None:
    """Nobody should wait for events that never come."""
    value = "https://idp.acme.com"
    assert any(p.endswith(f"which {name} goes with.") for p in problems(GOOD | {name: value}))


@pytest.mark.parametrize("url", ["http://idp.acme.com", "https://secret@idp.acme.com", "idp"])
def test_events_are_pushed_to_where_nobody_listens_in(url: str) -> None:
    """Over https, without credentials in the address."""
    (problem,) = problems(GOOD | EVENTS | {"GATEWAY_EVENTS_RECEIVER": url})
    assert problem.startswith("GATEWAY_EVENTS_RECEIVER must ")
    assert "secret" not in problem
    pushed = EVENTS | {"GATEWAY_EVENTS_RECEIVER": "http://127.0.0.1:9999/events"}
    assert load_settings(GOOD | pushed, serving=True).gateway_events_receiver


def test_a_wrong_key_is_not_repeated() -> None:
    """The error says what one is."""
    (problem,) = problems(GOOD | EVENTS | {"GATEWAY_EVENTS_KEY": "hunter2"})
    assert problem.startswith("GATEWAY_EVENTS_KEY must be a private key")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BITBUCKET_API_URL", "http://api.bitbucket.org"),
        ("BITBUCKET_API_URL", "ftp://api.bitbucket.org"),
        ("GATEWAY_EVENTS_RETENTION", "0"),
        ("BITBUCKET_API_URL", "api.bitbucket.org"),
        ("BITBUCKET_API_URL", "https://me:secret@api.bitbucket.org"),
        ("BITBUCKET_API_URL", "https://secret@api.bitbucket.org"),
        ("BITBUCKET_API_URL", "https://api.bitbucket.org:port"),
        ("BITBUCKET_API_URL", "https://api.bitbucket.org?a=b"),
        ("BITBUCKET_API_URL", "https://api bitbucket.org"),
        ("BITBUCKET_ACCESS_TOKEN", "secret\nsecret"),
        ("BITBUCKET_ACCESS_TOKEN", "secret secret"),
        ("BITBUCKET_ACCESS_TOKEN", "secrét"),
        ("BITBUCKET_API_TOKEN", "secret\nsecret"),
        ("BITBUCKET_WORKSPACE", "a/b"),
        ("BITBUCKET_WORKSPACE", ".."),
        ("BITBUCKET_WORKSPACE", "{not-a-uuid}"),
        ("BITBUCKET_EMAIL", "nobody"),
        ("SCIM_TOKEN", "short"),
        ("SCIM_TOKEN", "with a blank in the middle"),
        ("GATEWAY_MAX_AGE", "-1"),
        ("GATEWAY_MAX_AGE", "soon"),
        ("GATEWAY_BIND", "8080"),
        ("GATEWAY_BIND", "127.0.0.1:0"),
        ("GATEWAY_BIND", "127.0.0.1:65536"),
        ("GATEWAY_BIND", "http://127.0.0.1:8080"),
        ("GATEWAY_DATABASE_URL", "mysql://me:secret@localhost/x"),
        ("GATEWAY_DATABASE_URL", "postgresql://me:secret@localhost:port/x"),
        ("GATEWAY_DATABASE_URL", "/var/lib/gateway"),
        ("GATEWAY_DATABASE_URL", "sqlite://"),
        ("GATEWAY_DATABASE_URL", "sqlite:///:memory:"),
        ("GATEWAY_PUBLIC_URL", "scim.acme.com"),
        ("GATEWAY_PUBLIC_URL", "https://scim.acme.com/scim/v2/"),
        ("GATEWAY_PUBLIC_URL", "https://me:secret@scim.acme.com"),
        ("GATEWAY_USER_NAME", "nickname"),
        ("GATEWAY_WORKERS", "0"),
        ("GATEWAY_THREADS", "many"),
        ("GATEWAY_REQUESTS_PER_MINUTE", "-1"),
        ("SCIM_TOKEN_USER", "x" * 321),
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


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("BITBUCKET_ACCES_TOKEN", "BITBUCKET_ACCESS_TOKEN"),
        ("BITBUCKET_API_TOKENFILE", "BITBUCKET_API_TOKEN_FILE"),
        ("GATEWAY_USERNAME", "GATEWAY_USER_NAME"),
    ],
)
def test_a_misspelt_setting_is_a_problem(misspelt: str, meant: str) -> None:
    """The one that may be meant is named."""
    (problem,) = problems(GOOD | {misspelt: "x"})

    assert problem == f"{misspelt} is no setting; {meant} may be meant."


def test_only_secrets_are_read_from_files() -> None:
    """Anything else in a file would go unread without a word."""
    (problem,) = problems(GOOD | {"GATEWAY_PUBLIC_URL_FILE": "/run/url"})

    assert problem.startswith("GATEWAY_PUBLIC_URL_FILE is no setting")


def test_variables_of_others_do_not_matter() -> None:
    """Not those of Bitbucket's pipelines, nor those that Kubernetes sets for a service."""
    strange = ["BITBUCKET_BUILD_NUMBER", "BITBUCKET_PACKAGES_TOKEN", "GATEWAY_SERVICE_PORT"]

    settings = load_settings(GOOD | dict.fromkeys(strange, "x"), serving=True)

    assert settings == load_settings(GOOD, serving=True)


@pytest.fixture
def without_token() -> dict[str, str]:
    """An environment that lacks SCIM_TOKEN alone."""
    return {name: value for name, value in GOOD.items() if name != "SCIM_TOKEN"}


def test_a_secret_may_be_in_a_file(tmp_path: Path, without_token: dict[str, str]) -> None:
    """The line's end does not belong to it."""
    file = tmp_path / "token"
    file.write_text("a-token-from-a-file\n", encoding="utf-8")

    settings = load_settings(without_token | {"SCIM_TOKEN_FILE": str(file)}, serving=True)

    assert settings.scim_token is not None
    assert settings.scim_token.reveal() == "a-token-from-a-file"


def test_a_file_that_tells_no_secret_is_one_problem(
    tmp_path: Path, without_token: dict[str, str]
) -> None:
    """That the setting is missing then is not said as well."""
    empty = tmp_path / "empty"
    empty.touch()
    latin = tmp_path / "latin"
    latin.write_bytes(b"\xe9" * 16)

    for path, reason in (
        (tmp_path / "nowhere", "can't be read"),
        (tmp_path, "can't be read"),
        (latin, "can't be read"),
        (empty, "is empty"),
    ):
        (problem,) = problems(without_token | {"SCIM_TOKEN_FILE": str(path)})
        assert problem == f"SCIM_TOKEN_FILE names {path}, which {reason}."


def test_a_secret_is_set_once(tmp_path: Path) -> None:
    """Which of the two is meant is not guessed."""
    (problem,) = problems(GOOD | {"SCIM_TOKEN_FILE": str(tmp_path / "token")})

    assert problem == "SCIM_TOKEN and SCIM_TOKEN_FILE are both set; keep one of them."


def test_an_empty_variable_is_not_set(without_token: dict[str, str]) -> None:
    """Compose files and unit files set them so."""
    empty = dict.fromkeys(["SCIM_TOKEN_FILE", "GATEWAY_BIND", "BITBUCKET_ACCESS_TOKEN"], "")

    settings = load_settings(without_token | empty, serving=False)

    assert settings == load_settings(without_token, serving=False)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_by_psycopg(scheme: str) -> None:
    """Whatever its addresses begin with."""
    environ = GOOD | {"GATEWAY_DATABASE_URL": f"{scheme}://me:p%40ss@db:5432/x"}

    url = load_settings(environ, serving=True).gateway_database_url

    assert url.reveal() == "postgresql+psycopg://me:p%40ss@db:5432/x"


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
