"""Reading the settings, and telling of everything that is wrong with them at once."""

import difflib
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate
from platformdirs import user_state_path

from gateway.settings.model import Secret, Settings
from gateway.settings.names import SETTINGS

_SLUG_OR_UUID = re.compile(
    r"[A-Za-z0-9_.-]+|\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}"
)
_BIND = re.compile(r"(?:[^\s:]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}")
_SHORTEST_TOKEN = 16

_PAIRS = (
    ("BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN"),
    ("BITBUCKET_OAUTH_KEY", "BITBUCKET_OAUTH_SECRET"),
    ("BITBUCKET_USERNAME", "BITBUCKET_APP_PASSWORD"),
)
_CREDENTIALS = ("BITBUCKET_ACCESS_TOKEN", *(secret for _, secret in _PAIRS))


class SettingsError(Exception):
    """
    The settings can't be used.

    Attributes:
        problems: What is wrong, a sentence each; no secret is in them.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def load_settings(environ: Mapping[str, str], *, serving: bool) -> Settings:
    """
    Return the settings that *environ* holds.

    Args:
        environ: The environment; a secret may be in a file, named by ``NAME_FILE``.
        serving: Whether SCIM clients will be served, which takes ``SCIM_TOKEN``.

    Raises:
        SettingsError: Some are missing, malformed or don't fit together: all are told at once.
    """
    problems = list(_misspelt(environ))
    given = {}
    for setting in SETTINGS:
        try:
            value = _value(environ, setting.name, may_be_file=setting.is_secret)
        except ValueError as error:
            problems.append(str(error))
            continue
        if value:
            given[setting.name] = value
    problems += _missing(given, serving=serving)
    try:
        settings: Settings = _SettingsSchema().load(given)
    except ValidationError as error:
        found: Mapping[str, list[str]] = error.messages_dict
        problems += [f"{name} {reason}" for name in found for reason in found[name]]
        raise SettingsError(tuple(problems)) from None
    if problems:
        raise SettingsError(tuple(problems))
    return settings


class _SecretText(fields.String):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return Secret(super()._deserialize(value, attr, data, **kwargs))


def _api_url(value: str) -> None:
    parts = _split(value, "must be an address such as https://api.bitbucket.org.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValidationError("must begin with https://: plain http is for this machine alone.")
    if parts.username or parts.query or parts.fragment:
        raise ValidationError("must hold nothing but a host and a path.")


def _public_url(value: str) -> None:
    parts = _split(value, "must be an address such as https://scim.example.com.")
    if parts.query or parts.fragment:
        raise ValidationError("must hold nothing but a host and a path.")


def _split(value: str, problem: str) -> Any:
    try:
        parts = urlsplit(value)
        has_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        raise ValidationError(problem) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_valid_port:
        raise ValidationError(problem)
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _token(value: Secret) -> None:
    text = value.reveal()
    if len(text) < _SHORTEST_TOKEN:
        raise ValidationError(
            f"must have at least {_SHORTEST_TOKEN} characters; make one with: openssl rand -hex 32."
        )
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValidationError("must hold printable ASCII characters without blanks.")


def _database_url(value: str) -> None:
    if not re.match(r"sqlite:///.|postgresql(\+psycopg)?://", value):
        raise ValidationError("must begin with sqlite:/// or postgresql://.")


class _SettingsSchema(Schema):
    bitbucket_api_url = fields.String(load_default="https://api.bitbucket.org", validate=_api_url)
    bitbucket_workspace = fields.String(
        load_default=None,
        validate=validate.Regexp(
            rf"^(?:{_SLUG_OR_UUID.pattern})$",
            error="must be the workspace's slug, as in bitbucket.org/acme, or its UUID in braces.",
        ),
    )
    bitbucket_access_token = _SecretText(load_default=None)
    bitbucket_email = fields.String(
        load_default=None,
        validate=validate.Email(error="must be the e-mail address of an Atlassian account."),
    )
    bitbucket_api_token = _SecretText(load_default=None)
    bitbucket_username = fields.String(load_default=None)
    bitbucket_app_password = _SecretText(load_default=None)
    bitbucket_oauth_key = fields.String(load_default=None)
    bitbucket_oauth_secret = _SecretText(load_default=None)
    scim_token = _SecretText(load_default=None, validate=_token)
    gateway_database_url = fields.String(load_default=None, validate=_database_url)
    gateway_max_age = fields.Integer(
        load_default=300,
        validate=validate.Range(0, 366 * 86_400, error="must be from 0 to 31622400 seconds."),
        error_messages={"invalid": "must be a whole number of seconds."},
    )
    gateway_bind = fields.String(
        load_default="127.0.0.1:8080",
        validate=validate.Regexp(
            f"^(?:{_BIND.pattern})$", error="must be host:port, such as 127.0.0.1:8080."
        ),
    )
    gateway_public_url = fields.String(load_default=None, validate=_public_url)
    gateway_user_name = fields.String(
        load_default="email",
        validate=validate.OneOf(("email", "account_id"), error="must be email or account_id."),
    )
    gateway_workers = fields.Integer(
        load_default=2,
        validate=validate.Range(1, 64, error="must be from 1 to 64."),
        error_messages={"invalid": "must be a whole number."},
    )
    gateway_threads = fields.Integer(
        load_default=8,
        validate=validate.Range(1, 256, error="must be from 1 to 256."),
        error_messages={"invalid": "must be a whole number."},
    )
    gateway_log_format = fields.String(
        load_default="json",
        validate=validate.OneOf(("json", "console"), error="must be json or console."),
    )
    gateway_log_level = fields.String(
        load_default="info",
        validate=validate.OneOf(
            ("debug", "info", "warning", "error"), error="must be debug, info, warning or error."
        ),
    )

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Read every field from the environment variable of its name."""
        field_obj.data_key = field_name.upper()

    @post_load
    def _settings(self, loaded: dict[str, Any], **_: object) -> Settings:
        url = loaded["gateway_database_url"] or _default_database()
        loaded["gateway_database_url"] = Secret(
            re.sub(r"^postgresql://", "postgresql+psycopg://", url)
        )
        loaded["bitbucket_api_url"] = loaded["bitbucket_api_url"].rstrip("/")
        return Settings(**loaded)


