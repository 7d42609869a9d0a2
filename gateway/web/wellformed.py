"""What every request has to be, whatever it asks and whoever sends it."""

import re
from urllib.parse import unquote_to_bytes

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.scim.errors import InvalidSyntax, InvalidVersion
from gateway.web.addresses import ROOT

#: The largest body that is taken.
LARGEST_BODY_BYTES = 1 << 20

_OTHER_VERSION = re.compile(r"/scim/(?!v2(?:/|$))(?P<version>v[0-9][^/]*)")
#: No id and no name holds a control character. What was no UTF-8 in a path arrives as U+FFFD.
_NEVER_IN_A_PATH = re.compile(r"[\x00-\x1f\x7f\ufffd]")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def refuse_malformed() -> None:
    """
    Let the request that is answered pass, if it can be read at all.

    Raises:
        RequestEntityTooLarge: Its body is too large; it has not been read.
        InvalidSyntax: Its address is not percent-encoded UTF-8.
        InvalidVersion: It is made to another version of SCIM than 2 (RFC 7644 §3.13).
    """
    if (request.content_length or 0) > LARGEST_BODY_BYTES:
        raise RequestEntityTooLarge
    if _NEVER_IN_A_PATH.search(request.path) or not is_encoded(request.query_string):
        raise InvalidSyntax(
            "The address is not UTF-8, percent-encoded, or holds a control character."
        )
    other = _OTHER_VERSION.match(request.path)
    if other:
        served = ROOT.rpartition("/")[2]
        raise InvalidVersion(
            f"The address names the version {other['version']}; the one here is {served}."
        )


def is_encoded(query: bytes) -> bool:
    """Tell whether the query of an address is percent-encoded UTF-8."""
    if query.isascii() and b"%" not in query:
        return True
    if _BROKEN_ESCAPE.search(query):
        return False
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True
