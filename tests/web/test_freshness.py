"""How old an answer may be, as requests say it (RFC 9111), and how it was come by (RFC 9211)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.scim.errors import NotStored
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted, Provenance
from gateway.scim.handler import Listing, Query, Retrieval
from gateway.web.answers import provenance_headers

ANY = float("inf")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", AS_IT_COMES),
        ("max-age=60", FreshnessWanted(max_age_seconds=60)),
        ("max-age=0", FreshnessWanted(max_age_seconds=0)),
        ("Max-Age=60, foo=bar", FreshnessWanted(max_age_seconds=60)),
        ("no-cache", FreshnessWanted(no_cache=True)),
        ("only-if-cached", FreshnessWanted(only_if_cached=True)),
        ("max-stale", FreshnessWanted(max_stale_seconds=ANY)),
        ("max-stale=30", FreshnessWanted(max_stale_seconds=30)),
        ("min-fresh=10", FreshnessWanted(min_fresh_seconds=10)),
        ("max-age=soon", AS_IT_COMES),
        ("max-age=-1", AS_IT_COMES),
        ("max-age", AS_IT_COMES),
        ("no-store, no-transform", AS_IT_COMES),
    ],
)
@pytest.mark.parametrize("path", ["/scim/v2/Users", "/scim/v2/Users/u1"])
def test_the_directives_of_a_request_are_handed_on(
    client: FlaskClient, users: Any, path: str, header: str, expected: FreshnessWanted
) -> None:
    """Lists and single resources alike; what can't be read is as if it were not sent."""
    client.get(path, headers={"Cache-Control": header})

    wanted = users.queries[-1].freshness if users.queries else users.wanted[-1]
    assert wanted == expected


@pytest.mark.parametrize(
    ("wanted", "age"),
    [
        (AS_IT_COMES, 300),
        (FreshnessWanted(max_age_seconds=60), 60),
        # A client can't make what the service finds too old young again, but by max-stale.
        (FreshnessWanted(max_age_seconds=86_400), 300),
        (FreshnessWanted(max_stale_seconds=600), 900),
        (FreshnessWanted(max_age_seconds=60, max_stale_seconds=5), 65),
        (FreshnessWanted(max_stale_seconds=ANY), ANY),
        (FreshnessWanted(min_fresh_seconds=100), 200),
        (FreshnessWanted(min_fresh_seconds=1000), 0),
        (FreshnessWanted(no_cache=True, max_stale_seconds=ANY), 0),
        (FreshnessWanted(only_if_cached=True), ANY),
        (FreshnessWanted(only_if_cached=True, max_age_seconds=60), 60),
        (FreshnessWanted(only_if_cached=True, no_cache=True), 0),
    ],
)
def test_what_is_young_enough_is_what_both_accept(wanted: FreshnessWanted, age: float) -> None:
    """The service's own lifetime of a fact, and what the client wishes besides."""
    assert wanted.greatest_age_seconds(300) == age


@pytest.mark.parametrize(
    ("provenance", "expected"),
    [
        (Provenance(age_seconds=17, calls=0, ttl_seconds=283), "bitbucket-scim; hit; ttl=283"),
        (
            Provenance(age_seconds=0, calls=3, ttl_seconds=300, forwarded="miss"),
            "bitbucket-scim; fwd=miss; stored; ttl=300",
        ),
        (
            Provenance(age_seconds=400, calls=0, ttl_seconds=-100, detail='Too "late"\\é.'),
            'bitbucket-scim; hit; ttl=-100; detail="Too \\"late\\"\\\\?."',
        ),
        (
            Provenance(
                age_seconds=400, calls=2, ttl_seconds=-100, forwarded="stale", detail="Failed."
            ),
            'bitbucket-scim; fwd=stale; ttl=-100; detail="Failed."',
        ),
    ],
)
def test_the_cache_status_says_how_an_answer_was_come_by(
    provenance: Provenance, expected: str
) -> None:
    """In the words of RFC 9211; the reason is a string that any header can hold."""
    assert provenance_headers(provenance)["Cache-Status"] == expected


def test_what_is_not_known_is_named(serve: Callable[..., FlaskClient], bearer: Any) -> None:
    """The attributes of which not everything is known are in a header, which others lack."""
    known = Provenance(age_seconds=1, calls=0)
    client = serve(handlers={"User": _Answering(known), "Group": _Answering(known)})
    assert "X-Bitbucket-Incomplete" not in client.get("/scim/v2/Users", headers=bearer).headers

    partly = replace(known, incomplete=("emails", "entitlements"))
    client = serve(handlers={"User": _Answering(partly), "Group": _Answering(known)})
    answer = client.get("/scim/v2/Users", headers=bearer)
    assert answer.headers["X-Bitbucket-Incomplete"] == "emails, entitlements"


def test_an_absent_resource_has_an_age_too(client: FlaskClient) -> None:
    """That there is none is known as of some moment; no cache keeps it."""
    answer = client.get("/scim/v2/Users/nobody")

    assert answer.status_code == 404
    assert answer.headers["Age"] == "17"
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_stored_is_a_gateway_timeout(client: FlaskClient, users: Any) -> None:
    """RFC 9111 §5.2.1.7 has 504 for it, told in SCIM's own message."""
    users.failure = NotStored("Nothing that is young enough is stored.")

    answer = client.get("/scim/v2/Users", headers={"Cache-Control": "only-if-cached"})

    assert answer.status_code == 504
    assert answer.json is not None
    assert answer.json["status"] == "504"


class _Answering:
    """A handler of nothing, which says how it came by that."""

    def __init__(self, provenance: Provenance) -> None:
        self.provenance = provenance

    def revision(self) -> int:
        return 1

    def query(self, _query: Query) -> Listing:
        """Return no resource."""
        return Listing(0, 0, b"", self.provenance)

    def retrieve(self, _id: str, **_how: Any) -> Retrieval:
        """Return no resource."""
        return Retrieval(None, self.provenance)
