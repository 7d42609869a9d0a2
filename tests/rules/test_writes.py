"""Making, replacing and deleting (RFC 7644 §3.3, §3.5.1, §3.6, §3.14)."""

from typing import Any

import pytest
import requests

from tests.rules.service import GROUP, Json, Service, new_address, refused, succeeded, values


@pytest.mark.rule("7644-3.3-created", "7644-3.2-endpoints")
@pytest.mark.parametrize("path", ["/Users", "/Groups"])
def test_what_is_made_is_answered_whole(service: Service, path: str) -> None:
    """With its address in the header and in ``meta``, where it is read the same."""
    name = {"userName": new_address()} if path == "/Users" else {"displayName": new_address()}
    answer = service.send("POST", path, name)
    made = succeeded(answer, 201)
    assert made.items() >= name.items()
    assert answer.headers["Location"] == made["meta"]["location"]
    assert answer.headers["ETag"] == made["meta"]["version"]
    assert service.get(f"{path}/{made['id']}") == made


@pytest.mark.rule("7644-3.3-unreadable", "7644-3.8-utf-8", "8259-4-names-are-unique")
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        '{"userName": "ü@acme.example"}'.encode("latin-1"),
        b'{"userName": "a@acme.example", "userName": "b@acme.example"}',
        b'{"userName": "a@acme.example", "USERNAME": "b@acme.example"}',
    ],
)
def test_what_can_not_be_read_is_refused(service: Service, sent: bytes) -> None:
    """And makes nobody."""
    before = service.get("/Users", count=0)["totalResults"]
    answer = posted(service, sent, "application/scim+json; charset=utf-8")
    refused(answer, 400, "invalidSyntax")
    assert service.get("/Users", count=0)["totalResults"] == before


@pytest.mark.rule("7644-3.8-requests", "7644-3.8-utf-8", "9110-15.5.16-media-type")
@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/scim+json", 201),
        ("application/scim+json; charset=utf-8", 201),
        ("application/json", 201),
        (None, 201),
        ("application/xml", 415),
        ("text/plain", 415),
    ],
)
def test_json_is_read_under_the_names_it_goes_by(
    service: Service, media_type: str | None, status: int
) -> None:
    """And nothing under another; texts are UTF-8."""
    body = f'{{"userName": "{new_address()}", "displayName": "Zoë"}}'.encode()
    answer = posted(service, body, media_type)
    if status == 201:
        assert succeeded(answer, 201)["displayName"] == "Zoë"
    else:
        refused(answer, status)


def posted(service: Service, body: bytes, media_type: str | None) -> requests.Response:
    """Return the answer to a new user that is sent as it is."""
    headers = {} if media_type is None else {"Content-Type": media_type}
    url = f"{service.client.base_url}/Users"
    return service.client.session.post(url, data=body, headers=headers, timeout=30)


@pytest.mark.rule("7644-3.1-undeclared-attributes", "interop-undefined-attributes")
def test_an_attribute_that_nobody_knows_is_refused_by_its_name(service: Service) -> None:
    """In POST and PUT; one that the standard has is passed over."""
    made = service.new_user()
    body = {"userName": made["userName"], "shoeSize": 42}
    for method, path in (("POST", "/Users"), ("PUT", f"/Users/{made['id']}")):
        detail = refused(service.send(method, path, body), 400, "invalidSyntax")["detail"]
        assert "shoeSize" in detail
    body = {"userName": made["userName"], "locale": "de-CH"}
    succeeded(service.send("PUT", f"/Users/{made['id']}", body))


@pytest.mark.rule("7644-3.5.1-never-creates")
@pytest.mark.parametrize("path", ["/Users/nobody", "/Groups/none"])
def test_nothing_is_made_by_replacing_it(service: Service, path: str) -> None:
    """The status is 404."""
    body = {"userName": new_address()} if "Users" in path else {"displayName": new_address()}
    refused(service.send("PUT", path, body), 404)
    assert service.client.get(path).status_code == 404


