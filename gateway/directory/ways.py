"""In which way facts are rendered as resources: another one renders every resource anew."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

import orjson

from gateway.mirror.catalogue import FORM
from gateway.scim.schema import Registry

#: The packages whose code says how a resource looks, and how it is kept.
_PACKAGES = ("directory", "mirror", "scim")


def way_of(registry: Registry, user_name: str) -> str:
    """
    Return what tells a way of rendering from another.

    It differs between releases whose code differs, so that nobody has to remember that a change of
    the code is one of the resources.

    Args:
        registry: The schemas.
        user_name: What ``userName`` is.
    """
    schemas = orjson.dumps([schema.document for schema in registry.schemas])
    parts = (FORM.encode(), user_name.encode(), schemas, _code())
    return blake2b(b"\0".join(parts), digest_size=16).hexdigest()


@cache
def _code() -> bytes:
    root = Path(__file__).parent.parent
    files = (file for name in _PACKAGES for file in (root / name).rglob("*.py"))
    digests = (blake2b(file.read_bytes(), digest_size=16).digest() for file in sorted(files))
    return b"".join(digests)
