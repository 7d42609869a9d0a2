"""Every setting: its name, what it means, and what it is unless it is set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """
    A setting.

    Attributes:
        name: The environment variable.
        meaning: What it says, in one line.
        default: What it is unless it is set, as documentation puts it.
        is_secret: Whether it may be read from a file, named by the same variable with _FILE.
    """

    name: str
    meaning: str
    default: str = ""
    is_secret: bool = False


SETTINGS = (
    Setting("BITBUCKET_WORKSPACE", "The workspace: its slug, or its UUID in braces"),
    Setting("BITBUCKET_ACCESS_TOKEN", "A workspace access token", is_secret=True),
    Setting("BITBUCKET_EMAIL", "The e-mail address of the account that the API token belongs to"),
    Setting("BITBUCKET_API_TOKEN", "An API token of that account", is_secret=True),
    Setting("BITBUCKET_OAUTH_KEY", "The key of a private OAuth consumer"),
    Setting("BITBUCKET_OAUTH_SECRET", "The secret of that consumer", is_secret=True),
    Setting("BITBUCKET_USERNAME", "The account name that goes with an app password"),
    Setting(
        "BITBUCKET_APP_PASSWORD",
        "An app password; bitbucket.org accepts none since 2026-07-28",
        is_secret=True,
    ),
    Setting(
        "BITBUCKET_API_URL",
        "Where Bitbucket's API is; https, or http on this machine",
        "https://api.bitbucket.org",
    ),
    Setting("SCIM_TOKEN", "The bearer token that SCIM clients send", is_secret=True),
    Setting(
        "SCIM_TOKEN_USER",
        "The user that /Me is for who sends that token, by id or userName",
    ),
    Setting("GATEWAY_BIND", "The address to listen on", "127.0.0.1:8080"),
    Setting(
        "GATEWAY_PUBLIC_URL",
        "The address under which clients reach the gateway",
        "the host of each request",
    ),
    Setting(
        "GATEWAY_DATABASE_URL",
        "The database, as sqlite:///path or postgresql://user@host/name",
        "an SQLite file in the user's state folder",
        is_secret=True,
    ),
    Setting("GATEWAY_MAX_AGE", "How old a fact may be before it is read anew, in seconds", "300"),
    Setting(
        "GATEWAY_MAX_WAIT",
        "How long a request waits for facts to be read, in seconds, before older ones answer it; "
        "and how long a change waits, all of its calls together, while Bitbucket is too busy",
        "20",
    ),
    Setting(
        "GATEWAY_REFRESH_INTERVAL",
        "How often everything is read anew in the background, in seconds; 0 for never",
        "86400",
    ),
    Setting(
        "GATEWAY_HOURLY_LIMIT",
        "The calls an hour that may be made with each credential, until Bitbucket says; 0: any",
        "1000",
    ),
    Setting(
        "GATEWAY_EMAILS_FILE",
        "A file of e-mail addresses, one a line, for Bitbucket to be asked who has them",
    ),
    Setting(
        "GATEWAY_EMAIL_FILTERS",
        "Filters that only all e-mail addresses could answer: known, answered from those that are "
        "known, or refuse",
        "known",
    ),
    Setting(
        "GATEWAY_REMOVED_RETENTION",
        "How long users who left show in queries for changes, in days",
        "30",
    ),
    Setting(
        "GATEWAY_INVITATION_GROUP",
        "The group, by name or slug, that people are invited into who are invited into no other",
    ),
    Setting(
        "GATEWAY_PROTECT_ADMINISTRATORS",
        "Whether to refuse what would lock out an owner, or the account that the gateway acts by",
        "true",
    ),
    Setting(
        "GATEWAY_READ_ONLY",
        "What to do with the part of a PATCH that would change what only Bitbucket changes of a "
        "profile: refuse or ignore",
        "refuse",
    ),
    Setting(
        "GATEWAY_EVENTS_KEY",
        "The private key, PEM or JWK, that events of what changes are signed with, the first if "
        "there are several; without it there are no events",
        is_secret=True,
    ),
    Setting("GATEWAY_EVENTS_AUDIENCE", "Whom the events are for, as the receiver calls itself"),
    Setting(
        "GATEWAY_EVENTS_RECEIVER",
        "Where events are pushed; https, or http on this machine. Without it they are polled",
    ),
    Setting(
        "GATEWAY_EVENTS_RECEIVER_TOKEN",
        "The bearer token that the receiver wants",
        is_secret=True,
    ),
    Setting("GATEWAY_EVENTS_RETENTION", "How long events wait to be delivered, in days", "30"),
    Setting(
        "GATEWAY_CATALOGUE",
        "The lists of what can be held, /Roles and /Entitlements: unlisted, served and not "
        "announced; listed, announced; okta, as Okta reads them, announced; or off",
        "unlisted",
    ),
    Setting(
        "GATEWAY_DISCOVERY",
        "What /ServiceProviderConfig and /Schemas tell: served, all that is served and nothing "
        "else; or rfc7643, what that standard has and no later one, for clients that refuse more, "
        "or send what is not served",
        "served",
    ),
    Setting("GATEWAY_USER_NAME", "What userName is: email or account_id", "email"),
    Setting("GATEWAY_WORKERS", "The processes that serve", "2"),
    Setting("GATEWAY_THREADS", "The threads of each of them", "8"),
    Setting(
        "GATEWAY_REQUESTS_PER_MINUTE",
        "How many requests a minute may be made with a token; 0: any",
        "0",
    ),
    Setting("GATEWAY_LOG_FORMAT", "How the log is written: json or console", "json"),
    Setting("GATEWAY_LOG_LEVEL", "What is logged: debug, info, warning or error", "info"),
)
