"""Pages by index (RFC 7644 §3.4.2.4)."""

import pytest

from gateway.scim.page import IndexPage


@pytest.mark.parametrize(
    ("start_index", "count", "expected"),
    [
        (None, None, (1, 1000)),
        (101, 50, (101, 50)),
        (0, 0, (1, 0)),
        (-5, -1, (1, 0)),
        (1, 10_000, (1, 1000)),
    ],
)
def test_a_page_is_brought_into_range(
    start_index: int | None, count: int | None, expected: tuple[int, int]
) -> None:
    """What is below the range is raised to it; a count above the largest is capped, not refused."""
    page = IndexPage.of(start_index, count)

    assert (page.start_index, page.count) == expected
