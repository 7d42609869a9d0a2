"""Security event tokens (RFC 8417), as RFC 9967 profiles them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from joserfc import jwt
from joserfc.jwk import Key

from gateway.mirror.event_records import EventSet

#: What the header calls them (RFC 8417 §2.3).
TYPE = "secevent+jwt"


@dataclass(frozen=True, slots=True)
class Signer:
    """
    Signs tokens.

    Attributes:
        issuer: Who tells: the public address of the gateway.
        audience: Who is told.
        key: The private key.
        algorithm: How it signs (RFC 7518 §3.1).
        others: Keys that do not sign, now or any more, with their algorithms: they are shown to
            those who verify, so that the key can be changed without a refused token.
    """

    issuer: str
    audience: str
    key: Key = field(repr=False)
    algorithm: str
    others: Sequence[tuple[Key, str]] = field(default=(), repr=False)

    def sign(self, event: EventSet) -> str:
        """Return the token that tells of *event*; its id is the same each time."""
        subject: dict[str, str] = {"format": "scim", "uri": event.uri}
        if event.external_id is not None:
            subject["externalId"] = event.external_id
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "iat": int(event.at.timestamp()),
            "jti": event.jti,
            "txn": event.txn,
            "sub_id": subject,
            "events": dict(event.payloads),
        }
        header = {"alg": self.algorithm, "kid": _kid(self.key), "typ": TYPE}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def keys(self) -> Mapping[str, object]:
        """Return the public keys as a JWK Set (RFC 7517 §5), first the one that signs."""
        return {
            "keys": [
                key.as_dict(private=False) | {"kid": _kid(key), "alg": algorithm, "use": "sig"}
                for key, algorithm in ((self.key, self.algorithm), *self.others)
            ]
        }


def _kid(key: Key) -> str:
    return key.kid or key.thumbprint()
