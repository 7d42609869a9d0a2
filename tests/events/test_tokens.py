"""Tokens are what RFC 8417 and RFC 9967 say they are."""

import warnings
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwk, jws, jwt
from joserfc.errors import BadSignatureError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from gateway.events.tokens import Signer
from gateway.scim.events import DELETED
from gateway.settings import read_signing_keys
from tests.events.conftest import START, event


def pem_of(key: Any) -> str:
    """Return a private key as PEM."""
    text: str = key.as_pem(private=True).decode()
    return text


def json_of(key: Key, **more: str) -> str:
    """Return a private key as a JWK."""
    return orjson.dumps(key.as_dict(private=True) | more).decode()


def json_set_of(*keys: Key) -> str:
    """Return private keys as a JWK Set."""
    return orjson.dumps({"keys": [key.as_dict(private=True) for key in keys]}).decode()


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256"), "ES256"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
        (RSAKey.generate_key(2048), "RS256"),
    ],
    ids=["P-256", "Ed25519", "RSA"],
)
def test_a_token_is_verified_with_the_public_key(key: Key, algorithm: str) -> None:
    """Whatever kind of key signs, as PEM or as a JWK; nothing private is shown."""
    for text in (pem_of(key), json_of(key)):
        ((read, found),) = read_signing_keys(text)
        assert found == algorithm
        signer = Signer("https://scim.acme.com", "idp", read, found)

        keys = jwk.KeySet.import_key_set(signer.keys())  # type: ignore[arg-type]  # it is JSON
        token = jwt.decode(signer.sign(event("a")), keys, algorithms=[algorithm])

        (public,) = keys.keys
        assert not public.is_private
        assert (public["use"], public["alg"]) == ("sig", algorithm)
        assert token.header["kid"] == public.kid == key.thumbprint()
        forged = type(key).generate_key(parameters={"kid": public.kid or ""})
        with pytest.raises(BadSignatureError):
            jwt.decode(signer.sign(event("a")), forged, algorithms=[algorithm])


@pytest.mark.rule("9967-2-subject")
def test_a_token_says_who_tells_whom_of_what(signer: Signer) -> None:
    """The subject is in sub_id alone (RFC 9967 §2.1)."""
    token = jwt.decode(signer.sign(event("a")), signer.key, algorithms=["ES256"])

    assert token.header["typ"] == "secevent+jwt"
    assert token.claims == {
        "iss": "https://scim.acme.com",
        "aud": "https://idp.acme.com",
        "iat": int(START.timestamp()),
        "jti": "a",
        "txn": "txn-a",
        "sub_id": {"format": "scim", "uri": "/Users/a", "externalId": "external a"},
        "events": {DELETED: {}},
    }


def test_the_private_key_is_not_shown_by_accident(signer: Signer) -> None:
    """Neither is any part of it in a repr."""
    private = signer.key.as_dict(private=True)["d"]
    assert isinstance(private, str)
    assert private not in repr(signer)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "{",
        '{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"}',
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}',
        ECKey.generate_key("P-256").as_pem(private=False).decode(),
        pem_of(ECKey.generate_key("secp256k1")),
        pem_of(OKPKey.generate_key("X25519")),
        ECKey.generate_key("P-256").as_pem(private=True, password="secret").decode(),
        json_of(ECKey.generate_key("P-256"), use="enc"),
        json_of(RSAKey.generate_key(2048), alg="PS256"),
        '{"keys": []}',
        '{"keys": ["a"]}',
        json_set_of(ECKey.generate_key("P-256"), OKPKey.generate_key("X25519")),
        pem_of(ECKey.generate_key("P-256")) + pem_of(ECKey.generate_key("secp256k1")),
    ],
    ids=[
        *("text", "json", "oct", "forged", "public", "curve", "exchange", "password", "use"),
        *("alg", "none", "no keys", "one of a set", "one of two"),
    ],
)
def test_a_key_that_can_not_sign_is_refused(text: str) -> None:
    """With a sentence that says how to make one, and nothing of the key."""
    with pytest.raises(ValueError, match=r"^must be a private key") as error:
        read_signing_keys(text)
    assert text not in str(error.value)


@pytest.mark.parametrize("write", [pem_of, json_of])
def test_a_weak_key_is_refused_in_our_words_alone(write: Callable[[Key], str]) -> None:
    """Whoever starts the gateway is not shown a warning of Python besides."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        weak = write(RSAKey.generate_key(1024))

    with pytest.raises(ValueError, match="RSA of 2048 bits or more"):
        read_signing_keys(weak)


@pytest.mark.parametrize("write", [json_set_of, lambda *keys: "\n".join(map(pem_of, keys))])
def test_the_first_of_several_keys_signs_and_all_are_shown(write: Callable[..., str]) -> None:
    """So a key is changed without a token that a receiver can't verify by what it keeps."""
    old, new = ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")

    def signer(*keys: Key) -> Signer:
        (key, algorithm), *others = read_signing_keys(write(*keys))
        return Signer("https://scim.acme.com", "idp", key, algorithm, others)

    announced, changed = signer(old, new), signer(new, old)
    assert '"d"' not in orjson.dumps([announced.keys(), changed.keys()]).decode()
    for verifier in (announced, changed):
        keys = jwk.KeySet.import_key_set(verifier.keys())  # type: ignore[arg-type]  # it is JSON
        for signing, key in ((announced, old), (changed, new)):
            token = jwt.decode(signing.sign(event("a")), keys, algorithms=["ES256", "Ed25519"])
            assert token.header["kid"] == key.thumbprint()
    for key in (old, new):
        assert str(key.as_dict(private=True)["d"]) not in repr(announced)


def test_no_two_keys_have_one_name() -> None:
    """A receiver finds the key of a token by it."""
    key = ECKey.generate_key("P-256")
    named: list[Key] = [
        ECKey.generate_key("P-256", {"kid": "1"}),
        OKPKey.generate_key("Ed25519", {"kid": "1"}),
    ]
    for text in (pem_of(key) * 2, json_set_of(*named)):
        with pytest.raises(ValueError, match="no key twice"):
            read_signing_keys(text)


def test_openssl_s_keys_are_read() -> None:
    """As the hint in the error makes them."""
    made = ec.generate_private_key(ec.SECP256R1())
    text = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    assert text.startswith("-----BEGIN EC PRIVATE KEY-----")

    ((key, algorithm),) = read_signing_keys(text)

    assert jws.serialize_compact({"alg": algorithm}, b"", key, algorithms=["ES256"])