@pytest.mark.rule("7644-3.5.1-answer", "7644-3.5.1-replaces", "7644-3.5.1-left-out")
def test_a_group_becomes_what_it_is_replaced_by(service: Service) -> None:
    """Whoever is not among its members any more is out; without members it has none."""
    ann, bob = service.people["Ann"], service.people["Bob"]
    group = service.new_group(ann, externalId=new_address())
    path = f"/Groups/{group['id']}"
    name = {"displayName": new_address()}

    other = succeeded(service.send("PUT", path, name | {"members": [{"value": bob}]}))
    assert (other["displayName"], values(other, "members")) == (name["displayName"], [bob])
    assert "externalId" not in other
    assert other == service.get(path)

    nobody: tuple[Json, ...] = ({}, {"members": []}, {"members": None})
    for empty in nobody:
        succeeded(service.send("PUT", path, name | {"members": [{"value": bob}]}))
        assert "members" not in succeeded(service.send("PUT", path, name | empty))


@pytest.mark.rule("7644-3.5.1-left-out")
def test_what_a_user_s_replacement_leaves_out_is_cleared_or_stays(service: Service) -> None:
    """Names are cleared, ``active`` is true, e-mails stay."""
    emails = [{"value": new_address(), "type": "home"}]
    made = service.new_user(nickName="x", displayName="Zoe", active=False, emails=emails)
    path = f"/Users/{made['id']}"
    put = succeeded(service.send("PUT", path, {"userName": made["userName"]}))
    assert (put["active"], put["emails"], "displayName" in put) == (True, emails, False)


@pytest.mark.rule(
    "7644-3.5.1-read-only", "7644-3.5.1-as-clients-send-it", "7643-3.1-meta-of-the-client"
)
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"id": "another"},
        {"meta": {"version": 'W/"old"', "location": "https://x/Users/1"}},
        {"groups": [{"value": "g", "display": "Owners"}], "roles": [{"value": "owner"}]},
    ],
    ids=["nothing but the name", "another id", "an old meta", "groups and roles"],
)
def test_a_replacement_is_read_as_clients_send_it(service: Service, sent: Json) -> None:
    """What only the server says is passed over."""
    made = service.new_user()
    put = succeeded(
        service.send("PUT", f"/Users/{made['id']}", {"userName": made["userName"]} | sent)
    )
    assert put["id"] == made["id"]
    assert put["meta"]["location"] == made["meta"]["location"]
    assert "owner" not in values(put, "roles")
    assert "groups" not in put


@pytest.mark.rule("7644-3.5.1-immutable")
@pytest.mark.parametrize("part", [{"type": "Group"}, {"$ref": "https://x/Users/other"}], ids=str)
def test_a_member_is_told_by_its_value(service: Service, part: Json) -> None:
    """What follows from it is shown as it is, whatever is sent."""
    group = service.new_group(service.people["Ann"])
    members = [{"value": service.people["Ann"]} | part]
    body = {"displayName": group["displayName"], "members": members}
    assert succeeded(service.send("PUT", f"/Groups/{group['id']}", body)) == group


@pytest.mark.rule("7644-3.5.1-required")
@pytest.mark.parametrize("path", ["/Users", "/Groups"])
def test_a_replacement_has_what_is_required(service: Service, path: str) -> None:
    """Or it is refused, and nothing changes."""
    made = service.new_user() if path == "/Users" else service.new_group()
    where = f"{path}/{made['id']}"
    refused(service.send("PUT", where, {"externalId": "x"}), 400, "invalidValue")
    assert service.get(where) == made


@pytest.mark.rule("7644-3.5.1-unchanged", "7644-3.14-entity-tags")
@pytest.mark.parametrize("path", ["/Users", "/Groups"])
def test_a_replacement_by_the_same_is_no_change(service: Service, path: str) -> None:
    """The version and the last modification stay, also if what was read is sent back."""
    made = (
        service.new_user(externalId="e")
        if path == "/Users"
        else service.new_group(service.people["Ann"], externalId="e")
    )
    where = f"{path}/{made['id']}"
    assert succeeded(service.send("PUT", where, made)) == made
    assert service.get(where)["meta"] == made["meta"]


