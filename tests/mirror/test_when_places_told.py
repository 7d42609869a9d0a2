"""What an earlier release kept of when a place told what is granted on it."""

from datetime import datetime

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from gateway.mirror.engine import migrate, writing
from gateway.mirror.facts import PlaceReading
from gateway.mirror.mirror import Mirror


def test_an_earlier_release_knew_what_was_told_last(engine: Engine, now: datetime) -> None:
    """Not when what was inferred since had been told."""
    mirror = Mirror(engine, "acme")
    of_old = {
        PlaceReading("told", now, is_inferred=False): (),
        PlaceReading("inferred", now, is_inferred=True, told_at=now): (),
    }
    with mirror.writing() as tx:
        tx.facts.replace_grants_on("user", "repository", of_old)
    config = Config()
    config.set_main_option("script_location", "gateway.mirror:migrations")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0014")
    migrate(engine)

    with mirror.reading() as snapshot:
        readings = snapshot.facts.place_readings("user", "repository")
    known = {reading.object_uuid: reading.last_told_at for reading in readings}
    assert known == {"told": now, "inferred": None}
