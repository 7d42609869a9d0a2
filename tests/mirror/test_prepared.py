"""Statements that are put into the database's words once."""

import pytest
from sqlalchemy import Engine, LargeBinary, bindparam, column, literal, select, table
from sqlalchemy.exc import DBAPIError

from gateway.mirror import fact_queries, user_records
from gateway.mirror.engine import reading
from gateway.mirror.prepared import Prepared


def test_it_selects_what_sqlalchemy_would(engine: Engine) -> None:
    """With the values that are part of it, and those that it is handed."""
    seals = table("seals", column("name"), column("key", LargeBinary))
    statement = select(seals.c.name, literal(b"}", LargeBinary())).where(
        seals.c.name == bindparam("wanted")
    )
    with reading(engine) as connection:
        expected = connection.execute(statement, {"wanted": "cursors"}).all()
        assert Prepared(statement).rows(connection, wanted="cursors") == expected
        assert Prepared(statement).rows(connection, wanted="x' OR '1'='1") == []


def test_what_the_database_refuses_is_sqlalchemys_error(engine: Engine) -> None:
    """So that all are dealt with alike; what was asked for is not in it."""
    nowhere = table("nowhere", column("key"))
    statement = Prepared(select(nowhere.c.key).where(nowhere.c.key == bindparam("wanted")))
    with pytest.raises(DBAPIError) as caught, reading(engine) as connection:
        statement.rows(connection, wanted="ann@acme.com")
    assert "nowhere" in str(caught.value)
    assert "ann@acme.com" not in str(caught.value)


@pytest.mark.parametrize("module", [fact_queries, user_records])
def test_every_look_up_is_by_an_index(sqlite: Engine, module: object) -> None:
    """None of them goes through all rows of a workspace, however they are in order."""
    prepared = [each for each in vars(module).values() if isinstance(each, Prepared)]
    assert prepared
    with reading(sqlite) as connection:
        for each in prepared:
            words, constants = each._words("sqlite")  # noqa: SLF001 - what it makes
            named = constants | {"mine": "acme", "key": "x"}
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", named)
            for step in steps:
                assert not step.detail.startswith("SCAN"), words
                assert not step.detail.endswith("(integration=?)"), words
