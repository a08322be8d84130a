"""`INSERT … ON CONFLICT` on both databases.

Always run as `connection.execute(statement, [row, …])`: one statement with many VALUES is ten times slower on
SQLite, six times on PostgreSQL.
"""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def insert(connection: Connection, table: Table) -> Insert:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
