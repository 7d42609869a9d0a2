"""What a page is made of in a row, put together by the database: one row for a whole page."""

from typing import Any

from sqlalchemy import LargeBinary, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Joined(FunctionElement[bytes]):
    """
    A column of a subquery, in its order, with commas between; NULL if there are no rows.

    Args:
        column: The column, of bytes.
        key: The column that the subquery is ordered by.
    """

    name = "joined"
    type = LargeBinary()
    inherit_cache = True


class JoinedText(FunctionElement[str]):
    """The same of a column of text."""

    name = "joined_text"
    type = Text()
    inherit_cache = True


@compiles(Joined, "sqlite")
def _group_concat(element: Joined, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({_group_concat_text(element, compiler, **options)} AS BLOB)"


@compiles(JoinedText, "sqlite")
def _group_concat_text(element: Joined | JoinedText, compiler: SQLCompiler, **options: Any) -> str:
    # SQLite goes through a subquery in its order, and leaves that in place for this function.
    column, _ = (compiler.process(clause, **options) for clause in element.clauses)
    return f"group_concat({column}, ',')"


@compiles(Joined, "postgresql")
def _string_agg(element: Joined, compiler: SQLCompiler, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"string_agg({column}, ','::bytea ORDER BY {key})"


@compiles(JoinedText, "postgresql")
def _string_agg_text(element: JoinedText, compiler: SQLCompiler, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"string_agg({column}, ',' ORDER BY {key})"
