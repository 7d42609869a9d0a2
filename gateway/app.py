"""The web application, as gunicorn serves it."""

import os
from collections.abc import Mapping
from functools import partial

import structlog
from flask import Flask, Response
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
)

from gateway.assembly import assemble
from gateway.directory.answering import Answering
from gateway.directory.entitlements import grantable
from gateway.directory.readiness import Readiness
from gateway.directory.root import Root
from gateway.logs import configure_logs
from gateway.scim.errors import Unavailable
from gateway.settings import Settings, load_settings
from gateway.web.answers import error_answer
from gateway.web.application import create_web
from gateway.web.errors import unforeseen
from gateway.web.rates import RequestCounter

#: When to try again what the database did not answer.
_DATABASE_RETRY_SECONDS = 5

#: What is wrong with the database: a client may try again.
_PASSING = (DatabaseError, InterfaceError)
#: What is wrong with a statement of ours, though it is an error of the database's as well.
_OURS = (DataError, IntegrityError, ProgrammingError)

#: The extension of the application that holds its parts.
GATEWAY = "gateway"


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
    for passing in _PASSING:
        app.register_error_handler(passing, _database_unavailable)
    for ours in _OURS:
        app.register_error_handler(ours, unforeseen)
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


def _database_unavailable(error: DBAPIError) -> Response:
    # Its own words may name hosts; the log has them.
    structlog.get_logger(__name__).error("database.unavailable", exc_info=error)
    sentence = "The gateway's database can't be used at the moment; try again, or check its log."
    return error_answer(Unavailable(sentence, retry_after_seconds=_DATABASE_RETRY_SECONDS))
