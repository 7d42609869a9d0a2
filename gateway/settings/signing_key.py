"""The private keys of events, as PEM or as JWKs: the first signs, the others are shown."""

import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress

import orjson
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey, import_key

#: How keys sign, by their curve (RFC 7518 §3.1, RFC 9864).
_BY_CURVE: Mapping[str, str] = {
    "P-256": "ES256",
    "P-384": "ES384",
    "P-521": "ES512",
    "Ed25519": "Ed25519",
}
_SHORTEST_RSA_BITS = 2048
_PEM = re.compile(r"-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)


def read_signing_keys(text: str) -> Sequence[tuple[Key, str]]:
    """
    Return private keys, one at least, each with the algorithm that it signs by.

    Several are in PEM one after the other, or in a JWK Set (RFC 7517 §5).

    Raises:
        ValueError: One is none to sign with, or is there twice; nothing of it is in the error.
    """
    with warnings.catch_warnings():
        # A key that is too weak is refused below, in words of ours.
        warnings.simplefilter("ignore", SecurityWarning)
        read = _read(text)
    found = [(key, _algorithm(key) if key else None) for key in read]
    keys = [(key, name) for key, name in found if key and name and _signs(key, name)]
    if not keys or len(keys) < len(found):
        raise ValueError(
            "must be a private key without a password, in PEM or as a JWK, or several of them: "
            "EC (P-256, P-384, P-521), Ed25519, or RSA of 2048 bits or more. "
            "Make one with: openssl ecparam -name prime256v1 -genkey -noout."
        )
    if len({key.kid or key.thumbprint() for key, _ in keys}) < len(keys):
        raise ValueError("must hold no key twice, nor two with one kid; remove one of them.")
    return keys


def _read(text: str) -> list[Key | None]:
    """Return the keys in a text; None for each that can't be read."""
    with suppress(ValueError):
        read = orjson.loads(text)
        several = read.get("keys") if isinstance(read, dict) else None
        return [_of_json(each) for each in (several if isinstance(several, list) else [read])]
    several = [found.group() for found in _PEM.finditer(text)]
    return [_of_pem(each) for each in (several if len(several) > 1 else [text])]


def _of_json(value: object) -> Key | None:
    with suppress(JoseError, ValueError, TypeError, KeyError):
        if isinstance(value, dict):
            return import_key(value)
    return None


def _of_pem(text: str) -> Key | None:
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
