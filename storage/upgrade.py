"""Bringing a database to the schema that this program needs, and seeing that it is there."""

import os
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from configs.errors import StorageError
from configs.taxonomy import Taxonomy, load_taxonomy
from storage.database import lock, make_folder, reading, sqlite_file, writing
from storage.days import cut_days, zone
from storage.labels import write_labels
from storage.problems import NO_TABLES, place
from storage.sums import rebuild
from storage.views import are_made, drop_views, make_views, were_made

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, timezone: str = "Europe/Paris", taxonomy: Taxonomy | None = None) -> None:
    """Make or migrate every table and view; does nothing when they are up to date. Two at once: the second waits.

    Days are cut in `timezone`: where it is another than before, days and sums are made anew.

    Raises:
        StorageError: the database is newer than this program, or refuses.
        ConfigError: SQLite's folder can't be made.
    """
    check_not_ahead(engine)
    taxonomy = taxonomy or load_taxonomy()
    if _version(engine) == newest() and _is_furnished(engine, timezone, taxonomy):
        return
    make_folder(engine.url)
    with writing(engine) as connection:
        lock(connection, "upgrade")
        drop_views(connection)  # a table that a view reads can't be changed
        _migrate(connection, timezone)
        write_labels(connection, taxonomy)
        if cut_days(connection, timezone) or not were_made(connection):
            rebuild(connection)
        make_views(connection, taxonomy)


def _is_furnished(engine: Engine, timezone: str, taxonomy: Taxonomy) -> bool:
    with reading(engine) as connection:
        return zone(connection).key == timezone and are_made(connection, taxonomy)


def _migrate(connection: Connection, timezone: str) -> None:
    from alembic import command  # here, because it costs every other command a quarter of a second
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes |= {"connection": connection, "timezone": timezone}
    command.upgrade(config, "head")


def check_schema(engine: Engine) -> None:
    """See that the tables are those this program was written for.

    Raises:
        StorageError: there are none, or older or newer ones; says what to run.
    """
    check_not_ahead(engine)
    found = _version(engine)
    if found != newest():
        raise StorageError(
            NO_TABLES.what,
            place=place(engine.url),
            found=found or "no tables",
            accepted=newest(),
            fix=NO_TABLES.fix,
        )


def check_not_ahead(engine: Engine) -> None:
    """Refuse a database that a newer program has migrated.

    Raises:
        StorageError: its version is none that this program knows.
    """
    found = _version(engine)
    if found is not None and found not in known():
        raise StorageError(
            "the database was made by a newer program",
            place=place(engine.url),
            found=found,
            accepted=newest(),
            fix="update Ressenti on this machine",
        )


def known() -> list[str]:
    """Every schema version this program can start from, oldest first."""
    return sorted(file.name.split("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def newest() -> str:
    """The schema version this program needs."""
    return known()[-1]


def _version(engine: Engine) -> str | None:
    file = sqlite_file(engine.url)
    if file is not None and not os.access(file, os.F_OK):
        return None  # to open it would make it
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
