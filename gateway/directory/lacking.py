"""
Answers that show somebody without an e-mail address, because none is known.

Bitbucket tells an address only to who asks for it by that address, so that ``emails: []`` does not
say that a person has none. An app has none, and there is nothing to be known of it.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from gateway.scim.freshness import Provenance
from gateway.scim.path import Target
from gateway.scim.projection import Projection

_MOST_KEPT: Final = 256

#: What the whole document of a person has of whom no address is known, and no other one; within a
#: text the quotation marks are escaped. From its end it is looked for faster.
_NO_ADDRESS: Final = b'"emails":[],"'
_OF_PERSON: Final = tuple(
    b'"userType":"user",' + active for active in (b"", b'"active":true,', b'"active":false,')
)


def lacking(
    provenance: Provenance, projection: Projection, documents: Iterable[bytes]
) -> Provenance:
    """
    Return *provenance*, with ``emails`` named if the address of somebody who is shown is unknown.

    Args:
        provenance: How the answer is come by.
        projection: What it shows of resources.
        documents: These, whole, as JSON; several may stand in one, with commas between them.
    """
    if _shows_addresses(projection) and any(map(_lacks_address, documents)):
        return with_unknown_addresses(provenance)
    return provenance


def with_unknown_addresses(provenance: Provenance) -> Provenance:
    """Return *provenance* with ``emails`` among the attributes of which not everything is known."""
    return replace(provenance, incomplete=tuple(sorted({"emails", *provenance.incomplete})))


def _lacks_address(documents: bytes) -> bool:
    at = documents.rfind(_NO_ADDRESS)
    while at >= 0:
        if documents.endswith(_OF_PERSON, 0, at):
            return True
        at = documents.rfind(_NO_ADDRESS, 0, at)
    return False


@lru_cache(maxsize=_MOST_KEPT)
def _shows_addresses(projection: Projection) -> bool:
    emails = projection.resource_type.core_attribute("emails")
    return emails is not None and projection.shows(Target(None, emails))
