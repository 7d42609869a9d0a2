"""E-mail addresses are learned from the filters that ask for them."""

from typing import Any

import pytest

ADMIN = "admin@acme.example"


@pytest.mark.parametrize(
    "text",
    [
        f'userName eq "{ADMIN}"',
        f'userName eq "{ADMIN.upper()}"',
        f'emails.value eq "{ADMIN}"',
        f'emails eq "{ADMIN}"',
        f'emails[type eq "work"].value eq "{ADMIN}"',
        f'emails[value eq "{ADMIN}" and type eq "work"]',
        f'active eq true and (userName eq "x" or userName eq "{ADMIN}")',
    ],
)
def test_a_filter_finds_who_has_the_address(stage: Any, text: str) -> None:
    """Bitbucket tells an address only to those who ask for it: so it is asked."""
    (found,) = stage.resources(stage.users, text)

    assert found["displayName"] == "Admin"
    assert found["userName"] == ADMIN
    assert found["emails"] == [{"value": ADMIN, "type": "work", "primary": True}]


def test_an_address_is_asked_for_once(stage: Any) -> None:
    """The answer is kept as long as other facts are, also that nobody has it."""
    stage.ask(stage.users)
    for address in (ADMIN, "nobody@acme.example"):
        assert stage.ask(stage.users, f'userName eq "{address}"').provenance.calls == 1
        assert stage.ask(stage.users, f'userName eq "{address}"').provenance.calls == 0

    stage.clock.pass_time(minutes=6)
    stage.ask(stage.users)

    assert stage.ask(stage.users, 'userName eq "nobody@acme.example"').provenance.calls == 1


def test_many_addresses_are_asked_for_at_once(stage: Any) -> None:
    """One call serves ninety of them."""
    stage.ask(stage.users)
    clauses = [f'userName eq "user{number}@acme.example"' for number in range(90)]

    assert stage.ask(stage.users, " or ".join(clauses)).provenance.calls == 1


def test_an_address_that_moved_is_the_new_members(stage: Any) -> None:
    """Who had it before is no longer found by it."""
    stage.resources(stage.users, f'userName eq "{ADMIN}"')
    admin, other = (account for account, _ in stage.world.members()[:2])
    stage.world.change_account(other, email=ADMIN)
    stage.world.change_account(admin, email="other@acme.example")
    stage.clock.pass_time(minutes=6)

    # The credential is the administrator's own, by e-mail address.
    found = stage.resources(stage.users, f'userName eq "{ADMIN}" and active pr')

    assert [user["id"] for user in found] == [other.uuid.strip("{}")]


@pytest.mark.parametrize("text", ["557058:abc", "@", "a@", "@b.c", "a b@c.de", r"a\u0001@b.cd"])
def test_what_is_no_address_is_not_asked_for(stage: Any, text: str) -> None:
    """It is compared, and costs no call."""
    stage.ask(stage.users)

    assert stage.ask(stage.users, f'userName eq "{text}"').provenance.calls == 0


def test_a_known_address_is_found_while_bitbucket_fails(stage: Any) -> None:
    """As with every other fact, an older answer is better than none."""
    stage.ask(stage.users, f'userName eq "{ADMIN}"')
    stage.clock.pass_time(minutes=6)
    stage.bitbucket.faults.plan("500", "*", times=100)

    assert stage.ask(stage.users, f'userName eq "{ADMIN}"').total_results == 1


def test_the_address_that_was_confirmed_last_is_the_primary_one(stage: Any) -> None:
    """An address that changed gives way to the new one."""
    stage.ask(stage.users, f'userName eq "{ADMIN}"')
    admin = stage.world.members()[0][0]
    stage.world.change_account(admin, email="zoe@acme.example")
    stage.clock.pass_time(minutes=1)

    (found,) = stage.resources(stage.users, 'userName eq "zoe@acme.example"')

    assert found["emails"][0] == {"value": "zoe@acme.example", "type": "work", "primary": True}
