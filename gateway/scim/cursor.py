"""
Cursors: where a walk through a list goes on (RFC 9865).

A cursor is sealed: a client can neither read nor make one, nor use it for another question, or as
somebody else, than it was made for (RFC 9865 §5).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct
from uuid import UUID

from gateway.scim.errors import InvalidCount, InvalidCursor

#: The walk, the position in it, when it began, and the count of each page.
_PLACE = Struct(">16sQQI")
_MARK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """
    A place in a walk.

    Attributes:
        walk: Which walk it is.
        position: How many resources come before it.
        began: When the walk began, in whole seconds since 1970; 0 where that is kept with it.
    """

    walk: UUID
    position: int
    began: int = 0


@dataclass(frozen=True, slots=True)
class Seal:
    """
    Makes cursors, and tells its own from all others.

    Attributes:
        key: What it knows them by, 32 random bytes; every process of a fleet has the same.
    """

    key: bytes

    def cursor(self, place: Place, *, count: int, bound_to: bytes) -> str:
        """
        Return the cursor of a place, in unreserved characters alone (RFC 9865 §2).

        Args:
            place: The place.
            count: How many resources a page of the walk has.
            bound_to: Who asks, and what.
        """
        plain = _PLACE.pack(place.walk.bytes, place.position, place.began, count)
        mark = self._hash(plain + bound_to, _MARK_BYTES)
        hidden = _xor(plain, self._hash(mark, len(plain)))
        return _encoded(mark + hidden)

    def place(self, cursor: str, *, count: int, bound_to: bytes) -> Place:
        """
        Return the place of a cursor.

        Raises:
            InvalidCursor: It is none of ours, or was made for another question or for others.
            InvalidCount: The count is not that of the pages before.
        """
        sealed = _decoded(cursor)
        mark, hidden = sealed[:_MARK_BYTES], sealed[_MARK_BYTES:]
        if len(hidden) != _PLACE.size:
            raise _invalid()
        plain = _xor(hidden, self._hash(mark, len(hidden)))
        if not hmac.compare_digest(mark, self._hash(plain + bound_to, _MARK_BYTES)):
            raise _invalid()
        walk, position, began, counted = _PLACE.unpack(plain)
        if counted != count:
            raise InvalidCount(f"The pages of this walk hold {counted} each; keep to that count.")
        return Place(UUID(bytes=walk), position, began)

    def _hash(self, text: bytes, size: int) -> bytes:
        return blake2b(text, key=self.key, digest_size=size).digest()


def _encoded(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def _decoded(cursor: str) -> bytes:
    try:
        sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (Error, ValueError):
        raise _invalid() from None
    # The decoder passes over what is not in its alphabet, and over the last character's spare bits.
    if _encoded(sealed) != cursor:
        raise _invalid()
    return sealed


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _invalid() -> InvalidCursor:
    return InvalidCursor(
        "The cursor is not one that was given for this query; begin anew with an empty one."
    )
