"""Ports for servers that must be told theirs."""

import random
from contextlib import suppress
from socket import create_server

#: Below those that systems give to clients, and to servers that ask for any: until ours listens,
#: nobody else is given it. A client's would not be free until a minute after it is closed.
_PORTS = range(15_000, 32_000)
_TRIES = 100


def unused_port() -> int:
    """Return a port that nobody listens on, and that nobody is given."""
    for port in random.sample(_PORTS, _TRIES):
        with suppress(OSError), create_server(("127.0.0.1", port)):
            return port
    raise LookupError(f"none of {_TRIES} ports can be listened on")
