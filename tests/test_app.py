"""The application as a whole, where its parts can't mend what is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)

from gateway.app import GATEWAY, create_app
from gateway.mirror.mirror import Mirror, Snapshot
from gateway.settings import load_settings

_ENVIRONMENT = {
    "BITBUCKET_API_URL": "http://127.0.0.1:9",
    "BITBUCKET_WORKSPACE": "acme",
    "BITBUCKET_ACCESS_TOKEN": "an-access-token",
    "SCIM_TOKEN": "a-token-for-the-tests",
    "GATEWAY_REFRESH_INTERVAL": "0",
}


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        (OperationalError, 503, "database can't be used"),
        # SQLite's, of a file that is damaged, or is no database.
        (DatabaseError, 503, "database can't be used"),
        (InterfaceError, 503, "database can't be used"),
        (ProgrammingError, 500, "The gateway failed"),
        (IntegrityError, 500, "The gateway failed"),
    ],
)
def test_a_database_that_fails_is_told_apart_from_a_mistake_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[DBAPIError], status: int, said: str
) -> None:
    """The one may pass, so that a client tries again; and neither tells its words."""

    @contextmanager
    def fail(_mirror: Mirror) -> Iterator[Snapshot]:
        raise kind("SELECT", None, Exception("the host db.internal"))
        yield

    monkeypatch.setattr(Mirror, "reading", fail)
    database = {"GATEWAY_DATABASE_URL": f"sqlite:///{tmp_path / 'mirror.sqlite3'}"}
    app = create_app(load_settings(_ENVIRONMENT | database, serving=True))
    bearer = {"Authorization": f"Bearer {_ENVIRONMENT['SCIM_TOKEN']}"}
    answer = app.test_client().get("/scim/v2/Users", headers=bearer)
    app.extensions[GATEWAY].close()

    assert answer.status_code == status
    assert answer.mimetype == "application/scim+json"
    assert said in answer.get_data(as_text=True)
    assert "db.internal" not in answer.get_data(as_text=True)
    assert ("Retry-After" in answer.headers) == (status == 503)
