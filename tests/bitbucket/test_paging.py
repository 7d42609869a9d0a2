"""Following pages: everything, once, or an error."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bitbucket import loaders, resources
from gateway.bitbucket.client import Client
from gateway.bitbucket.credentials import ApiToken, WorkspaceAccessToken
from gateway.bitbucket.errors import BadAnswer, ListChanged, Unauthorized, Unavailable
from gateway.bitbucket.models import Project
from gateway.bitbucket.paging import iterate
from tests.bitbucket.raw_server import RawServer, Received, Reply, as_error, as_json

Connect = Callable[..., Client]


def project(number: int) -> dict[str, object]:
    """Return a project as it is on the wire."""
    uuid = f"{{00000000-0000-4000-8000-{number:012d}}}"
    return {"uuid": uuid, "key": f"P{number}", "name": f"Project {number}", "is_private": True}


def read(client: Client) -> Iterator[Project]:
    """Return the projects, as they come."""
    parts = {"workspace": "acme"}
    return iterate(client, resources.PROJECTS, parts, loader=loaders.PROJECT)


def numbers(projects: Iterator[Project]) -> list[int]:
    """Return which projects came."""
    return [int(each.key[1:]) for each in projects]


def page(server: RawServer, *entries: int, **frame: object) -> Reply:
    """Return a page; ``next`` is a path on *server*."""
    if isinstance(frame.get("next"), str):
        frame["next"] = f"{server.url}{frame['next']}"
    return as_json({"values": [project(number) for number in entries], **frame})


@given(st.lists(st.lists(st.integers(0, 999)), min_size=1, max_size=6), st.booleans())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_entry_of_every_page_comes_once(
    server: RawServer,
    connected: Connect,
    pages: Sequence[Sequence[int]],
    is_numbered: bool,  # noqa: FBT001 - given by hypothesis
) -> None:
    """Whatever the pages hold, empty ones too, all entries come in order and once."""
    expected = list(dict.fromkeys(entry for entries in pages for entry in entries))

    def handle(request: Received) -> Reply:
        number = int(request.query.get("page", 1))
        frame: dict[str, object] = {"size": len(expected), "page": number} if is_numbered else {}
        if number < len(pages):
            frame["next"] = f"/2.0/projects?page={number + 1}"
        return page(server, *pages[number - 1], **frame)

    server.handler = handle
    assert numbers(read(connected())) == expected


def test_next_is_followed_as_given(server: RawServer, connected: Connect) -> None:
    """An opaque address is used to the letter."""
    server.reply(page(server, 1, next="/2.0/opaque/%7Bc%7D?cursor=a%2Bb%3D&ctx="), page(server, 2))

    assert numbers(read(connected())) == [1, 2]
    assert server.received[1].target == "/2.0/opaque/%7Bc%7D?cursor=a%2Bb%3D&ctx="


def test_the_frame_is_always_asked_for(server: RawServer, connected: Connect) -> None:
    """With only some fields wanted, ``next`` and ``size`` are among them."""
    server.reply(page(server))

    numbers(read(connected()))
    query = server.received[0].query
    assert query["pagelen"] == "100"
    assert query["fields"].split(",")[:2] == ["next", "size"]
    assert "values.key" in query["fields"].split(",")


def test_pages_are_read_when_they_are_needed(server: RawServer, connected: Connect) -> None:
    """Nothing is asked before the first entry is, and no page before its first entry."""
    server.reply(page(server, 1, 2, next="/2.0/2"), page(server, 3))
    entries = read(connected())

    assert server.received == []
    assert numbers(islice(entries, 2)) == [1, 2]
    assert len(server.received) == 1
    assert numbers(entries) == [3]


def test_a_failing_page_fails_the_list(server: RawServer, connected: Connect) -> None:
    """A list whose second page can't be read is not a shorter list."""
    server.reply(page(server, 1, next="/2.0/2"), as_error(500, "Oops"))

    with pytest.raises(Unavailable):
        numbers(read(connected()))


def test_a_list_is_read_with_one_credential(server: RawServer, connected: Connect) -> None:
    """Another credential may see another list, so its pages are not appended."""
    server.reply(page(server, 1, next="/2.0/2"), as_error(401, "Revoked"), page(server, 2))

    with pytest.raises(Unauthorized):
        numbers(read(connected(WorkspaceAccessToken("a"), ApiToken("b@acme.example", "c"))))
    assert len(server.received) == 2


def test_a_circle_of_pages_is_an_error(server: RawServer, connected: Connect) -> None:
    """A page that leads back is neither followed for ever nor taken for the end."""
    server.reply(page(server, 1, next="/2.0/2"), page(server, 2, next="/2.0/2"))

    with pytest.raises(BadAnswer, match="came before"):
        numbers(read(connected()))


def test_a_next_page_elsewhere_is_refused(
    server: RawServer, elsewhere: RawServer, connected: Connect
) -> None:
    """The credential is not sent where a page points to, if that is another host."""
    elsewhere.reply(as_json({"values": []}))
    server.reply(as_json({"values": [project(1)], "next": f"{elsewhere.url}/2.0/2"}))

    with pytest.raises(BadAnswer, match="at another place"):
        numbers(read(connected()))
    assert elsewhere.received == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"values": None},
        {"values": {}},
        {"values": [], "next": 2},
        {"values": [[]]},
        {"values": ["x"]},
        {"values": [None]},
    ],
)
def test_what_is_no_page_is_a_bad_answer(
    body: object, server: RawServer, connected: Connect
) -> None:
    """Anything but a list of entries is refused, and never an empty list."""
    server.reply(as_json(body))

    with pytest.raises(BadAnswer):
        numbers(read(connected()))


def test_an_entry_that_was_pushed_to_the_next_page_comes_once(
    server: RawServer, connected: Connect
) -> None:
    """When an entry is added at the front meanwhile, the one that comes twice shows it."""
    server.reply(page(server, 1, 2, size=3, next="/2.0/2"), page(server, 2, 3, size=4))
    entries = read(connected())

    assert numbers(islice(entries, 3)) == [1, 2, 3]
    with pytest.raises(ListChanged):
        next(entries)


def test_a_list_that_shrank_is_read_again(server: RawServer, connected: Connect) -> None:
    """When an entry is removed meanwhile, another may have slipped to a page already read."""
    server.reply(page(server, 1, 2, size=4, next="/2.0/2"), page(server, 4, size=3))

    with pytest.raises(ListChanged):
        numbers(read(connected()))


def test_a_list_that_grew_at_its_end_is_whole(server: RawServer, connected: Connect) -> None:
    """An entry that is added at the end meanwhile does no harm."""
    server.reply(page(server, 1, 2, size=3, next="/2.0/2"), page(server, 3, 4, size=4))

    assert numbers(read(connected())) == [1, 2, 3, 4]


def test_fewer_entries_than_counted_are_an_error(server: RawServer, connected: Connect) -> None:
    """A page without ``next`` that leaves entries out is not the end."""
    server.reply(page(server, 1, 2, size=200))

    with pytest.raises(ListChanged):
        numbers(read(connected()))
