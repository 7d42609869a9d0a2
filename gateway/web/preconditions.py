"""Conditional requests (RFC 7644 §3.14, RFC 9110 §13)."""

import re

from gateway.scim.errors import InvalidValue

_ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = re.compile(rf"\s*{_ENTITY_TAG}(?:\s*,\s*{_ENTITY_TAG})*\s*")


def is_unchanged(if_none_match: str | None, version: str) -> bool:
    """
    Tell whether the client that sent ``If-None-Match`` has *version* already.

    Raises:
        InvalidValue: The header is neither ``*`` nor a list of entity tags.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    if not _LIST.fullmatch(if_none_match):
        raise InvalidValue(
            'The header If-None-Match holds no entity tags; send one as it was got, as W/"1f…".'
        )
    # RFC 9110 §13.1.2: the comparison is weak.
    return _opaque(version) in map(_opaque, re.findall(_ENTITY_TAG, if_none_match))


def _opaque(entity_tag: str) -> str:
    return entity_tag.removeprefix("W/")
