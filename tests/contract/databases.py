"""The contract's records in a table of a real database, SQLite or PostgreSQL, and a source that queries it."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, text

from flows.sources.registry import parse_source, reader

POSTGRESQL = "CONTRACT_POSTGRESQL_URL"  # set by a fixture: one server for the session
FIRST = datetime(2025, 3, 1, tzinfo=UTC)


def fill(url: str, columns: list[str], records: list[dict], when=None) -> None:
    """Write the table `feed` anew, its rows in the order of their last change: one a minute, or as `when` says."""
    names = [*columns, "changed"]
    kind = "TIMESTAMP WITH TIME ZONE" if url.startswith("postgresql") else "TEXT"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS feed"))
        told = ", ".join(f'"{name}" TEXT' for name in columns)
        connection.execute(text(f"CREATE TABLE feed ({told}, changed {kind})"))
        for number, record in enumerate(records):
            at = when[number] if when else FIRST + timedelta(minutes=number)
            row = {f"p{place}": record.get(name) for place, name in enumerate(columns)}
            row[f"p{len(columns)}"] = at if kind != "TEXT" else at.isoformat(" ")
            places = ", ".join(f":p{place}" for place in range(len(names)))
            connection.execute(text(f"INSERT INTO feed VALUES ({places})"), row)
    engine.dispose()


def sqlite_url(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'shop.db'}"


def postgresql_url(folder: Path) -> str:
    return os.environ[POSTGRESQL]


def database(url_of, mapping, columns_of):
    def serve(folder: Path, records, **told):
        url = url_of(folder)
        columns = columns_of(records)
        fill(url, columns, records)
        os.environ["CONTRACT_DATABASE_URL"] = url
        own = {
            "kind": "sql",
            "database": {"env": "CONTRACT_DATABASE_URL"},
            "query": "SELECT * FROM feed WHERE changed >= :since",
            "since": {"column": "changed", "start": date(2020, 1, 1)},
        }
        return reader(parse_source(own | mapping | told, "feed.yml", "feed"), folder)

    return serve


def unreachable(folder: Path) -> None:
    """Point the source to where no database is."""
    url = os.environ["CONTRACT_DATABASE_URL"]
    nowhere = {"sqlite": f"sqlite:///{folder}/gone.db", "postgr": "postgresql+psycopg://u@127.0.0.1:9/none"}
    os.environ["CONTRACT_DATABASE_URL"] = nowhere[url[:6]]
