"""What each setting may be; every problem says what to write instead."""

import os
import re
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate
from platformdirs import user_state_path
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from gateway.settings.model import Secret, Settings
from gateway.settings.signing_key import read_signing_keys

_SLUG_OR_UUID = (
    r"^(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*"
    r"|\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\})$"
)
_BIND = re.compile(r"(?:[^\s:/]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})")
_HIGHEST_PORT = 65_535
_SHORTEST_TOKEN = 16
_POSTGRESQL = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


class _SecretText(fields.String):
    """A secret that a header can carry: the error of one that can't would quote it in full."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.isprintable():
            raise ValidationError("must be one line of printable characters.")
        return Secret(text)


class _SigningKey(fields.String):
    """The private keys of tokens: the first signs."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            read_signing_keys(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return Secret(text)


class _ReadableFile(fields.String):
    """A file that is there and can be read."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        path = Path(super()._deserialize(value, attr, data, **kwargs))
        if not os.access(path, os.R_OK) or path.is_dir():
            raise ValidationError(f"names {path}, which can't be read.")
        return path


def _api_url(value: str) -> None:
    parts = _split(value, "must be an address such as https://api.bitbucket.org.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValidationError("must begin with https://: plain http is for this machine alone.")


def _receiver_url(value: str) -> None:
    parts = _split(value, "must be an address such as https://idp.example.com/events.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValidationError("must begin with https://: plain http is for this machine alone.")


def _public_url(value: str) -> None:
    parts = _split(value, "must be an address such as https://scim.example.com.")
    if parts.path.rstrip("/").endswith("/scim/v2"):
        raise ValidationError("must end before /scim/v2, which the gateway adds itself.")


def _split(value: str, problem: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        has_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        raise ValidationError(problem) from None
    is_one_word = value.isprintable() and " " not in value
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_valid_port:
        raise ValidationError(problem)
    if not is_one_word or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValidationError("must hold nothing but a host and a path.")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _header_word(value: Secret) -> None:
    text = value.reveal()
    if not text.isascii() or " " in text:
        raise ValidationError("must hold printable ASCII characters without blanks.")


def _long_enough(value: Secret) -> None:
    if len(value.reveal()) < _SHORTEST_TOKEN:
        raise ValidationError(
            f"must have at least {_SHORTEST_TOKEN} characters; make one with: openssl rand -hex 32."
        )


def _bind(value: str) -> None:
    match = _BIND.fullmatch(value)
    if not match or not 0 < int(match[1]) <= _HIGHEST_PORT:
        raise ValidationError("must be host:port, such as 127.0.0.1:8080.")


def _database(value: Secret) -> None:
    try:
        url = make_url(value.reveal())
    except ArgumentError:
        raise ValidationError("must begin with sqlite:/// or postgresql://.") from None
    except ValueError:
        raise ValidationError("must have a number where its port is, if it has one.") from None
    if url.drivername == "sqlite":
        # Every process and thread would have a database in memory of its own.
        if url.database in (None, "", ":memory:"):
            raise ValidationError(
                "must name a file, such as sqlite:////var/lib/gateway/db.sqlite3."
            )
    elif url.drivername not in _POSTGRESQL:
        raise ValidationError("must begin with sqlite:/// or postgresql://.")
    elif not find_spec("psycopg"):
        raise ValidationError("must wait for: pip install 'bitbucket-scim[postgresql]'.")


def _default_database() -> Secret:
    return Secret(f"sqlite:///{user_state_path('bitbucket-scim') / 'mirror.sqlite3'}")


def _whole_number(least: int, most: int, *, default: int, unit: str = "") -> fields.Integer:
    return fields.Integer(
        load_default=default,
        validate=validate.Range(least, most, error=f"must be from {least} to {most}{unit}."),
        error_messages={"invalid": f"must be a whole number{unit and ' of'}{unit}."},
    )


def _one_of(*choices: str) -> fields.String:
    known = f"{', '.join(choices[:-1])} or {choices[-1]}"
    return fields.String(
        load_default=choices[0], validate=validate.OneOf(choices, error=f"must be {known}.")
    )


class SettingsSchema(Schema):
    """Loads :class:`Settings` from the environment's variables, those that are not set left out."""

    bitbucket_api_url = fields.String(load_default="https://api.bitbucket.org", validate=_api_url)
    bitbucket_workspace = fields.String(
        load_default=None,
        validate=validate.Regexp(
            _SLUG_OR_UUID,
            error="must be the workspace's slug, as in bitbucket.org/acme, or its UUID in braces.",
        ),
    )
    bitbucket_access_token = _SecretText(load_default=None, validate=_header_word)
    bitbucket_email = fields.String(
        load_default=None,
        validate=validate.Email(error="must be the e-mail address of an Atlassian account."),
    )
    bitbucket_api_token = _SecretText(load_default=None)
    bitbucket_username = fields.String(load_default=None)
    bitbucket_app_password = _SecretText(load_default=None)
    bitbucket_oauth_key = fields.String(load_default=None)
    bitbucket_oauth_secret = _SecretText(load_default=None)
    scim_token = _SecretText(load_default=None, validate=validate.And(_long_enough, _header_word))
    scim_token_user = fields.String(
        load_default=None,
        validate=validate.Length(max=320, error="must be the id or the userName of a user."),
    )
    gateway_database_url = _SecretText(load_default=_default_database, validate=_database)
    gateway_max_age = _whole_number(0, 366 * 86_400, default=300, unit=" seconds")
    gateway_max_wait = _whole_number(0, 600, default=20, unit=" seconds")
    gateway_refresh_interval = _whole_number(0, 366 * 86_400, default=86_400, unit=" seconds")
    gateway_hourly_limit = _whole_number(0, 1_000_000, default=1000, unit=" calls")
    gateway_emails_file = _ReadableFile(load_default=None)
    gateway_email_filters = _one_of("known", "refuse")
    gateway_removed_retention = _whole_number(0, 3650, default=30, unit=" days")
    gateway_invitation_group = fields.String(
        load_default=None, validate=validate.Length(min=1, error="must name a group.")
    )
    gateway_protect_administrators = fields.Boolean(
        load_default=True, error_messages={"invalid": "must be true or false."}
    )
    gateway_read_only = _one_of("refuse", "ignore")
    gateway_catalogue = _one_of("unlisted", "listed", "okta", "off")
    gateway_discovery = _one_of("served", "rfc7643")
    gateway_bind = fields.String(load_default="127.0.0.1:8080", validate=_bind)
    gateway_public_url = fields.String(load_default=None, validate=_public_url)
    gateway_events_key = _SigningKey(load_default=None)
    gateway_events_audience = fields.String(
        load_default=None,
        validate=validate.Length(min=1, error="must name who the events are for."),
    )
    gateway_events_receiver = fields.String(load_default=None, validate=_receiver_url)
    gateway_events_receiver_token = _SecretText(load_default=None, validate=_header_word)
    gateway_events_retention = _whole_number(1, 3650, default=30, unit=" days")
    gateway_user_name = _one_of("email", "account_id")
    gateway_workers = _whole_number(1, 64, default=2)
    gateway_threads = _whole_number(1, 256, default=8)
    gateway_requests_per_minute = _whole_number(0, 1_000_000, default=0, unit=" requests")
    gateway_log_format = _one_of("json", "console")
    gateway_log_level = _one_of("info", "debug", "warning", "error")

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Read every field from the environment variable of its name."""
        field_obj.data_key = field_name.upper()

    @post_load
    def _settings(self, loaded: dict[str, Any], **_: object) -> Settings:
        url = loaded["gateway_database_url"].reveal()
        loaded["gateway_database_url"] = Secret(
            re.sub(r"^postgres(?:ql)?://", "postgresql+psycopg://", url)
        )
        loaded["bitbucket_api_url"] = loaded["bitbucket_api_url"].rstrip("/")
        return Settings(**loaded)
