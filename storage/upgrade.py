"""Bringing a database to the schema that this program needs, and seeing that it is there."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from configs.errors import StorageError
from storage.database import lock, reading, writing
from storage.problems import NO_TABLES, place

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Make or migrate every table; does nothing when they are up to date. Two at once: the second waits.

    Raises:
        StorageError: the database is newer than this program, or refuses.
    """
    from alembic import command  # here, because it costs every other command a quarter of a second
    from alembic.config import Config

    if _version(engine) == newest():
        return
    check_not_ahead(engine)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        lock(connection, "upgrade")
        config.attributes["connection"] = connection
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
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
