"""How old an answer may be, as a request says it (RFC 9111 §5.2.1)."""

import math

from werkzeug.datastructures import RequestCacheControl
from werkzeug.http import parse_cache_control_header

from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted


def freshness_wanted(header: str | None) -> FreshnessWanted:
    """Return what the header ``Cache-Control`` asks for; what can't be read is left out."""
    if header is None:
        return AS_IT_COMES
    # Names of directives are the same in any letter case (RFC 9111 §5.2).
    directives = parse_cache_control_header(header.lower(), cls=RequestCacheControl)
    max_stale = directives.max_stale
    return FreshnessWanted(
        max_age_seconds=_seconds(directives.max_age),
        # Without a number it accepts any age.
        max_stale_seconds=math.inf if max_stale is True else _seconds(max_stale) or 0,
        min_fresh_seconds=_seconds(directives.min_fresh) or 0,
        no_cache=bool(directives.no_cache),
        only_if_cached=bool(directives.only_if_cached),
    )


def _seconds(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None
