"""What an earlier release kept of users whose ``active`` was taken away."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, update

from gateway.mirror.engine import migrate, writing
from gateway.mirror.mirror import Mirror
from gateway.mirror.tables import USER_RECORDS
from gateway.mirror.user_records import HeldBack, UserRecord


def test_who_was_taken_from_was_deactivated(engine: Engine) -> None:
    """It is so again, and nobody else is, whatever was promised."""
    mirror = Mirror(engine, "acme")
    with mirror.writing() as tx:
        for user_id in ("taken", "promised", "none"):
            tx.users.put(UserRecord(user_id))
        tx.users.put(UserRecord("known", is_active=False))
        tx.users.hold_back(
            [
                HeldBack("taken", "group", "1", is_taken=True),
                HeldBack("promised", "group", "1"),
            ]
        )
    config = Config()
    config.set_main_option("script_location", "gateway.mirror:migrations")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0012")
        unknown = update(USER_RECORDS).where(USER_RECORDS.c.id != "known")
        connection.execute(unknown.values(is_active=None))
    migrate(engine)

    with mirror.reading() as tx:
        records = tx.users.with_ids(["taken", "promised", "none", "known"])
    assert {user_id for user_id, each in records.items() if not each.is_active} == {
        *("taken", "known")
    }
