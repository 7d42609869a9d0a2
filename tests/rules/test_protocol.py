"""Tokens, media types, errors, addresses, and what is not offered (RFC 7644, RFC 9110)."""

from typing import Any

import pytest
import requests

from tests.rules.service import Json, Service, new_address, refused, succeeded


@pytest.mark.rule("7644-2-challenge", "6750-3-challenge", "7644-3.12-message")
@pytest.mark.parametrize("path", ["/Users", "/Users/x", "/Groups", "/Groups/.search", "/Me"])
@pytest.mark.parametrize("authorization", [None, "Basic YTpi", "Bearer wrong"])
def test_nobody_is_let_in_without_a_token(
    service: Service, path: str, authorization: str | None
) -> None:
    """The status is 401, with what to send, and with why one that was sent won't do."""
    headers = {"Authorization": authorization} if authorization else {}
    method = "POST" if path.endswith("/.search") else "GET"
    url = f"{service.client.base_url}{path}"
    answer = requests.request(method, url, headers=headers, timeout=30)
    refused(answer, 401)
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert ("invalid_token" in challenge) == (authorization == "Bearer wrong")


@pytest.mark.rule("7644-3.8-answers")
@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.github+json", ""])
def test_answers_are_scim_whatever_is_accepted(service: Service, accept: str) -> None:
    """Of resources, of one, of discovery, and of what failed."""
    for path in ("/Users", f"/Users/{service.people['Ann']}", "/Schemas", "/Users/nobody"):
        answer = service.send("GET", path, Accept=accept)
        assert answer.headers["Content-Type"] == "application/scim+json"


@pytest.mark.rule("7644-3.2-endpoints", "9110-15.5.6-allow", "7644-3.12-message")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        *((m, "/Users", {"GET", "POST"}) for m in ("PUT", "PATCH", "DELETE")),
        *((m, "/Groups", {"GET", "POST"}) for m in ("PUT", "PATCH", "DELETE")),
        ("POST", "/Users/x", {"GET", "PUT", "PATCH", "DELETE"}),
        ("POST", "/Groups/x", {"GET", "PUT", "PATCH", "DELETE"}),
    ],
)
def test_a_method_that_there_is_not_is_refused(
    service: Service, method: str, path: str, allowed: set[str]
) -> None:
    """With those that there are."""
    answer = service.send(method, path, {})
    refused(answer, 405)
    told = set(answer.headers["Allow"].split(", "))
    assert told - {"HEAD", "OPTIONS"} == allowed


@pytest.mark.rule(
    "7644-3.12-message", "7644-3.12-status", "7644-3.12-scim-type", "9111-5.2-no-store"
)
def test_every_failure_is_told_alike(service: Service) -> None:
    """Its status is a text, its type is there with 400 and 409 alone, and no cache keeps it."""
    taken = service.new_group()["displayName"]
    answers = [
        service.client.get("/Users", count="x"),
        service.client.get("/Users/nobody"),
        service.client.get("/nothing/here"),
        service.send("PATCH", "/Schemas", {}),
        service.send("POST", "/Groups", {"displayName": taken}),
        service.send("DELETE", f"/Groups/{service.new_group()['id']}", If_Match='"x"'),
        service.client.get("/Me"),
        requests.get(f"{service.root}/nowhere", timeout=30),
    ]
    assert [each.status_code for each in answers] == [400, 404, 404, 405, 409, 412, 501, 404]
    for answer in answers:
        kind = {400: "invalidValue", 409: "uniqueness"}.get(answer.status_code)
        assert refused(answer, answer.status_code, kind)["detail"]
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.rule("9111-5.2-no-store")
@pytest.mark.parametrize("path", ["/Users", "/Groups?count=1"])
def test_no_shared_cache_keeps_an_answer(service: Service, path: str) -> None:
    """What one client was shown is not for another."""
    assert "private" in service.send("GET", path).headers["Cache-Control"]


@pytest.mark.rule("7644-3.13-refused", "7644-3.13-omitted")
@pytest.mark.parametrize(
    ("version", "status"),
    [("/v2", 200), ("", 200), ("/v1", 400), ("/v3", 400), ("/v2.1", 400), ("/v20", 400)],
)
def test_an_address_names_a_version_or_means_the_latest(
    service: Service, version: str, status: int
) -> None:
    """Another is refused."""
    url = f"{service.root}/scim{version}/Users/{service.people['Ann']}"
    answer = service.client.session.get(url, timeout=30)
    if status == 200:
        assert "/scim/v2/Users/" in succeeded(answer)["meta"]["location"]
    else:
        refused(answer, status, "invalidVers")


