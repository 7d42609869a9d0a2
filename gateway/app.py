"""The composition root: where the parts are introduced to one another."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from gateway.bitbucket.budget import Budget
from gateway.bitbucket.client import connect
from gateway.bitbucket.credentials import (
    ApiToken,
    AppPassword,
    Credential,
    OAuthConsumer,
    WorkspaceAccessToken,
)
from gateway.bitbucket.quota import Urgency
from gateway.bitbucket.transport import Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.answering import Answering
from gateway.directory.asked import Addresses
from gateway.directory.background import BackgroundRefresher
from gateway.directory.budget import SharedLedger
from gateway.directory.candidates import Candidates
from gateway.directory.catalogue import Catalogue, Items
from gateway.directory.catalogue_items import Entitlements, Roles
from gateway.directory.directory import Directory
from gateway.directory.entitlements import grantable
from gateway.directory.feed import begin_feed_of
from gateway.directory.readiness import Readiness
from gateway.directory.refresh import Patience, Refresher
from gateway.directory.rendering import Renderer
from gateway.directory.root import Root
from gateway.directory.synchronization import Synchronization
from gateway.directory.users import UserNameSource
from gateway.events.feed import Feed
from gateway.events.push import Pusher
from gateway.events.receiver import Receiver
from gateway.events.tokens import Signer
from gateway.logs import configure_logs
from gateway.mirror.engine import migrate, open_database
from gateway.mirror.mirror import Mirror
from gateway.planner.explanation import to_json, to_text
from gateway.provisioning.administration import Administrations
from gateway.provisioning.groups import GroupWriter
from gateway.provisioning.protection import Protection
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.users import UserWriter
from gateway.scim.catalogue import CatalogueForm
from gateway.scim.errors import Unavailable
from gateway.scim.handler import Query
from gateway.scim.schema import Registry, ResourceType, load_registry
from gateway.scim.standard import DiscoveryForm
from gateway.settings import Settings, load_settings, read_signing_keys
from gateway.web.answers import error_answer
from gateway.web.application import create_web
from gateway.web.rates import RequestCounter

#: When to try again what the database did not answer.
_DATABASE_RETRY_SECONDS = 5

#: What can be held, by the name of its type.
_ITEMS: Mapping[str, Callable[[ResourceType], Items]] = {"Role": Roles, "Entitlement": Entitlements}

#: The extension of the application that holds its parts.
GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Gateway:
    """
    The parts that commands and the web application are made of.

    Attributes:
        directories: The resources, by the name of their type.
        catalogues: What can be held, likewise.
        provisioner: The parts that change the workspace.
        writers: What changes resources, by the name of their type.
        feed: Tells what changed to who polls; None if nobody is told.
        pusher: Tells it to a receiver; None if there is none.
        close: Ends what goes on in the background, and the connections to Bitbucket and to the
            database.
    """

    registry: Registry
    workspace: BitbucketWorkspace
    mirror: Mirror
    refresher: Refresher
    directories: Mapping[str, Directory]
    catalogues: Mapping[str, Catalogue]
    provisioner: Provisioner
    writers: Mapping[str, GroupWriter | UserWriter]
    synchronization: Synchronization
    background: BackgroundRefresher | None
    feed: Feed | None
    pusher: Pusher | None
    close: Callable[[], None]

    def explain(self, type_name: str, query: Query) -> Mapping[str, object]:
        """Return what a query rests on and would cost, without making it."""
        explained = self.directories[type_name].explain(query)
        incomplete = list(explained.incomplete)
        return {
            **to_json(explained.plan),
            "incomplete": incomplete,
            "sql": explained.sql,
            "text": to_text(explained.plan, incomplete),
        }


def create_app(settings: Settings | None = None, *, counter: RequestCounter | None = None) -> Flask:
    """
    Return the web application.

    Args:
        settings: The settings; None reads them, and how to log, from the environment.
        counter: What :func:`request_counter` returned, before the processes were forked that are
            to count together; None makes one that those count with which are forked hereafter.

    Raises:
        SettingsError: They can't be used.
    """
    if settings is None:
        settings = load_settings(os.environ, serving=True)
        configure_logs(settings.gateway_log_format, level=settings.gateway_log_level)
    gateway = assemble(settings)
    app = create_web(
        gateway.registry,
        {**gateway.directories, **gateway.catalogues},
        gateway.writers,
        root=Root(gateway.directories, Answering(gateway.mirror, gateway.refresher)),
        tokens=_tokens(settings),
        users={"SCIM_TOKEN": settings.scim_token_user} if settings.scim_token_user else {},
        readiness=Readiness(gateway.refresher),
        explain=gateway.explain,
        entitlements=partial(grantable, gateway.mirror),
        public_url=settings.gateway_public_url,
        counter=counter or request_counter(settings),
        events=gateway.feed,
    )
    app.extensions[GATEWAY] = gateway
    app.register_error_handler(OperationalError, _database_unavailable)
    return app


def request_counter(settings: Settings) -> RequestCounter | None:
    """
    Return what counts the requests of each token; None where any number is taken.

    It is to be made before processes are forked that serve the same clients.
    """
    limit = settings.gateway_requests_per_minute
    return RequestCounter(limit, _tokens(settings)) if limit else None


def _tokens(settings: Settings) -> Mapping[str, str]:
    return {"SCIM_TOKEN": settings.scim_token.reveal()} if settings.scim_token else {}


def _database_unavailable(error: OperationalError) -> Response:
    # Its own words may name hosts; the log has them.
    structlog.get_logger(__name__).error("database.unavailable", exc_info=error)
    sentence = "The gateway's database can't be used at the moment."
    return error_answer(Unavailable(sentence, retry_after_seconds=_DATABASE_RETRY_SECONDS))


def assemble(settings: Settings) -> Gateway:
    """Return the parts, with the database brought up to date; Bitbucket is not called yet."""
    registry = load_registry(
        CatalogueForm(settings.gateway_catalogue), DiscoveryForm(settings.gateway_discovery)
    )
    engine = open_database(settings.gateway_database_url.reveal())
    migrate(engine)
    integration = _integration(settings)
    budget = _budget(engine, integration, settings)
    transport = Transport(settings.bitbucket_api_url, budget=budget)
    workspace = _workspace(transport, settings)
    signer = _signer(settings)
    lifetime = timedelta(days=settings.gateway_events_retention)
    mirror = Mirror(engine, integration, event_lifetime=lifetime if signer else None)
    if signer is not None:
        begin_feed_of(mirror, now=_now())
    refresher = Refresher(
        workspace,
        mirror,
        Renderer(registry, UserNameSource(settings.gateway_user_name)),
        _now,
        Patience(
            lifetime=timedelta(seconds=settings.gateway_max_age),
            longest_wait_seconds=settings.gateway_max_wait,
        ),
        dict if budget is None else partial(budget.left, Urgency.INTERACTIVE),
    )
    stopping = Event()
    synchronization = Synchronization(
        refresher, Candidates(settings.gateway_emails_file), stopping.wait
    )
    provisioner = Provisioner(
        refresher,
        Administrations(mirror, timedelta(seconds=settings.gateway_max_age)),
        Protection(is_on=settings.gateway_protect_administrators),
        settings.gateway_invitation_group,
    )
    interval = timedelta(seconds=settings.gateway_refresh_interval)
    background = BackgroundRefresher(
        replace(synchronization, in_background=True), interval, stopping
    )

    receiver = _receiver(settings)
    feed = pusher = None
    if signer is not None:
        feed = Feed(mirror, signer, lifetime, _now, stopping.wait, is_pushed=receiver is not None)
        if receiver is not None:
            pusher = Pusher(mirror, signer, receiver, lifetime, _now, stopping)

    def close() -> None:
        stopping.set()
        transport.close()
        if receiver is not None:
            receiver.close()
        mirror.close()

    return Gateway(
        registry=registry,
        workspace=workspace,
        mirror=mirror,
        refresher=refresher,
        directories={
            resource_type.name: Directory(
                resource_type,
                mirror,
                refresher,
                _addresses(settings),
                timedelta(days=settings.gateway_removed_retention),
            )
            for resource_type in registry.resource_types
        },
        catalogues={
            resource_type.name: Catalogue(
                resource_type, _ITEMS[resource_type.name](resource_type), mirror, refresher
            )
            for resource_type in registry.catalogue
        },
        provisioner=provisioner,
        writers={
            "User": UserWriter(
                provisioner, ignores_read_only=settings.gateway_read_only == "ignore"
            ),
            "Group": GroupWriter(provisioner),
        },
        synchronization=synchronization,
        background=background if interval else None,
        feed=feed,
        pusher=pusher,
        close=close,
    )


def _signer(settings: Settings) -> Signer | None:
    if settings.gateway_events_key is None:
        return None
    (key, algorithm), *others = read_signing_keys(settings.gateway_events_key.reveal())
    issuer = (settings.gateway_public_url or "").rstrip("/")
    return Signer(issuer, settings.gateway_events_audience or "", key, algorithm, others)


def _receiver(settings: Settings) -> Receiver | None:
    if settings.gateway_events_receiver is None:
        return None
    token = settings.gateway_events_receiver_token
    return Receiver(settings.gateway_events_receiver, token.reveal() if token else None)


def _budget(engine: Engine, integration: str, settings: Settings) -> Budget | None:
    if not settings.gateway_hourly_limit:
        return None
    ledger = SharedLedger(engine, integration, now=_now, hourly_limit=settings.gateway_hourly_limit)
    return Budget(ledger, [credential.kind for credential in credentials(settings)], now=_now)


def _addresses(settings: Settings) -> Addresses:
    names = {"emails"}
    if UserNameSource(settings.gateway_user_name) is UserNameSource.EMAIL:
        names.add("userName")
    return Addresses(
        attributes=frozenset(names),
        must_be_complete=settings.gateway_email_filters == "refuse",
    )


def connect_workspace(settings: Settings) -> BitbucketWorkspace:
    """Return the workspace, to be read with the configured credentials."""
    return _workspace(Transport(settings.bitbucket_api_url), settings)


def credentials(settings: Settings) -> list[Credential]:
    """Return the configured credentials."""
    found: list[Credential] = []
    if settings.bitbucket_access_token:
        found.append(WorkspaceAccessToken(settings.bitbucket_access_token.reveal()))
    if settings.bitbucket_email and settings.bitbucket_api_token:
        found.append(ApiToken(settings.bitbucket_email, settings.bitbucket_api_token.reveal()))
    if settings.bitbucket_oauth_key and settings.bitbucket_oauth_secret:
        secret = settings.bitbucket_oauth_secret.reveal()
        found.append(OAuthConsumer(settings.bitbucket_oauth_key, secret))
    if settings.bitbucket_username and settings.bitbucket_app_password:
        password = settings.bitbucket_app_password.reveal()
        found.append(AppPassword(settings.bitbucket_username, password))
    return found


def _workspace(transport: Transport, settings: Settings) -> BitbucketWorkspace:
    return BitbucketWorkspace(
        connect(transport, credentials(settings)), settings.bitbucket_workspace
    )


def _integration(settings: Settings) -> str:
    # Another workspace, or another Bitbucket, never answers from this one's facts.
    return f"{urlsplit(settings.bitbucket_api_url).netloc}/{settings.bitbucket_workspace}".lower()


def _now() -> datetime:
    return datetime.now(UTC)