def _default_database() -> str:
    return f"sqlite:///{user_state_path('bitbucket-scim') / 'mirror.sqlite3'}"


def _value(environ: Mapping[str, str], name: str, *, may_be_file: bool) -> str:
    path = environ.get(f"{name}_FILE") if may_be_file else None
    if path is None:
        return environ.get(name, "").strip()
    if environ.get(name):
        raise ValueError(f"{name} and {name}_FILE are both set; keep one of them.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{name}_FILE names {path}, which can't be read.") from None


def _missing(given: Mapping[str, str], *, serving: bool) -> Iterator[str]:
    if "BITBUCKET_WORKSPACE" not in given:
        yield "BITBUCKET_WORKSPACE is not set: give the workspace's slug, as in bitbucket.org/acme."
    for name, secret in _PAIRS:
        if (name in given) != (secret in given):
            lacking, present = (name, secret) if secret in given else (secret, name)
            yield f"{lacking} is not set, which {present} goes with."
    if not any(name in given for name in _CREDENTIALS):
        yield (
            "No credential is set: give BITBUCKET_EMAIL and BITBUCKET_API_TOKEN, and where you "
            "have one BITBUCKET_ACCESS_TOKEN."
        )
    if serving and "SCIM_TOKEN" not in given:
        yield "SCIM_TOKEN is not set: make one with openssl rand -hex 32, and give it to clients."


def _misspelt(environ: Mapping[str, str]) -> Iterator[str]:
    known = [setting.name for setting in SETTINGS]
    known += [f"{setting.name}_FILE" for setting in SETTINGS if setting.is_secret]
    for name in sorted(environ):
        if name.startswith(("BITBUCKET_", "GATEWAY_")) and name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if close:
                yield f"{name} is no setting; {close[0]} may be meant."
