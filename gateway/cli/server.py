"""Running the web application under gunicorn."""

from collections.abc import Callable
from socket import socket
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from gateway.app import GATEWAY, create_app, request_counter
from gateway.assembly import Gateway
from gateway.cli.worker import LONGEST_REQUEST_LINE_BYTES
from gateway.logs import configure_logs
from gateway.settings import Settings

#: How long a connection is kept that nothing is asked on: longer than clients and load balancers
#: keep theirs, so that none asks on one that is being closed.
_KEPT_OPEN_SECONDS = 75


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """
    A gunicorn server of the gateway.

    Args:
        settings: Where to listen, with how many workers, and what they serve.
        when_ready: Called once the address is listened on.
        listening: A socket that listens there already, which the server takes over; None has the
            server open its own.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        when_ready: Callable[[], None],
        listening: socket | None = None,
    ) -> None:
        self._settings = settings
        self._when_ready = when_ready
        self._bind = f"fd://{listening.detach()}" if listening else settings.gateway_bind
        # Before the workers are forked, which count together.
        self._counter = request_counter(settings)
        super().__init__()

    def load_config(self) -> None:
        """Configure gunicorn; called by it."""
        for name, value in {
            "bind": self._bind,
            "workers": self._settings.gateway_workers,
            "threads": self._settings.gateway_threads,
            "worker_class": "gateway.cli.worker.Worker",
            "keepalive": _KEPT_OPEN_SECONDS,
            "limit_request_line": LONGEST_REQUEST_LINE_BYTES,
            "loglevel": "warning",
            **self._without_control_socket(),
            "when_ready": lambda _server: self._when_ready(),
            "post_worker_init": _begin_background_work,
            "worker_exit": _end_background_work,
        }.items():
            self.cfg.set(name, value)

    def _without_control_socket(self) -> dict[str, bool]:
        # Newer versions of gunicorn open one in the user's home, which may be nobody's.
        name = "control_socket_disable"
        return {name: True} if name in self.cfg.settings else {}

    def load(self) -> Flask:
        """Return the application, one for each worker; called by gunicorn."""
        settings = self._settings
        configure_logs(settings.gateway_log_format, level=settings.gateway_log_level)
        return create_app(settings, counter=self._counter)


def _begin_background_work(worker: Any) -> None:
    """Begin in each worker, after it was forked; a lease keeps all but one of the fleet idle."""
    gateway: Gateway = worker.app.callable.extensions[GATEWAY]
    if gateway.background is not None:
        gateway.background.start()
    if gateway.pusher is not None:
        gateway.pusher.start()


def _end_background_work(_server: Any, worker: Any) -> None:
    if worker.app.callable is not None:
        worker.app.callable.extensions[GATEWAY].close()