@pytest.mark.rule("9110-15.4-no-redirects")
@pytest.mark.parametrize(
    "path", ["/Users/", "/Groups/?aadOptscim062020", "/ServiceProviderConfig/"]
)
def test_nothing_is_redirected(service: Service, path: str) -> None:
    """Addresses that clients put together of parts are answered where they are."""
    url = f"{service.client.base_url}{path}"
    answer = service.client.session.get(url, timeout=30, allow_redirects=False)
    assert answer.status_code == 200


@pytest.mark.rule("9110-9.3.2-head")
def test_head_is_get_without_its_body(service: Service) -> None:
    """With the same headers."""
    path = f"/Users/{service.people['Ann']}"
    head, got = service.send("HEAD", path), service.send("GET", path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Location", "Content-Type"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.rule("7644-6-tenants")
def test_a_resource_of_somewhere_else_is_not_found(service: Service) -> None:
    """As any that is not there: it is not told that there is one."""
    elsewhere = "11111111-2222-4333-8444-555555555555"
    detail = refused(service.client.get(f"/Users/{elsewhere}"), 404)["detail"]
    assert detail == f"There is no User with the id {elsewhere}."


#: What is not offered, and what comes of asking for it.
NOT_OFFERED: list[tuple[str, str, str, int]] = [
    ("7644-3.11-nobody", "GET", "/Me", 501),
    ("7644-3.11-nobody", "PATCH", "/Me", 501),
    ("delta-tokens", "GET", "/Users/.deltaToken", 404),
    ("kinds-not-listed", "GET", "/GroupMembers", 404),
    ("kinds-not-listed", "GET", "/Agents", 404),
]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param(
            method, path, status, marks=pytest.mark.rule(rule, "7644-3.12-not-implemented")
        )
        if status == 501
        else pytest.param(method, path, status, marks=pytest.mark.rule(rule))
        for rule, method, path, status in NOT_OFFERED
    ],
)
def test_what_is_not_offered_is_told(service: Service, method: str, path: str, status: int) -> None:
    """What the standard has is 501, any other address 404; neither does anything."""
    refused(service.send(method, path, {} if method != "GET" else None), status)


@pytest.mark.rule("kinds-not-listed")
def test_only_what_is_served_is_listed(service: Service) -> None:
    """Every type in the list has an endpoint that answers."""
    for each in service.get("/ResourceTypes")["Resources"]:
        assert service.client.get(each["endpoint"], count=1).status_code == 200


@pytest.mark.rule(
    "7643-5-true",
    "9967-4-security-events",
    "delta-tokens",
    "ipsie-client-credentials",
)
def test_the_configuration_promises_nothing_that_is_not_there(service: Service) -> None:
    """No events, no catalogue that is not announced, no delta tokens, and bearer tokens alone."""
    config = service.get("/ServiceProviderConfig")
    assert not {"securityEvents", "RolesAndEntitlements", "DeltaQuery"} & set(config)
    assert [each["type"] for each in config["authenticationSchemes"]] == ["oauthbearertoken"]
    supported = {n for n, v in config.items() if isinstance(v, dict) and v.get("supported")}
    assert supported == {"patch", "bulk", "filter", "sort", "etag"}


@pytest.mark.rule("9967-2-respond-async")
def test_a_preference_for_an_asynchronous_answer_is_passed_over(service: Service) -> None:
    """The answer is that of any other request: 201, with the resource."""
    body: Json = {"userName": new_address()}
    answer = service.send("POST", "/Users", body, Prefer="respond-async")
    assert succeeded(answer, 201)["id"]
    assert "Preference-Applied" not in answer.headers


@pytest.mark.rule("9110-13.1.2-if-none-match-on-lists")
def test_a_list_that_did_not_change_is_not_sent_again(service: Service) -> None:
    """Until a resource on it does."""
    made = service.new_group()
    path = f'/Groups?filter=displayName eq "{made["displayName"]}"'
    tag = service.send("GET", path).headers["ETag"]
    known = service.send("GET", path, If_None_Match=tag)
    assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", tag)

    service.patched(f"/Groups/{made['id']}", {"op": "add", "path": "externalId", "value": "e"})

    changed = service.send("GET", path, If_None_Match=tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


@pytest.mark.rule("ipsie-rate")
def test_nobody_is_limited_unless_it_is_set(service: Service) -> None:
    """A hundred requests in a row are answered."""
    path = f"/Users/{service.people['Ann']}"
    answers: set[Any] = {service.client.get(path).status_code for _ in range(100)}
    assert answers == {200}
