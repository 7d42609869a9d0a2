"""The version of the protocol, which an address may leave out (RFC 7644 §3.13)."""

import re

#: The rest of a path that names no version.
_BELOW = re.compile(r"(?!/v[0-9])(?:/|$)")


def with_version(path: str, root: str) -> str:
    """
    Return *path* as one of the latest version, if it names none.

    Args:
        path: The path of an address, as ``/scim/Users``; any other is returned as it is.
        root: The path that all those of the latest version begin with, as ``/scim/v2``.
    """
    without, _, _ = root.rpartition("/")
    rest = path.removeprefix(without)
    if rest == path or _BELOW.match(rest) is None:
        return path
    return f"{root}{rest}"
