"""Why a receiver can't use a token (RFC 8935 §2.3, RFC 8936 §2.6): told by a code, and in words."""

import re
from typing import Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields

#: The codes that speak of how the two sides are set up, not of one token (RFC 8935 §2.4): people
#: mend that, and until then every token is refused.
OF_THE_SET_UP: Final = frozenset(
    {
        "invalid_key",
        "invalid_issuer",
        "invalid_audience",
        "authentication_failed",
        "access_denied",
    }
)
#: What the log shows of a code. What holds an address is none.
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class _Refusal(Schema):
    """The body of a refusal; its description may repeat anything, and is left out."""

    class Meta:
        unknown = EXCLUDE

    err = fields.String(required=True)


_REFUSAL = _Refusal()


def code_of(text: str) -> str:
    """Return a code as it may be logged."""
    return text if _CODE.fullmatch(text) else "unreadable"


def read_refusal(body: bytes) -> str | None:
    """Return the code in the body of a refusal; None if it is no refusal of a token."""
    try:
        return code_of(_REFUSAL.loads(body.decode())["err"])
    except (ValidationError, ValueError):
        return None
