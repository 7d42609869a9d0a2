"""A list that waits in memory is the same list, and small."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from gateway.bitbucket import models
from gateway.directory.packed import Packed


@given(st.lists(st.integers() | st.text(), max_size=700))
def test_a_packed_list_is_the_list(values: list[object]) -> None:
    """As often as it is gone through."""
    packed = Packed(iter(values))
    assert list(packed) == values
    assert list(packed) == values
    assert len(packed) == len(values)
    assert bool(packed) == bool(values)
    assert all(value in packed for value in values[:3])
    assert object() not in packed


def test_members_take_a_fraction_of_their_size() -> None:
    """Many wait together: those of the whole workspace."""
    members = [
        models.WorkspaceMembership(
            user=models.Account(
                uuid=f"{number:08x}-5bb3-4c2e-9b2c-{number * 7919:012x}",
                type="user",
                account_id=f"557058:{number * 104729:08x}-1e6f",
                display_name=f"Person {number}",
                html_url=f"https://bitbucket.org/%7B{number:08x}%7D/",
                avatar_url=f"https://avatars.example.com/{number * 31:x}",
            ),
            permission=models.WorkspaceRole.MEMBER,
        )
        for number in range(5000)
    ]
    packed = Packed(members)
    assert list(packed) == members
    assert len(pickle.dumps(packed)) < sum(len(pickle.dumps(each)) for each in members) / 8
