"""Changes that stopped, and what was asked for since: whoever said something last is right."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.planner.collections import Collection
from gateway.planner.needs import Needs
from gateway.provisioning.resumption import Writers, resume
from gateway.sandbox import FaultKind
from gateway.scim.errors import BadUpstream, ScimError, Unavailable, Uniqueness
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.handler import Author
from tests.provisioning.office import GROUP_EXTENSION, Office, resource
from tests.provisioning.test_groups import add, members_of, uuid_of

_MAKING = "/1.0/groups/acme"
_JOINING = "/1.0/groups/acme/*/members/*"


def failing(office: Office, path: str, method: str, **how: Any) -> Callable[[], None]:
    """Let calls fail, and return what ends that."""
    kind = how.pop("kind", "503")
    office.bitbucket.faults.plan(FaultKind(kind), path, method=method, times=99, **how)
    return office.bitbucket.faults.clear


def resuming(office: Office) -> Iterator[str]:
    """Do what is left of every change; yield why one could not be finished, empty if it was."""
    writers: Writers = {"User": office.users, "Group": office.groups}
    author = Author(token="test", request_id="resume")
    return (each.reason for each in resume(office.provisioner, writers, author=author))


def resume_all(office: Office) -> list[str]:
    """Do what is left of every change; return why some could not be finished."""
    return list(resuming(office))


def open_changes(office: Office) -> list[str]:
    """Return what is left open."""
    with office.mirror.reading() as snapshot:
        return [change.began.data["action"] for change in snapshot.journal.open()]


def removing(*ids: str) -> dict[str, Any]:
    """Return the operation that removes members."""
    return {"op": "remove", "path": "members", "value": [{"value": each} for each in ids]}


def people(office: Office, *names: str) -> list[dict[str, str]]:
    """Return members as clients write them."""
    return [{"value": uuid_of(office, name)} for name in names]


def accounts(office: Office, *names: str) -> list[Any]:
    """Return members as the simulated Bitbucket has them."""
    return [account for account, _ in office.world.members() if account.display_name in names]


# --- groups that are made ------------------------------------------------------------------


def test_a_group_that_was_made_at_the_second_go_is_nobody_s_to_make_again(office: Office) -> None:
    """The first go is over: the same again is a group that there is."""
    heal = failing(office, _MAKING, "POST")
    with pytest.raises(Unavailable):
        office.create_group(displayName="New")
    heal()
    group_id = resource(office.create_group(displayName="New"))["id"]
    assert open_changes(office) == []
    office.patch_group(group_id, add(uuid_of(office, "Ann"), uuid_of(office, "Bob")))

    with pytest.raises(Uniqueness):
        office.create_group(displayName="New")
    assert resume_all(office) == []
    assert members_of(office, "new") == ["Ann", "Bob"]


@pytest.mark.parametrize("kind", ["429", "forbidden"])
def test_a_group_made_by_hand_after_a_refusal_is_somebody_else_s(office: Office, kind: str) -> None:
    """Bitbucket was told to make none, or was not asked: so 409, and nobody is taken out."""
    how: dict[str, Any] = {"kind": "429"} if kind == "429" else {}
    if kind == "429":
        heal = failing(office, _MAKING, "POST", **how)
        with pytest.raises(Unavailable):
            office.create_group(displayName="Hand")
        heal()
    else:
        # Its slug is another's: Bitbucket says 409.
        with pytest.raises(Uniqueness):
            office.create_group(displayName="Developers!")
        assert open_changes(office) == []
    name, slug = ("Hand", "hand") if kind == "429" else ("Developers!", "by-hand")
    office.world.add_group(name, slug=slug, members=accounts(office, "Ann", "Bob"))

    with pytest.raises(Uniqueness):
        office.create_group(displayName=name)
    resume_all(office)
    assert members_of(office, slug) == ["Ann", "Bob"]


def test_a_group_that_was_perhaps_made_is_gone_on_with_and_nobody_taken_out(office: Office) -> None:
    """Nobody knows whose it is: what is asked for is added, and what is there stays."""
    heal = failing(office, _MAKING, "POST")
    body: dict[str, Any] = {
        "displayName": "Hand",
        "members": people(office, "Cat"),
        GROUP_EXTENSION: {"workspacePermission": "read"},
    }
    with pytest.raises(Unavailable, match="Perhaps done"):
        office.create_group(**body)
    heal()
    office.world.add_group("Hand", members=accounts(office, "Ann", "Bob"), permission="write")

    made = resource(office.create_group(**body))

    assert members_of(office, "hand") == ["Ann", "Bob", "Cat"]
    assert made[GROUP_EXTENSION]["workspacePermission"] == "write"
    assert open_changes(office) == []
    with pytest.raises(Uniqueness):
        office.create_group(**body)


@pytest.mark.parametrize(
    ("first", "then", "permission"),
    [("read", "admin", "admin"), ("admin", "read", "read"), ("admin", None, None)],
)
def test_a_group_is_made_as_it_was_asked_for_last(
    office: Office, first: str, then: str | None, permission: str | None
) -> None:
    """What the first go gave it, and the second does not want, is taken from it again."""

    def body(permission: str | None, places: list[str], *names: str) -> dict[str, Any]:
        values = [{"value": f"repository:acme/{each}"} for each in places]
        extension = {"entitlements": values, "workspacePermission": permission}
        found = {name: value for name, value in extension.items() if value}
        return {
            "displayName": "New",
            "members": people(office, *names),
            **({GROUP_EXTENSION: found} if found else {}),
        }

    office.group_id("Developers")
    heal = failing(office, "/2.0/repositories/*", "PUT", skip=2)
    places = ["api-core:admin", "api-docs:write", "web-docs:read"]
    with pytest.raises(Unavailable):
        office.create_group(**body(first, places, "Ann", "Bob"))
    heal()
    group = office.world.group("new")
    assert group is not None
    assert len(granted(office, group)) == 2
    # Somebody else has put in one more.
    office.patch_group(office.group_id("New"), add(uuid_of(office, "Dan")))

    places = [] if then is None else ["api-docs:read", "web-core:read"]
    made = resource(office.create_group(**body(then, places, "Bob", "Cat")))

    assert members_of(office, "new") == ["Bob", "Cat", "Dan"]
    held = {g.target.name: g.permission.value for g in office.world.grants(subject=group)}
    assert held == ({} if then is None else {"API Docs": "read", "WEB Core": "read"})
    assert office.world.groups[group.uuid].permission == permission
    assert made.get(GROUP_EXTENSION, {}).get("workspacePermission") == permission
    assert open_changes(office) == []


def test_a_second_go_that_stops_is_no_longer_wanted_after_a_third(office: Office) -> None:
    """What it gave is taken again, and is not given when what is left of changes is done."""
    heal = failing(office, _JOINING, "PUT", skip=1)
    for names in (("Ann", "Dan"), ("Bob", "Cat")):
        with pytest.raises((Unavailable, BadUpstream)):
            office.create_group(displayName="New", members=people(office, *names))
        heal()
        heal = failing(office, _JOINING, "PUT", skip=1)
    heal()
    assert len(open_changes(office)) == 2
    office.create_group(displayName="New")
    assert members_of(office, "new") == []
    assert open_changes(office) == []
    assert resume_all(office) == []


def test_what_is_left_of_making_a_group_takes_nothing_from_it(office: Office) -> None:
    """What others have changed since stays so."""
    heal = failing(office, _JOINING, "PUT")
    extension = {GROUP_EXTENSION: {"workspacePermission": "read"}}
    with pytest.raises(Unavailable):
        office.create_group(displayName="New", members=people(office, "Ann"), **extension)
    heal()
    group = office.world.group("new")
    assert group is not None
    office.world.set_workspace_permission(group, "write")
    assert resume_all(office) == [""]
    assert members_of(office, "new") == ["Ann"]
    assert office.world.groups[group.uuid].permission == "write"


def test_who_repeats_a_creation_waits_for_who_changes_the_group(office: Office) -> None:
    """An earlier request has made it, so there are others who may change it by now."""
    heal = failing(office, _JOINING, "PUT")
    body = {"displayName": "New", "members": people(office, "Ann")}
    with pytest.raises(Unavailable, match="Done, 1 of 2"):
        office.create_group(**body)
    heal()
    group_id = office.group_id("New")
    turns: list[str] = []
    leasing = office.mirror.leasing

    def watched() -> Any:
        with office.mirror.reading() as snapshot:
            held = snapshot.leases.held(now=office.provisioner.refresher.now())
        turns.extend(held)
        return leasing()

    office.mirror.leasing = watched  # type: ignore[method-assign]  # reason: looks on
    office.create_group(**body)
    assert f"write Group {group_id}" in turns


def test_a_creation_is_over_however_its_values_were_written(office: Office) -> None:
    """Ids in capitals, and places by their names, are the same as they are shown."""
    heal = failing(office, _JOINING, "PUT")
    body = {
        "displayName": " New ",
        "members": [{"value": uuid_of(office, "Ann").upper()}],
        GROUP_EXTENSION: {
            "entitlements": [{"value": "repository:acme/api-core:write", "display": "Ours"}]
        },
    }
    with pytest.raises(Unavailable):
        office.create_group(**body)
    heal()
    made = resource(office.create_group(**body))
    assert made[GROUP_EXTENSION]["entitlements"][0]["display"] == "Ours"
    assert open_changes(office) == []
    wanted = office.changes()[0].began.data["wanted"]
    assert wanted["members"][0]["value"] == uuid_of(office, "Ann")
    assert wanted[GROUP_EXTENSION]["entitlements"][0]["value"].count("-") == 4


# --- what was said since -------------------------------------------------------------------


@pytest.mark.parametrize("how", ["patch", "put"])
def test_who_was_taken_out_since_is_not_put_in_again(office: Office, how: str) -> None:
    """Also where that took no call, as nobody had been put in."""
    group_id = office.group_id("Developers")
    cat = uuid_of(office, "Cat")
    heal = failing(office, _JOINING, "PUT")
    with pytest.raises(Unavailable):
        office.patch_group(group_id, add(cat))
    heal()
    if how == "patch":
        office.patch_group(group_id, removing(cat))
    else:
        body = {"displayName": "Developers", "members": people(office, "Ann", "Bob")}
        office.groups.replace(group_id, body, office.write(office.registry.group))

    assert resume_all(office) == []
    assert members_of(office, "developers") == ["Ann", "Bob"]


def test_what_nobody_spoke_of_since_is_still_to_be_done(office: Office) -> None:
    """Other members, and other attributes, are another matter."""
    group_id = office.group_id("Developers")
    heal = failing(office, _JOINING, "DELETE")
    with pytest.raises(Unavailable):
        office.patch_group(group_id, removing(uuid_of(office, "Ann")))
    heal()
    office.patch_group(group_id, add(uuid_of(office, "Cat")))
    office.patch_group(group_id, {"op": "replace", "path": "externalId", "value": "x"})
    assert resume_all(office) == [""]
    assert members_of(office, "developers") == ["Bob", "Cat"]


def test_a_group_that_was_written_since_is_not_deleted(office: Office) -> None:
    """Who sends a PUT wants it there."""
    group_id = office.group_id("Developers")
    heal = failing(office, "/1.0/groups/acme/developers", "DELETE")
    write = office.write(office.registry.group)
    with pytest.raises(Unavailable):
        office.groups.delete(group_id, write)
    heal()
    office.groups.replace(
        group_id, {"displayName": "Developers", "members": people(office, "Ann", "Bob")}, write
    )
    assert resume_all(office) == []
    assert members_of(office, "developers") == ["Ann", "Bob"]


def test_who_was_deactivated_since_is_not_let_in_again(office: Office) -> None:
    """What was said of ``active`` last counts."""
    ann = uuid_of(office, "Ann")
    office.group_id("Developers")
    office.activate(ann, active=False)
    heal = failing(office, _JOINING, "PUT")
    with pytest.raises(Unavailable):
        office.activate(ann, active=True)
    heal()
    office.activate(ann, active=False)
    assert resume_all(office) == []
    assert members_of(office, "developers") == ["Bob"]


def test_what_was_refused_is_not_done_later(office: Office) -> None:
    """It was answered that nothing was changed, and nothing will be."""
    group_id = office.group_id("Developers")
    # To Bitbucket it is the same name, to SCIM it is not.
    with pytest.raises(ScimError, match="Nothing was changed") as refused:
        office.patch_group(group_id, {"op": "replace", "path": "displayName", "value": "Testers!"})
    assert refused.value.status == 409
    testers = office.world.group("testers")
    assert testers is not None
    office.world.remove_group(testers)

    assert resume_all(office) == []
    assert office.world.group("developers") is not None
    assert office.changes()[-1].outcome == "closed"
    assert "Nothing was changed" in office.changes()[-1].entries[-1].data["error"]


def test_what_was_closed_meanwhile_is_not_resumed(office: Office) -> None:
    """The last word on it came while other changes were gone on with."""
    group_id = office.group_id("Developers")
    heal = failing(office, _JOINING, "*")
    for operation in (add(uuid_of(office, "Dan")), add(uuid_of(office, "Cat"))):
        with pytest.raises((Unavailable, BadUpstream)):
            office.patch_group(group_id, operation)
    heal()
    resumed = resuming(office)
    assert next(resumed) == ""
    office.patch_group(group_id, removing(uuid_of(office, "Cat")))
    assert list(resumed) == []
    assert members_of(office, "developers") == ["Ann", "Bob", "Dan"]


# --- places that are gone ------------------------------------------------------------------


@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize("kind", ["user", "group", "group made"])
def test_what_can_never_be_granted_is_given_up(office: Office, kind: str, *, is_read: bool) -> None:
    """The rest of the change is done, and it is over: its place is in no list any more."""
    ann, group_id = uuid_of(office, "Ann"), office.group_id("Testers")
    values = [{"value": f"repository:acme/{slug}:write"} for slug in ("api-core", "web-core")]
    path = "entitlements" if kind == "user" else f"{GROUP_EXTENSION}:entitlements"
    operation = {"op": "add", "path": path, "value": values}
    repair = failing(office, "*", "PUT")
    made = {"displayName": "New", GROUP_EXTENSION: {"entitlements": values}}
    ask: dict[str, Callable[[], object]] = {
        "user": lambda: office.patch_user(ann, operation),
        "group": lambda: office.patch_group(group_id, operation),
        "group made": lambda: office.create_group(**made),
    }
    with pytest.raises(Unavailable):
        ask[kind]()
    repair()
    gone = office.world.repository("api-core")
    assert gone is not None
    office.world.remove_repository(gone)
    if is_read:
        needs = Needs.whole(Collection.REPOSITORIES)
        office.provisioner.refresher.ensure(needs, FreshnessWanted(no_cache=True))

    writers: Writers = {"User": office.users, "Group": office.groups}
    author = Author(token="test", request_id="resume")
    (resumed,) = resume(office.provisioner, writers, author=author)

    assert not resumed.reason
    assert resumed.note.startswith("not granted")
    assert gone.uuid.strip("{}") in resumed.note
    assert open_changes(office) == []
    first = office.changes()[0]
    assert first.outcome == "closed"
    granted = [office.world.repositories[g.target.uuid].slug for g in office.world.grants()]
    assert granted == ["web-core"]


def test_what_can_be_granted_later_is_not_given_up(office: Office) -> None:
    """A place that can't be read at the moment may be there still."""
    ann = uuid_of(office, "Ann")
    value = {"value": "repository:acme/api-core:write"}
    repair = failing(office, "/*", "PUT")
    with pytest.raises(Unavailable):
        office.patch_user(ann, {"op": "add", "path": "entitlements", "value": [value]})
    repair()
    gone = office.world.repository("api-core")
    assert gone is not None
    office.world.remove_repository(gone)
    needs = Needs.whole(Collection.REPOSITORIES)
    office.provisioner.refresher.ensure(needs, FreshnessWanted(no_cache=True))
    failing(office, "/2.0/repositories/acme", "GET")
    (reason,) = resume_all(office)
    assert reason
    assert open_changes(office) == ["patch"]


