"""The private key that events are signed with, as PEM or as a JWK."""

from collections.abc import Mapping
from contextlib import suppress

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey, import_key

#: How keys sign, by their curve (RFC 7518 §3.1, RFC 9864).
_BY_CURVE: Mapping[str, str] = {
    "P-256": "ES256",
    "P-384": "ES384",
    "P-521": "ES512",
    "Ed25519": "Ed25519",
}
_SHORTEST_RSA_BITS = 2048


def read_signing_key(text: str) -> tuple[Key, str]:
    """
    Return a private key, and the algorithm that it signs by.

    Raises:
        ValueError: It is none, or none to sign with; nothing of it is in the error.
    """
    key = _read(text)
    algorithm = None if key is None else _algorithm(key)
    if key is None or algorithm is None or not _signs(key, algorithm):
        raise ValueError(
            "must be a private key without a password, in PEM or as a JWK: EC (P-256, P-384, "
            "P-521), Ed25519, or RSA of 2048 bits or more. "
            "Make one with: openssl ecparam -name prime256v1 -genkey -noout."
        )
    return key, algorithm


def _read(text: str) -> Key | None:
    with suppress(JoseError, ValueError, TypeError, KeyError):
        if text.startswith("{"):
            return import_key(orjson.loads(text))
    for kind in (ECKey, OKPKey, RSAKey):
        # Each takes only keys of its own kind; the errors of others may quote what they read.
        with suppress(JoseError, ValueError, TypeError):
            return kind.import_key(text)
    return None


def _algorithm(key: Key) -> str | None:
    if isinstance(key, OctKey):
        return None
    if isinstance(key, RSAKey):
        return "RS256" if key.raw_value.key_size >= _SHORTEST_RSA_BITS else None
    return _BY_CURVE.get(key.curve_name)


def _signs(key: Key, algorithm: str) -> bool:
    """Tell whether *key* may be used as it is to be: a JWK may say what it is for."""
    with suppress(JoseError):
        return bool(jws.serialize_compact({"alg": algorithm}, b"", key, algorithms=[algorithm]))
    return False
