"""The texts of resources, indexed by their trigrams; where the database can't, there are none."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAMES = ("formatted_name", "family_name", "given_name", "display_name", "nick_name", "user_name")
MAKING = {
    "sqlite": [
        (
            "CREATE VIRTUAL TABLE {name} USING fts5(text, columnsize=0, detail=none,"
            " tokenize='trigram case_sensitive 1')"
        ),
    ],
    "postgresql": [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        'CREATE TABLE {name} (rowid bigint PRIMARY KEY, text text COLLATE "C" NOT NULL)',
        "CREATE INDEX ix_{name}_text ON {name} USING gin (text gin_trgm_ops)",
    ],
}
TEXTS = {"user_texts": ("users", NAMES), "group_texts": ("group_resources", ("display_name",))}


def upgrade() -> None:
    """Bring the tables forward, with what is known."""
    connection = op.get_bind()
    for name, (resources, columns) in TEXTS.items():
        try:
            with connection.begin_nested():
                for statement in MAKING[connection.dialect.name]:
                    connection.execute(sa.text(statement.format(name=name)))
        except DBAPIError:
            # Not of this SQLite, or not for this user of PostgreSQL: it goes without.
            return
        _fill(connection, name, resources, columns)


def downgrade() -> None:
    """Bring the tables back."""
    for name in TEXTS:
        op.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))


def _fill(connection: sa.Connection, name: str, resources: str, columns: tuple[str, ...]) -> None:
    known = sa.table(resources, sa.column("key"), *map(sa.column, columns))
    values = sa.table("user_values", *map(sa.column, ("key", "attribute", "value")))
    texts = {row[0]: [*filter(None, row[1:])] for row in connection.execute(sa.select(known))}
    if resources == "users":
        emails = sa.select(values.c.key, values.c.value).where(values.c.attribute == "emails")
        for key, value in connection.execute(emails):
            texts[key].append(value or "")
    rows = [{"rowid": key, "text": "\n".join(text)} for key, text in texts.items()]
    if rows:
        connection.execute(sa.insert(sa.table(name, sa.column("rowid"), sa.column("text"))), rows)
