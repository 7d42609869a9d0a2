"""The settings as values."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is shown to nobody by accident."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret('***')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    The settings, checked.

    Attributes:
        bitbucket_api_url: Where Bitbucket's API is, without a slash at its end.
        bitbucket_workspace: The slug of the workspace, or its UUID in braces.
        bitbucket_access_token: A workspace access token.
        bitbucket_email: The account that the API token belongs to; both or neither.
        bitbucket_username: The account that the app password belongs to; both or neither.
        bitbucket_oauth_key: The key of an OAuth consumer; with its secret, or neither.
        scim_token: The bearer token that opens the resources; None for commands that don't serve.
        scim_token_user: Whom that token is for, by ``id`` or ``userName``; None for nobody.
        gateway_database_url: The mirror's database, as SQLAlchemy writes it.
        gateway_max_age: How old a fact may be, in seconds.
        gateway_max_wait: How long a request waits for what is read for it, in seconds.
        gateway_refresh_interval: How often everything is read anew, in seconds; 0 for never.
        gateway_hourly_limit: The calls an hour that may be made with each credential and group
            of resources; 0 for any number.
        gateway_emails_file: Where addresses are, one a line.
        gateway_email_filters: ``known`` or ``refuse``.
        gateway_removed_retention: How long users who left show in queries for changes, in days.
        gateway_invitation_group: The group that people are invited into who are invited into no
            other.
        gateway_protect_administrators: Whether to refuse what would lock out an owner of the
            workspace, or the account that the gateway acts by.
        gateway_read_only: ``refuse`` or ``ignore`` what a PATCH would change of a user's profile
            that only Bitbucket changes.
        gateway_events_key: The private key that events are signed with, as PEM or JWK, and those
            that are only shown to receivers after it; None tells of no events.
        gateway_events_audience: Whom the events are for; with the key, or not at all.
        gateway_events_receiver: Where events are pushed; None lets them be polled.
        gateway_events_receiver_token: The bearer token that the receiver wants.
        gateway_events_retention: How long events wait to be delivered, in days.
        gateway_catalogue: How ``/Roles`` and ``/Entitlements`` are served: ``unlisted``,
            ``listed``, ``okta`` or ``off``.
        gateway_discovery: What discovery tells: ``served`` or ``rfc7643``.
        gateway_bind: The address to listen on, as host:port.
        gateway_public_url: The address under which clients reach the gateway.
        gateway_user_name: What ``userName`` is: ``email`` or ``account_id``.
        gateway_workers: The processes that serve.
        gateway_threads: The threads of each.
        gateway_requests_per_minute: How many requests a minute may be made with a token; 0 for
            any number.
        gateway_log_format: ``json``, or ``console`` for people.
        gateway_log_level: The least of what is logged: ``debug``, ``info``, ``warning``, ``error``.
    """

    bitbucket_api_url: str
    bitbucket_workspace: str
    bitbucket_access_token: Secret | None
    bitbucket_email: str | None
    bitbucket_api_token: Secret | None
    bitbucket_username: str | None
    bitbucket_app_password: Secret | None
    bitbucket_oauth_key: str | None
    bitbucket_oauth_secret: Secret | None
    scim_token: Secret | None
    scim_token_user: str | None
    gateway_database_url: Secret
    gateway_max_age: int
    gateway_max_wait: int
    gateway_refresh_interval: int
    gateway_hourly_limit: int
    gateway_emails_file: Path | None
    gateway_email_filters: str
    gateway_removed_retention: int
    gateway_invitation_group: str | None
    gateway_protect_administrators: bool
    gateway_read_only: str
    gateway_events_key: Secret | None
    gateway_events_audience: str | None
    gateway_events_receiver: str | None
    gateway_events_receiver_token: Secret | None
    gateway_events_retention: int
    gateway_catalogue: str
    gateway_discovery: str
    gateway_bind: str
    gateway_public_url: str | None
    gateway_user_name: str
    gateway_workers: int
    gateway_threads: int
    gateway_requests_per_minute: int
    gateway_log_format: str
    gateway_log_level: str