@pytest.mark.rule("7644-3.6-deleted", "7644-3.6-gone-from-queries", "7643-3.1-id")
@pytest.mark.parametrize(("path", "name"), [("/Users", "userName"), ("/Groups", "displayName")])
def test_what_was_deleted_is_gone_and_its_name_is_free(
    service: Service, path: str, name: str
) -> None:
    """For every method, and in every list; who takes the name has another id."""
    made = service.new_user() if path == "/Users" else service.new_group()
    where = f"{path}/{made['id']}"
    deleted = service.send("DELETE", where)
    assert (deleted.status_code, deleted.content) == (204, b"")

    operation = {"op": "replace", "path": name, "value": "x"}
    refused(service.send("DELETE", where), 404)
    refused(service.client.get(where), 404)
    refused(service.send("PUT", where, {name: made[name]}), 404)
    refused(service.patch(where, operation), 404)
    assert service.get(path, filter=f'{name} eq "{made[name]}"')["totalResults"] == 0
    again = succeeded(service.send("POST", path, {name: made[name]}), 201)
    assert again["id"] != made["id"]


@pytest.mark.rule("7644-7.6-access-ends-at-once")
def test_who_is_deleted_is_in_no_group(service: Service) -> None:
    """Once it is answered, in Bitbucket."""
    world = service.bitbucket.sandbox.world
    user_id = service.new_member()["id"]
    account = world.account(f"{{{user_id}}}")
    assert account is not None
    service.new_group(user_id)
    assert world.groups_of(account)
    assert service.send("DELETE", f"/Users/{user_id}").status_code == 204
    assert not world.groups_of(account)


@pytest.mark.rule("7644-3.14-entity-tags")
def test_the_version_of_a_group_tells_of_its_members(service: Service) -> None:
    """It is weak, and the same again once they are."""
    group = service.new_group()
    path = f"/Groups/{group['id']}"
    member = {"op": "add", "path": "members", "value": [{"value": service.people["Ann"]}]}
    other = service.patched(path, member)["meta"]["version"]
    same = service.patched(path, {"op": "remove", "path": "members"})["meta"]["version"]
    assert group["meta"]["version"].startswith('W/"')
    assert other != group["meta"]["version"]
    assert same == group["meta"]["version"]


@pytest.mark.rule("7644-3.14-if-none-match")
@pytest.mark.parametrize("wanted", ["{}", '"x", {}', "*"])
def test_a_version_that_is_known_is_not_sent_again(service: Service, wanted: str) -> None:
    """304, without a body and with the tag."""
    made = service.new_user()
    version = made["meta"]["version"]
    headers = {"If_None_Match": wanted.format(version)}
    answer = service.send("GET", f"/Users/{made['id']}", **headers)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == version


@pytest.mark.rule("7644-3.14-if-match", "9110-13.1.1-if-match-lists")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_is_meant_for_a_version(service: Service, method: str) -> None:
    """For another it is 412 and changes nothing; for it, one of several, or any, it is made."""
    group = service.new_group()
    path = f"/Groups/{group['id']}"
    operation = {"op": "replace", "path": "externalId", "value": "e"}
    bodies: dict[str, Any] = {
        "PUT": {"schemas": [GROUP], "displayName": group["displayName"], "externalId": "e"},
        "PATCH": {"Operations": [operation]},
        "DELETE": None,
    }
    refused(service.send(method, path, bodies[method], If_Match='W/"another"'), 412)
    refused(service.send(method, path, bodies[method], If_Match="no tag"), 400, "invalidValue")
    assert service.get(path) == group
    meant = f'"another", {group["meta"]["version"]}' if method != "DELETE" else "*"
    assert service.send(method, path, bodies[method], If_Match=meant).ok
