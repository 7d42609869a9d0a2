"""A fault at any call of a plan: the client is told how far it came, and can finish it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.mirror.engine import migrate, open_database
from gateway.mirror.journal import Event
from gateway.sandbox import Behaviour, FaultKind, Serving, create_app, serving
from gateway.scim.errors import BadUpstream, ScimError, Unavailable
from tests.provisioning import twenty
from tests.provisioning.office import opened, resource

#: Every call that changes something; a token of the OAuth consumer is POSTed for.
_WRITES = "[PD][UE]*"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables."""
    path = tmp_path_factory.mktemp("template") / "mirror.sqlite3"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture
def bitbucket() -> Iterator[Serving]:
    """A simulated Bitbucket that nobody limits."""
    app = create_app(twenty.world(), behaviour=Behaviour(hourly_limit=None))
    with serving(app) as served:
        served.sandbox.faults.stall_seconds = 0.05
        yield served


@pytest.mark.rule("7644-3.5.2-undone")
@pytest.mark.parametrize(
    ("kind", "position"),
    [
        (kind, position)
        for kind in FaultKind
        for position in range(twenty.STEPS)
        # Of an answer without a body nothing can be cut off: it is whole.
        if kind is not FaultKind.TRUNCATED or position < twenty.DELETIONS_FROM
    ],
)
def test_the_same_request_again_finishes_it(
    bitbucket: Serving, template: Path, tmp_path: Path, kind: FaultKind, position: int
) -> None:
    """The error lists what was done, and the journal tells all."""
    database = tmp_path / "mirror.sqlite3"
    shutil.copy(template, database)
    with opened(bitbucket, f"sqlite:///{database}") as office:
        group_id = office.group_id(twenty.GROUP)
        patch = twenty.operations(office.world)
        # At odd positions the call is carried out all the same, and only its answer is lost.
        is_after = position % 2 == 1 and kind is not FaultKind.TOO_MANY_REQUESTS
        faults = bitbucket.sandbox.faults
        faults.plan(kind, method=_WRITES, skip=position, after=is_after)

        with pytest.raises(ScimError) as refused:
            office.patch_group(group_id, *patch)

        assert not faults.pending()
        assert isinstance(refused.value, Unavailable | BadUpstream)
        _assert_told(refused.value.detail, kind, position)
        is_last = position == twenty.STEPS - 1
        assert is_last or not twenty.is_done(office.world)

        again = resource(office.patch_group(group_id, *patch))

        assert again["displayName"] == "Builders"
        assert again["id"] == group_id
        assert len(again["members"]) == 13
        assert twenty.is_done(office.world)
        first, *others = office.changes()
        assert first.outcome == "closed"
        # What was done without our being told was the last of it: then nothing was left to do.
        assert [change.outcome for change in others] == ["done"] * (not (is_last and is_after))
        made = [e.data for e in first.entries if e.event is Event.ANSWERED]
        assert len(made) == position + 1
        assert [("error" in each) for each in made] == [False] * position + [True]
        assert first.began.data["before"]["displayName"] == twenty.GROUP
        assert first.began.data["token"] == "test"
        assert first.began.data["requestId"] == "request-1"
        assert all(c.entries[-1].data["after"]["displayName"] == "Builders" for c in others)


def _assert_told(detail: str, kind: FaultKind, position: int) -> None:
    counted = re.search(r"Done, (\d+) of (\d+):", detail)
    if position:
        assert counted
        assert (int(counted[1]), int(counted[2])) == (position, twenty.STEPS)
    else:
        assert counted is None
    assert ("Perhaps done:" in detail) == (kind is not FaultKind.TOO_MANY_REQUESTS)
    is_untouched = kind is FaultKind.TOO_MANY_REQUESTS and not position
    assert ("Nothing was changed." in detail) == is_untouched
    assert ("Send the same request again" in detail) == (not is_untouched)
    left = twenty.STEPS - position - 1
    assert ("Not done:" in detail) == (bool(left) or kind is FaultKind.TOO_MANY_REQUESTS) or (
        is_untouched
    )


def test_a_request_waits_once_for_all_of_its_calls(
    bitbucket: Serving, template: Path, tmp_path: Path
) -> None:
    """And then says what was done, and when to ask for the rest."""
    database = tmp_path / "mirror.sqlite3"
    shutil.copy(template, database)
    with opened(bitbucket, f"sqlite:///{database}", retries=3, longest_wait_seconds=1.5) as office:
        group_id = office.group_id(twenty.GROUP)
        busy: dict[str, Any] = {
            "path": "/1.0/groups/*/members/*",
            "method": "PUT",
            "retry_after_seconds": 1,
        }
        for skip in (0, 1):
            bitbucket.sandbox.faults.plan(FaultKind.TOO_MANY_REQUESTS, skip=skip, **busy)
        with pytest.raises(Unavailable, match="Done, 2 of") as refused:
            office.patch_group(group_id, *twenty.operations(office.world))
        assert refused.value.retry_after_seconds == 1


def test_what_is_not_read_before_a_change_says_when_it_may_be(
    bitbucket: Serving, template: Path, tmp_path: Path
) -> None:
    """As long as Bitbucket wants to be left alone, though older facts are known."""
    database = tmp_path / "mirror.sqlite3"
    shutil.copy(template, database)
    with opened(bitbucket, f"sqlite:///{database}") as office:
        group_id = office.group_id(twenty.GROUP)
        bitbucket.sandbox.faults.plan(
            FaultKind.TOO_MANY_REQUESTS, path="/1.0/groups*", times=9, retry_after_seconds=1200
        )
        for _ in range(2):
            with pytest.raises(Unavailable, match="Nothing was changed") as refused:
                office.patch_group(group_id, *twenty.operations(office.world))
            assert 1190 < refused.value.retry_after_seconds <= 1200


def test_what_only_an_administrator_mends_is_not_put_off(
    bitbucket: Serving, template: Path, tmp_path: Path
) -> None:
    """502, which does not ask to come back in half a minute, though older facts are known."""
    database = tmp_path / "mirror.sqlite3"
    shutil.copy(template, database)
    with opened(bitbucket, f"sqlite:///{database}") as office:
        group_id = office.group_id(twenty.GROUP)
        bitbucket.sandbox.keyring.known = ()
        for _ in range(2):
            with pytest.raises(BadUpstream, match=r"credential is wrong.* Nothing was changed\."):
                office.patch_group(group_id, {"op": "replace", "value": {"displayName": "X"}})
