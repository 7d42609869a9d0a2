"""Documents in a row, put together by the database: one row of an answer for a whole page."""

from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Joined(FunctionElement[bytes]):
    """
    The documents of a subquery, in its order, with commas between them; NULL if there are none.

    Args:
        document: The column of the document.
        key: The column that the subquery is ordered by.
    """

    name = "joined"
    type = LargeBinary()
    inherit_cache = True


@compiles(Joined, "sqlite")
def _group_concat(element: Joined, compiler: SQLCompiler, **options: Any) -> str:
    # SQLite goes through a subquery in its order, and leaves that in place for this function.
    document, _ = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(group_concat({document}, ',') AS BLOB)"


@compiles(Joined, "postgresql")
def _string_agg(element: Joined, compiler: SQLCompiler, **options: Any) -> str:
    document, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"string_agg({document}, ','::bytea ORDER BY {key})"
