"""Fixtures that every test may ask for."""

from tests.databases import (
    backend,
    database_url,
    empty_database_url,
    engine,
    engines,
    new_postgresql,
    postgresql_server,
    postgresql_template,
    shared_postgresql,
    shop_postgresql,
    sqlite_template,
)

__all__ = [
    "backend",
    "database_url",
    "empty_database_url",
    "engine",
    "engines",
    "new_postgresql",
    "postgresql_server",
    "postgresql_template",
    "shared_postgresql",
    "shop_postgresql",
    "sqlite_template",
]
