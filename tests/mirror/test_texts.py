"""What narrows a search down to the resources whose texts may match."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect, text

from gateway.mirror.catalogue import HOMES
from gateway.mirror.engine import migrate, open_database, writing
from gateway.mirror.mirror import Mirror
from gateway.mirror.texts import held_by_all
from gateway.scim.filter.bind import bind_filter
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection
from gateway.scim.schema import Registry


@pytest.mark.parametrize(
    ("filter_text", "held"),
    [
        ('displayName co "Ann"', {"ann"}),
        ('displayName sw "Ann" and emails ew "@X.org"', {"ann", "@x.org"}),
        ('emails[type eq "work" and value co "smith"]', {"smith"}),
        ('(userName co "ann" and active eq true) and name.familyName co "Lee"', {"ann", "lee"}),
        ('displayName co "an"', set()),
        ('displayName eq "Ann"', set()),
        ('displayName co "Ann" or userName co "ann"', set()),
        ('not (displayName co "Ann")', set()),
        ('entitlements.display co "api"', set()),
    ],
)
def test_what_every_match_holds(registry: Registry, filter_text: str, held: set[str]) -> None:
    """Of texts that are kept, long enough, and in whatever the filter selects."""
    node = bind_filter(filter_text, registry.user)
    assert held_by_all(node, HOMES["User"].in_texts) == held


@pytest.mark.parametrize(
    "filter_text", ['displayName co "smith"', 'emails.value co "smith"', 'userName ew "x.org"']
)
def test_what_holds_a_text_is_found_by_its_trigrams(
    sqlite: Engine, registry: Registry, now: datetime, filter_text: str
) -> None:
    """Neither all resources nor all values are looked at."""
    mirror = Mirror(sqlite, "acme")
    save(mirror, registry, [f"User {number}" for number in range(300)], now)
    with mirror.reading() as tx:
        statement = tx.resources(registry.user).sql(query(filter_text, registry))
    with sqlite.connect() as connection:
        plan = f"EXPLAIN QUERY PLAN {statement.replace(':', chr(92) + ':')}"
        steps = [step.detail for step in connection.execute(text(plan))]
    assert any(step.startswith("SCAN user_texts VIRTUAL TABLE INDEX 0:M") for step in steps)
    assert not [s for s in steps if "(attribute=?)" in s or "(integration=?)" in s]


def test_texts_follow_their_resources(mirror: Mirror, registry: Registry, now: datetime) -> None:
    """A name that was given up finds nobody, and the new one does."""
    save(mirror, registry, ["Ann Smith", "Bob Jones"], now)
    save(mirror, registry, ["Ann Lee", "Bob Jones"], now)

    assert found(mirror, registry, 'displayName co "smith"') == 0
    assert found(mirror, registry, 'displayName co "n lee"') == 1
    assert found(mirror, registry, 'displayName co "jones"') == 1


def test_what_was_there_before_the_index_is_found(
    engine: Engine, registry: Registry, now: datetime
) -> None:
    """The migration looks up what is known."""
    mirror = Mirror(engine, "acme")
    save(mirror, registry, ["Ann Smith", "Bob Jones"], now)
    with writing(engine) as connection:
        _go_to(connection, "0007")
    assert found(mirror, registry, 'displayName co "smith"') == 1
    migrate(engine)

    again = Mirror(engine, "acme")
    assert found(again, registry, 'displayName co "smith"') == 1
    assert found(again, registry, 'emails.value co "user1@"') == 1


def test_a_database_without_trigrams_looks_at_all(
    tmp_path: Path, registry: Registry, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is migrated all the same, and finds the same."""
    engine = open_database(f"sqlite:///{tmp_path}/mirror.db")

    def refuse(_action: int, _name: str | None, module: str | None, *_: str | None) -> int:
        return 1 if module == "fts5" else 0

    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_authorizer(refuse)
        monkeypatch.setattr(engine.pool, "connect", lambda: connection.connection)
        migrate(engine)
    monkeypatch.undo()
    assert not inspect(engine).has_table("user_texts")
    mirror = Mirror(engine, "acme")
    save(mirror, registry, ["Ann Smith", "Bob Jones"], now)
    assert found(mirror, registry, 'displayName co "smith"') == 1
    engine.dispose()


def query(filter_text: str, registry: Registry) -> Query:
    """Return a query for all that a filter selects."""
    node = bind_filter(filter_text, registry.user)
    return Query(node, None, IndexPage(), Projection(registry.user), "https://scim.example/v2")


def found(mirror: Mirror, registry: Registry, filter_text: str) -> int:
    """Return how many users a filter selects."""
    with mirror.reading() as tx:
        return tx.resources(registry.user).find(query(filter_text, registry))[0]


def save(mirror: Mirror, registry: Registry, names: list[str], now: datetime) -> None:
    """Make users of those names all that there are."""
    users = [
        {
            "schemas": [registry.user.schema.id],
            "id": str(number),
            "userName": f"user{number}@x.org",
            "displayName": name,
            "emails": [{"value": f"User{number}@x.org"}],
            "meta": {"resourceType": "User"},
        }
        for number, name in enumerate(names)
    ]
    with mirror.writing() as tx:
        tx.documents(registry.user).save_all(users, now=now)


def _go_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "gateway.mirror:migrations")
    config.attributes["connection"] = connection
    command.downgrade(config, revision)
