"""
References to our own resources, kept relative until an answer's base address is known.

``meta.location`` and ``$ref`` are absolute in every answer (RFC 7643 §3.1), yet the same stored
document is served under several addresses. In a stored resource a reference therefore begins with
a null character, which no value from outside may hold and which JSON always writes as an escape.
A stored document has the bare byte in its place, which is found many times faster than the escape:
so one replacement of bytes makes a whole page absolute.
"""

import orjson

_MARK = "\0"
_MARK_IN_JSON = b'"\\u0000/'
_MARK_STORED = b'"\0/'


def relative(path: str) -> str:
    """Return the reference to *path*, such as ``/Users/…``, to be put in a stored resource."""
    return f"{_MARK}{path}"


def relative_path(reference: str) -> str | None:
    """Return the path of a reference that :func:`relative` made; None of any other text."""
    return reference.removeprefix(_MARK) if reference.startswith(_MARK) else None


def absolute(document: bytes, *, base_url: str) -> bytes:
    """
    Return the stored JSON *document* with its references made absolute.

    Args:
        document: JSON as written by orjson.
        base_url: The address of the service, without a slash at its end.
    """
    return document.replace(_MARK_IN_JSON, orjson.dumps(f"{base_url}/")[:-1])


def to_stored(document: bytes) -> bytes:
    """Return the JSON *document*, as written by orjson, as it is stored."""
    return document.replace(_MARK_IN_JSON, _MARK_STORED)


def from_stored(document: bytes) -> bytes:
    """Return the JSON that :func:`to_stored` was given."""
    return document.replace(_MARK_STORED, _MARK_IN_JSON)


def served(document: bytes, *, base_url: str) -> bytes:
    """Return a stored document, or several in a row, as :func:`absolute` returns it."""
    return document.replace(_MARK.encode(), orjson.dumps(base_url)[1:-1])


def without_null(text: str) -> str:
    """Return *text* from outside without null characters, so that it can't pass for a reference."""
    return text.replace(_MARK, "")
