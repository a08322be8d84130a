"""PostgreSQL roles: an owner who migrates, a writer for the nights, a reader for BI who sees the schema `bi` only."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from configs.errors import ConfigError

CHANGES = "SELECT, INSERT, UPDATE, DELETE"
RELATIONS = """
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'bi') AND c.relkind IN ('r', 'p', 'v', 'm')
ORDER BY 1
"""


@dataclass(frozen=True)
class Roles:
    """The names of the three roles, quoted; they count for the whole server."""

    owner: str
    writer: str
    reader: str


def named(connection: Connection, prefix: str) -> Roles:
    """`PREFIX_owner`, `PREFIX_writer`, `PREFIX_reader`.

    Raises:
        ConfigError: the database is SQLite, which has no roles.
    """
    if connection.dialect.name != "postgresql":
        raise ConfigError(
            "SQLite has no roles", accepted="PostgreSQL", fix="protect the file by the rights of its folder"
        )
    quote = connection.dialect.identifier_preparer.quote
    return Roles(*(quote(f"{prefix}_{role}") for role in ("owner", "writer", "reader")))


def make(connection: Connection, roles: Roles) -> None:
    """Run the statements, all or none."""
    for statement in statements(connection, roles):
        connection.execute(text(statement))


def statements(connection: Connection, roles: Roles) -> list[str]:
    """What makes the roles and gives them this database, which is taken to be Ressenti's own; run again, it mends.

    Roles may log in but have no password yet. The reader could write nothing even without the last lines, which
    make its tools say so at once.
    """
    database = connection.execute(text("SELECT quote_ident(current_database())")).scalar_one()
    return [
        *_new_roles(connection, roles),
        f"GRANT {roles.owner} TO CURRENT_USER",
        f"ALTER DATABASE {database} OWNER TO {roles.owner}",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {roles.writer}, {roles.reader}",
        f"GRANT TEMPORARY ON DATABASE {database} TO {roles.writer}",
        *_schemas(roles),
        *(
            f"ALTER TABLE {name} OWNER TO {roles.owner}"
            for name in connection.execute(text(RELATIONS)).scalars()
        ),
        *_grants(roles),
        *_later_tables(roles),
        f"ALTER ROLE {roles.reader} IN DATABASE {database} SET default_transaction_read_only = on",
        f"ALTER ROLE {roles.reader} IN DATABASE {database} SET search_path = bi",
        f"ALTER ROLE {roles.reader} IN DATABASE {database} SET timezone = 'UTC'",
    ]


def _new_roles(connection: Connection, roles: Roles) -> list[str]:
    known = set(connection.execute(text("SELECT quote_ident(rolname) FROM pg_roles")).scalars())
    wanted = (roles.owner, roles.writer, roles.reader)
    return [f"CREATE ROLE {name} LOGIN" for name in wanted if name not in known]


def _schemas(roles: Roles) -> list[str]:
    return [
        "CREATE SCHEMA IF NOT EXISTS bi",
        f"ALTER SCHEMA public OWNER TO {roles.owner}",
        f"ALTER SCHEMA bi OWNER TO {roles.owner}",
        "REVOKE ALL ON SCHEMA public, bi FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public, bi TO {roles.writer}",
        f"GRANT USAGE ON SCHEMA bi TO {roles.reader}",
    ]


def _grants(roles: Roles) -> list[str]:
    return [
        f"GRANT {CHANGES} ON ALL TABLES IN SCHEMA public TO {roles.writer}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {roles.writer}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {roles.writer}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA bi TO {roles.writer}, {roles.reader}",
    ]


def _later_tables(roles: Roles) -> list[str]:
    made = f"ALTER DEFAULT PRIVILEGES FOR ROLE {roles.owner} IN SCHEMA"
    return [
        f"{made} public GRANT {CHANGES} ON TABLES TO {roles.writer}",
        f"{made} public GRANT USAGE ON SEQUENCES TO {roles.writer}",
        f"{made} bi GRANT SELECT ON TABLES TO {roles.writer}, {roles.reader}",
    ]
