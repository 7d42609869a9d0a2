"""Which addresses a credential may be sent to."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def checked_base(url: str) -> str:
    """
    Return *url* without a slash at its end, as the base of addresses that carry a credential.

    Raises:
        ValueError: It is no absolute URL, carries a credential itself, or would send credentials
            unencrypted to another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("the API URL has to begin with https:// and name a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("the API URL holds more than a host and a path")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError(
            f"the API URL has to begin with https://: credentials are not sent to "
            f"{parts.hostname} in the clear"
        )
    return url.rstrip("/")


def is_loopback(url: str) -> bool:
    """Tell whether *url* leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def same_origin(one: str, other: str) -> bool:
    """Tell whether both addresses have the same scheme, host and port (RFC 6454 §5)."""
    try:
        return _origin(urlsplit(one)) == _origin(urlsplit(other))
    except ValueError:
        return False


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None, bool]:
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname, port, parts.username is None
