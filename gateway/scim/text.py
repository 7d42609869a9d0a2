"""How strings and instants are compared, the same in memory and in a database."""

import re
import unicodedata
from datetime import UTC, datetime

_SIGMA, _FINAL_SIGMA = "\u03c3", "\u03c2"
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)


def fold(text: str) -> str:
    """
    Return *text* as attributes that ignore letter case compare it.

    Lower case between two normalisations to NFC, as RFC 8265 §3.3 maps user names
    (RFC 7644 §5 asks for its kind of preparation). The last sigma of a word is a sigma like any
    other: so what a text begins with, ends with or contains is in it folded, too.
    """
    if text.isascii():
        # Nothing else is to be done to what most texts are.
        return text.lower()
    lowered = unicodedata.normalize("NFC", text).lower().replace(_FINAL_SIGMA, _SIGMA)
    return unicodedata.normalize("NFC", lowered)


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


def read_instant(text: str) -> str:
    """
    Return the instant that an xsd:dateTime with its zone says, as :func:`instant` does.

    What is finer than a microsecond is cut off.

    Raises:
        ValueError: *text* says none (RFC 7643 §2.3.5), or one outside the years 1 to 9999.
    """
    if _DATE_TIME.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a date and time with its zone.")
    try:
        return instant(datetime.fromisoformat(text.upper()))
    except OverflowError:
        raise ValueError(f"{text!r} is not in the years 1 to 9999.") from None
