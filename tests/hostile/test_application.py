"""What hostile requests are sent to tells of every change."""

from pathlib import Path

import orjson

from tests.hostile.application import running
from tests.hostile.requests import Request


def test_every_change_is_seen(tmp_path: Path) -> None:
    """By what the mirror tells, and by the calls; what only asks, or is a dry run, changes none."""
    body = orjson.dumps({"displayName": "Writers"})
    made = Request("POST", "/scim/v2/Groups", body=body)
    dry = Request("POST", "/scim/v2/Groups", headers={"HTTP_X_DRY_RUN": "true"}, body=body)
    with running(tmp_path) as application:
        before = (application.content(), application.writes())
        for request in (Request("GET", "/scim/v2/Groups", "cursor=&count=1"), dry):
            assert application.answer(request).status == 200
        assert (application.content(), application.writes()) == before

        assert application.answer(made).status == 201

        assert application.content() != before[0]
        assert application.writes() == before[1] + 1
