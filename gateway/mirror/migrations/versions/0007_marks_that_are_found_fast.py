"""References in documents are marked by a byte, not by its escape, which takes longer to find."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ESCAPE, BYTE = b'"\\u0000/', b'"\0/'
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the documents forward."""
    _replace(ESCAPE, BYTE)


def downgrade() -> None:
    """Bring the documents back."""
    _replace(BYTE, ESCAPE)


def _replace(old: bytes, new: bytes) -> None:
    connection = op.get_bind()
    for name in ("users", "group_resources"):
        table = sa.table(
            name,
            sa.column("key", KEY),
            sa.column("document", sa.LargeBinary()),
            sa.column("lean_length", sa.Integer()),
            sa.column("on_request", sa.LargeBinary()),
        )
        for key in connection.scalars(sa.select(table.c.key)).all():
            mine = table.c.key == key
            row = connection.execute(sa.select(table).where(mine)).one()
            lean = row.document[: row.lean_length or 0]
            connection.execute(
                sa.update(table)
                .where(mine)
                .values(
                    document=row.document.replace(old, new),
                    lean_length=row.lean_length and len(lean.replace(old, new)),
                    on_request=row.on_request and row.on_request.replace(old, new),
                )
            )
