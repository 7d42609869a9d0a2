"""How strings and instants are compared, the same in memory and in a database."""

import unicodedata
from datetime import UTC, datetime


def fold(text: str) -> str:
    """
    Return *text* as attributes that ignore letter case compare it.

    Lower case between two normalisations to NFC, as RFC 8265 §3.3 maps user names
    (RFC 7644 §5 asks for its kind of preparation).
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def instant(moment: datetime) -> str:
    """
    Return *moment* in UTC with microseconds, as ``2026-11-23T22:15:00.000000Z``.

    The form has a fixed width, so that instants are ordered as their texts are (RFC 7643 §2.3.5).

    Raises:
        ValueError: *moment* has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone.")
    in_utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{in_utc.isoformat(timespec='microseconds')}Z"
