"""A PostgreSQL server of the tests' own, where one is installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from gateway.mirror.engine import migrate, open_database
from tests.ports import unused_port

_SERVER_ACCOUNT = "postgres"

_KNOWS_ORDERS_OF_DATABASES = """
    SELECT 1 FROM pg_collation
    WHERE collprovider = 'i' AND current_setting('server_version_num')::integer >= 150000
"""


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server; its one migrated database is what new ones are copied from."""

    port: int
    template: str = "template_of_mirrors"

    def url(self, database: str) -> str:
        """Return the address of a database, as a user of the gateway writes it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, template: str) -> str:
        """Create a database and return its address."""
        self._administer(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def create_template(self) -> None:
        """Create the template, in which texts are ordered as people do, where that can be."""
        order = ""
        if self._administer(_KNOWS_ORDERS_OF_DATABASES):
            order = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        self._administer(f'CREATE DATABASE "{self.template}" TEMPLATE template0 {order}')
        engine = open_database(self.url(self.template))
        migrate(engine)
        engine.dispose()

    @contextmanager
    def database(self) -> Iterator[str]:
        """Return the address of a database with its tables, until the block ends."""
        name = f"mirror_{uuid4().hex}"
        yield self.create(name, template=self.template)
        self.drop(name)

    def drop(self, database: str) -> None:
        """Drop a database."""
        self._administer(f'DROP DATABASE "{database}" WITH (FORCE)')

    def _administer(self, statement: str) -> bool:
        """Execute a statement; return whether it found something."""
        url = self.url("postgres").replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                result = connection.execute(text(statement))
                return result.returns_rows and result.first() is not None
        finally:
            engine.dispose()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for this process's tests, without a care for power failures."""
    if server_binaries() is None:
        pytest.skip("no PostgreSQL server (initdb, pg_ctl) is installed")
    settings = {
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        # No statement of the mirror's is to keep a planner that long.
        "statement_timeout": "10s",
    }
    with serving(settings) as cluster:
        yield cluster


@pytest.fixture
def postgresql_url(cluster: Cluster) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    database = f"empty_{uuid4().hex}"
    yield cluster.create(database, template="template1")
    cluster.drop(database)


@contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[Cluster]:
    """Run a server with *settings*, and a template for databases, until the block ends."""
    binaries = server_binaries()
    if binaries is None:
        raise LookupError("no PostgreSQL server (initdb, pg_ctl) is installed")
    with _folder() as folder:
        data = folder / "data"
        _as_server(
            binaries / "initdb",
            *("--pgdata", data, "--username", "postgres", "--auth", "trust"),
            *("--encoding", "UTF8", "--no-locale", "--no-sync"),
        )
        port = unused_port()
        where = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "''"}
        named = (f"-c {name}={value}" for name, value in {**where, **settings}.items())
        options = " ".join((f"-p {port}", *named))
        control = (binaries / "pg_ctl", "--pgdata", data, "--wait")
        _as_server(*control, "--log", folder / "log", "--options", options, "start")
        try:
            cluster = Cluster(port)
            cluster.create_template()
            yield cluster
        finally:
            _as_server(*control, "--mode", "immediate", "stop")


def server_binaries() -> Path | None:
    """Return the folder of the server's binaries; None where it is not installed."""
    # Debian keeps the binaries of servers off the path, those of each release in a folder.
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: float(f.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    if on_path is not None:
        folders.append(Path(on_path).parent)
    found = (f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists())
    return next(found, None)


@contextmanager
def _folder() -> Iterator[Path]:
    # Not pytest's, which no account but its own may enter.
    with tempfile.TemporaryDirectory(prefix="mirror-postgresql-") as name:
        if os.geteuid() == 0:
            shutil.chown(name, _SERVER_ACCOUNT)
        yield Path(name)


def _as_server(*command: str | Path) -> None:
    """Run a command of the server's, which refuses to be root."""
    become = ("runuser", "-u", _SERVER_ACCOUNT, "--") if os.geteuid() == 0 else ()
    environment: Mapping[str, Any] = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run(  # noqa: S603 - the server's own binary, by its full path
        [*become, *command],
        check=True,
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
