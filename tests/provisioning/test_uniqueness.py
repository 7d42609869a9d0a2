"""Two requests at the same moment that would give one name or address to two users."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from gateway.provisioning.session import Session
from gateway.scim.errors import Uniqueness
from gateway.scim.handler import Written
from tests.provisioning.office import Office, resource
from tests.provisioning.test_groups import uuid_of

Request = Callable[[], Written]

#: As long who is about to write waits for the other to be, too.
_MEETING_SECONDS = 0.7
_ZOE = [{"value": "zoe@acme.example", "primary": True}]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Uniqueness]]:
    """
    Send two requests, and return what they were refused by.

    Each is about to write before either of them does, unless one keeps the other from it.
    """
    barrier = threading.Barrier(2)
    carry_out = Session.carry_out

    def carried_out(session: Session, *args: Any, **how: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(_MEETING_SECONDS)
        return carry_out(session, *args, **how)

    def sent(one: Request, other: Request) -> list[Uniqueness]:
        monkeypatch.setattr(Session, "carry_out", carried_out)
        with ThreadPoolExecutor(2) as pool:
            errors = [each.exception() for each in (pool.submit(one), pool.submit(other))]
        found = [error for error in errors if error is not None]
        assert all(isinstance(error, Uniqueness) for error in found), found
        return [error for error in found if isinstance(error, Uniqueness)]

    return sent


def naming(office: Office, who: str, name: str) -> Request:
    """Return a request that gives a member another user name."""
    user_id = uuid_of(office, who)
    operation = {"op": "replace", "path": "userName", "value": name}
    return lambda: office.patch_user(user_id, operation)


def making(office: Office, name: str, **attributes: Any) -> Request:
    """Return a request that makes a user."""
    return lambda: office.create_user(userName=name, **attributes)


def invitations_sent(office: Office) -> int:
    """Return how many were sent."""
    return sum(each.startswith("PUT") and "/invitations" in each for each in office.writes)


@pytest.mark.rule("7643-4.1.1-user-name-is-unique")
@pytest.mark.parametrize("name", ["Zoe", "zoe@acme.example"])
def test_two_changes_at_once_do_not_give_one_name_to_two(
    office: Office, refused: Callable[..., list[Uniqueness]], name: str
) -> None:
    """The later one is refused, however the name is spelled (RFC 7643 §4.1.1)."""
    requests = naming(office, "Ann", name), naming(office, "Bob", name.upper())
    (error,) = refused(*requests)
    assert "already, with the id" in error.detail
    assert len(office.find_user(f'userName eq "{name}"')) == 1


def test_a_user_is_not_made_by_a_name_that_another_gets_at_that_moment(
    office: Office, refused: Callable[..., list[Uniqueness]]
) -> None:
    """Whichever comes first."""
    assert len(refused(naming(office, "Ann", "zoe"), making(office, "Zoe", emails=_ZOE))) == 1
    assert len(office.find_user('userName eq "zoe"')) == 1


def test_no_user_gets_the_address_of_who_is_made_as_a_name(
    office: Office, refused: Callable[..., list[Uniqueness]]
) -> None:
    """A name that is an address leads to the one user who has that."""
    name = "zoe@acme.example"
    assert len(refused(naming(office, "Ann", name), making(office, "zoe", emails=_ZOE))) == 1


def test_of_two_users_with_one_address_one_is_made(
    office: Office, refused: Callable[..., list[Uniqueness]]
) -> None:
    """The person is invited once."""
    assert len(refused(making(office, "one", emails=_ZOE), making(office, "two", emails=_ZOE))) == 1
    assert len(office.find_user('emails.value eq "zoe@acme.example"')) == 1
    assert invitations_sent(office) == 1


def test_an_invitation_does_not_move_to_an_address_that_another_is_invited_at(
    office: Office, refused: Callable[..., list[Uniqueness]]
) -> None:
    """Not even if both happen at the same moment."""
    emails = [{"value": "yve@acme.example", "primary": True}]
    yve = resource(office.create_user(userName="yve", emails=emails))["id"]
    moving = {"op": "replace", "path": "emails", "value": _ZOE}
    requests = lambda: office.patch_user(yve, moving), making(office, "zoe", emails=_ZOE)
    assert len(refused(*requests)) == 1
    assert len(office.find_user('emails.value eq "zoe@acme.example"')) == 1
    assert invitations_sent(office) == 2


def test_a_member_who_is_made_a_user_by_another_address_at_that_moment_is_not_made_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has both addresses is one person."""
    ann = uuid_of(office, "Ann")
    office.users.delete(ann, office.write(office.registry.user))
    account = next(each for each in office.world.accounts.values() if each.display_name == "Ann")
    carry_out = Session.carry_out

    def carried_out(session: Session, *args: Any, **how: Any) -> Any:
        monkeypatch.setattr(Session, "carry_out", carry_out)
        office.world.change_account(account, email="ann.lee@acme.example")
        office.create_user(userName="ann.lee@acme.example")
        return carry_out(session, *args, **how)

    monkeypatch.setattr(Session, "carry_out", carried_out)
    with pytest.raises(Uniqueness, match="address of a member already"):
        office.create_user(userName="ann@acme.example")
    assert len(office.find_user('displayName eq "Ann"')) == 1