# --- what was not spoken of since ----------------------------------------------------------


def granted(office: Office, subject: Any) -> list[str]:
    """Return the places that somebody, or a group, is granted something on."""
    return sorted(grant.target.name for grant in office.world.grants(subject=subject))


def other(value: str, op: str = "add") -> dict[str, Any]:
    """Return what is said of another entitlement of a user."""
    if op == "add":
        return {"op": op, "path": "entitlements", "value": [{"value": value}]}
    return {"op": op, "path": f'entitlements[value eq "{value}"]'}


#: What says nothing of whether Ann may administer ``api-core``, and what she then has besides.
ELSEWHERE: dict[str, tuple[dict[str, Any] | None, list[str]]] = {
    "a PUT that leaves entitlements out": (None, []),
    "active": ({"op": "replace", "path": "active", "value": True}, []),
    "another repository": (other("Repository:acme/API-docs:read"), ["API Docs"]),
    "another project": (other("project:API:read"), ["API"]),
    "another project, taken": (other("project:API:read", "remove"), []),
    "a repository that there is not": (other("repository:acme/none:read", "remove"), []),
}


@pytest.mark.parametrize(("operation", "besides"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_revocation_stays_open_until_it_is_spoken_of(
    office: Office, operation: dict[str, Any] | None, besides: list[str]
) -> None:
    """Whatever else is said of the user; else access would be left that was to be taken away."""
    ann, value = uuid_of(office, "Ann"), "repository:acme/api-core:admin"
    (account,) = accounts(office, "Ann")
    office.patch_user(ann, other(value))
    heal = failing(office, "/2.0/*", "DELETE")
    with pytest.raises(Unavailable):
        office.patch_user(ann, other(value, "remove"))
    heal()
    if operation is None:
        body = {"userName": "ann@acme.example", "externalId": "x"}
        office.users.replace(ann, body, office.write(office.registry.user))
    else:
        office.patch_user(ann, operation)

    assert granted(office, account) == sorted(["API Core", *besides])
    assert open_changes(office) == ["patch"]
    assert resume_all(office) == [""]
    assert granted(office, account) == besides


@pytest.mark.parametrize("how", ["patch", "put"])
def test_who_grants_again_what_was_to_be_revoked_has_the_last_word(
    office: Office, how: str
) -> None:
    """By any name of the place."""
    ann, value = uuid_of(office, "Ann"), "repository:acme/api-core:admin"
    (account,) = accounts(office, "Ann")
    office.patch_user(ann, other(value))
    heal = failing(office, "/2.0/*", "DELETE")
    with pytest.raises(Unavailable):
        office.patch_user(ann, other(value, "remove"))
    heal()
    if how == "patch":
        office.patch_user(ann, other("REPOSITORY:acme/api-core:write"))
    else:
        body = {"userName": "ann@acme.example", "entitlements": [{"value": value}]}
        office.users.replace(ann, body, office.write(office.registry.user))
    assert open_changes(office) == []
    assert granted(office, account) == ["API Core"]


@pytest.mark.parametrize("is_named", [False, True])
def test_a_group_is_deprived_though_it_is_put_without_its_extension(
    office: Office, *, is_named: bool
) -> None:
    """A PUT leaves what it does not name as it is, so it says nothing of it."""
    group_id, value = office.group_id("Developers"), "repository:acme/api-core:admin"
    group = office.world.group("developers")
    path = f"{GROUP_EXTENSION}:entitlements"
    office.patch_group(group_id, {"op": "add", "path": path, "value": [{"value": value}]})
    heal = failing(office, "*", "DELETE")
    with pytest.raises(Unavailable):
        office.patch_group(group_id, {"op": "remove", "path": f'{path}[value eq "{value}"]'})
    heal()
    body: dict[str, Any] = {"displayName": "Developers", "members": people(office, "Ann", "Bob")}
    if is_named:
        body[GROUP_EXTENSION] = {"entitlements": [{"value": value}]}
    office.groups.replace(group_id, body, office.write(office.registry.group))

    assert granted(office, group) == ["API Core"]
    assert open_changes(office) == ([] if is_named else ["patch"])
    resume_all(office)
    assert granted(office, group) == (["API Core"] if is_named else [])


@pytest.mark.parametrize("how", ["put", "patch", "active"])
def test_only_that_part_of_a_change_is_over_that_was_spoken_of(office: Office, how: str) -> None:
    """What was to be taken away besides still is."""
    ann, value = uuid_of(office, "Ann"), "repository:acme/api-core:admin"
    (account,) = accounts(office, "Ann")
    write = office.write(office.registry.user)
    office.patch_user(ann, other(value))
    heal = failing(office, "/2.0/*", "DELETE")
    body: dict[str, Any] = {"userName": "ann@acme.example", "externalId": "x"}
    inactive = {"op": "replace", "path": "active", "value": False}
    requests: dict[bool, Callable[[], Any]] = {
        True: lambda: office.patch_user(ann, inactive, other(value, "remove")),
        False: lambda: office.users.replace(ann, {**body, "entitlements": []}, write),
    }
    with pytest.raises(Unavailable):
        requests[how == "active"]()
    heal()
    if how == "put":
        office.users.replace(ann, body, write)
    elif how == "patch":
        office.patch_user(ann, {"op": "replace", "path": "externalId", "value": "y"})
    else:
        office.activate(ann, active=True)

    assert granted(office, account) == ["API Core"]
    assert len(open_changes(office)) == 1
    assert resume_all(office) == [""]
    assert granted(office, account) == []
    assert open_changes(office) == []
    if how != "active":
        assert office.find_user(f'externalId eq "{"x" if how == "put" else "y"}"') == [ann]
    assert members_of(office, "developers") == ["Ann", "Bob"]


def test_of_members_that_were_to_leave_only_those_stay_who_were_spoken_of(office: Office) -> None:
    """One by one."""
    group_id, ann, bob = (
        office.group_id("Developers"),
        *(uuid_of(office, n) for n in ("Ann", "Bob")),
    )
    heal = failing(office, _JOINING, "DELETE")
    with pytest.raises(Unavailable):
        office.patch_group(group_id, removing(ann, bob))
    heal()
    office.patch_group(group_id, add(bob))
    assert members_of(office, "developers") == ["Ann", "Bob"]
    assert resume_all(office) == [""]
    assert members_of(office, "developers") == ["Bob"]
