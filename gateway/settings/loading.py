"""Reading the settings, and telling of everything that is wrong with them at once."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from marshmallow import ValidationError

from gateway.settings.model import Settings
from gateway.settings.names import SETTINGS, Setting
from gateway.settings.schema import SettingsSchema

_PAIRS = (
    ("BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN"),
    ("BITBUCKET_OAUTH_KEY", "BITBUCKET_OAUTH_SECRET"),
    ("BITBUCKET_USERNAME", "BITBUCKET_APP_PASSWORD"),
)
#: What events can't do without, and what is of no use without them.
_OF_EVENTS = (
    ("GATEWAY_EVENTS_AUDIENCE", "GATEWAY_EVENTS_KEY"),
    ("GATEWAY_PUBLIC_URL", "GATEWAY_EVENTS_KEY"),
    ("GATEWAY_EVENTS_KEY", "GATEWAY_EVENTS_AUDIENCE"),
    ("GATEWAY_EVENTS_KEY", "GATEWAY_EVENTS_RECEIVER"),
    ("GATEWAY_EVENTS_RECEIVER", "GATEWAY_EVENTS_RECEIVER_TOKEN"),
)
_PREFIXES = ("BITBUCKET_", "GATEWAY_")
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
    given: dict[str, str] = {}
    unread: set[str] = set()
    for setting in SETTINGS:
        try:
            value = _value(environ, setting)
        except _Unreadable as error:
            problems.append(str(error))
            unread.add(setting.name)
        else:
            given |= {setting.name: value} if value else {}
    problems += _missing(given.keys() | unread, serving=serving)
    try:
        settings: Settings = SettingsSchema().load(given)
    except ValidationError as error:
        found: Mapping[str, list[str]] = error.messages_dict
        problems += [f"{name} {reason}" for name in found for reason in found[name]]
        raise SettingsError(tuple(problems)) from None
    if problems:
        raise SettingsError(tuple(problems))
    return settings


class _Unreadable(Exception):
    """A setting is there but can't be told; the sentence says why."""


def _value(environ: Mapping[str, str], setting: Setting) -> str:
    name = setting.name
    value = environ.get(name, "").strip()
    path = environ.get(f"{name}_FILE", "") if setting.is_secret else ""
    if not path:
        return value
    if value:
        raise _Unreadable(f"{name} and {name}_FILE are both set; keep one of them.")
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise _Unreadable(f"{name}_FILE names {path}, which can't be read.") from None
    if not text:
        raise _Unreadable(f"{name}_FILE names {path}, which is empty.")
    return text


def _missing(given: Collection[str], *, serving: bool) -> Iterator[str]:
    if "BITBUCKET_WORKSPACE" not in given:
        yield "BITBUCKET_WORKSPACE is not set: give the workspace's slug, as in bitbucket.org/acme."
    for name, secret in _PAIRS:
        if (name in given) != (secret in given):
            lacking, present = (name, secret) if secret in given else (secret, name)
            yield f"{lacking} is not set, which {present} goes with."
    for lacking, present in _OF_EVENTS:
        if present in given and lacking not in given:
            yield f"{lacking} is not set, which {present} goes with."
    if not any(name in given for name in _CREDENTIALS):
        yield (
            "No credential is set: give BITBUCKET_EMAIL and BITBUCKET_API_TOKEN, and where you "
            "have one BITBUCKET_ACCESS_TOKEN."
        )
    if serving and "SCIM_TOKEN" not in given:
        yield "SCIM_TOKEN is not set: make one with openssl rand -hex 32, and give it to clients."


def _misspelt(environ: Mapping[str, str]) -> Iterator[str]:
    known = {setting.name for setting in SETTINGS}
    known |= {f"{setting.name}_FILE" for setting in SETTINGS if setting.is_secret}
    for name in sorted(environ.keys() - known):
        base = name.removesuffix("_FILE")
        if base in known:
            yield f"{name} is no setting: {base} is no secret, and is set itself."
        elif close := _close_to(name, known):
            yield f"{name} is no setting; {close} may be meant."


def _close_to(name: str, known: Collection[str]) -> str | None:
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            # The prefix is left out: others set variables that have little more in common.
            rests = [other.removeprefix(prefix) for other in known if other.startswith(prefix)]
            close = difflib.get_close_matches(name.removeprefix(prefix), rests, n=1, cutoff=0.8)
            return f"{prefix}{close[0]}" if close else None
    return None
