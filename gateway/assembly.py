"""The composition root: where the parts are introduced to one another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from sqlalchemy import Engine

from gateway.bitbucket.budget import Budget
from gateway.bitbucket.quota import Urgency
from gateway.bitbucket.transport import Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.connections import credentials, integration_name, workspace_over
from gateway.directory.asked import Addresses
from gateway.directory.background import BackgroundRefresher
from gateway.directory.budget import SharedLedger
from gateway.directory.candidates import Candidates
from gateway.directory.catalogue import Catalogue, Items
from gateway.directory.catalogue_items import Entitlements, Roles
from gateway.directory.directory import Directory
from gateway.directory.feed import begin_feed_of
from gateway.directory.refresh import Patience, Refresher
from gateway.directory.rendering import Renderer
from gateway.directory.synchronization import Synchronization
from gateway.directory.users import UserNameSource
from gateway.events.feed import Feed
from gateway.events.push import Pusher
from gateway.events.receiver import Receiver
from gateway.events.tokens import Signer
from gateway.mirror.engine import migrate, open_database
from gateway.mirror.mirror import Mirror
from gateway.planner.explanation import to_json, to_text
from gateway.provisioning.administration import Administrations
from gateway.provisioning.groups import GroupWriter
from gateway.provisioning.protection import Protection
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.users import UserWriter
from gateway.scim.catalogue import CatalogueForm
from gateway.scim.handler import Query
from gateway.scim.schema import Registry, ResourceType, load_registry
from gateway.scim.standard import DiscoveryForm
from gateway.settings import Settings, read_signing_keys

#: What can be held, by the name of its type.
_ITEMS: Mapping[str, Callable[[ResourceType], Items]] = {"Role": Roles, "Entitlement": Entitlements}


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


def assemble(settings: Settings) -> Gateway:
    """Return the parts, with the database brought up to date; Bitbucket is not called yet."""
    registry = load_registry(
        CatalogueForm(settings.gateway_catalogue), DiscoveryForm(settings.gateway_discovery)
    )
    engine = open_database(settings.gateway_database_url.reveal())
    migrate(engine)
    integration = integration_name(settings)
    budget = _budget(engine, integration, settings)
    transport = Transport(settings.bitbucket_api_url, budget=budget)
    workspace = workspace_over(transport, settings)
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
    return Addresses(
        attributes=UserNameSource(settings.gateway_user_name).address_attributes,
        must_be_complete=settings.gateway_email_filters == "refuse",
    )


def _now() -> datetime:
    return datetime.now(UTC)
