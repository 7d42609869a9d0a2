"""Listening on an address before anything else is begun."""

from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket

import click

#: The connections that wait to be accepted, as many as with gunicorn's own sockets.
_BACKLOG = 2048


def listen(host: str, port: int, *, otherwise: str) -> socket:
    """
    Return a socket that listens.

    A port that is only known to be free may have another's by the time everything is read.

    Args:
        host: A name, or an address of IPv4 or IPv6.
        port: The port; 0 takes a free one.
        otherwise: What to do where that can't be listened on, as a sentence.

    Raises:
        ClickException: It can't.
    """
    listening = None
    try:
        listening = socket(AF_INET6 if ":" in host else AF_INET)
        listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        if listening:
            listening.close()
        reason = error.strerror if isinstance(error, OSError) else "No host can have that name"
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise click.ClickException(
            f"{address} can't be listened on: {reason}. {otherwise}"
        ) from None
    return listening
