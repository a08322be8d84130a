"""What BI reads: views with a contract, in the schema `bi` on PostgreSQL and called `bi_…` on SQLite.

They are no migrations: `ressenti db upgrade` makes all of them anew when what they say has changed, with the program
or with the taxonomy, which has a column in the wide view for each label.
"""

import hashlib
from datetime import UTC, datetime

from psycopg.sql import quote
from sqlalchemy import Connection, inspect, select, text, update

from configs.taxonomy import Taxonomy
from storage import schema
from storage.views import dimensions, rows, sums, work
from storage.views.base import PREFIX, SCHEMA, Column, Dialect, View
from storage.views.contract import VERSION

__all__ = [
    "PREFIX",
    "SCHEMA",
    "Column",
    "Dialect",
    "View",
    "all_views",
    "are_made",
    "drop_views",
    "make_views",
]

EFFECT = "correction_effect"  # what several views read, and no part of the contract


def all_views(taxonomy: Taxonomy) -> tuple[View, ...]:
    """Every view of the contract; one that reads another comes after it."""
    return (
        *dimensions.VIEWS,
        rows.feedback_view(taxonomy),
        rows.TAGS_VIEW,
        *sums.VIEWS,
        *work.VIEWS,
    )


def are_made(connection: Connection, taxonomy: Taxonomy) -> bool:
    """Whether the database has the views as they are defined now."""
    digest: str = connection.execute(select(schema.contract.c.digest)).scalar_one()
    return digest == _digest(connection, taxonomy)


def were_made(connection: Connection) -> bool:
    """Whether views were ever made here; where not, what they sum up was stored before there were sums."""
    return connection.execute(select(schema.contract.c.digest)).scalar_one() is not None


def make_views(connection: Connection, taxonomy: Taxonomy) -> None:
    """Make every view; none of them may be there."""
    dialect = Dialect(connection.dialect.name)
    if dialect.name == "postgresql":
        _execute(connection, f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for statement in _statements(dialect, taxonomy):
        _execute(connection, statement)
    made = {"version": VERSION, "digest": _digest(connection, taxonomy), "made_at": datetime.now(UTC)}
    connection.execute(update(schema.contract), made)


def drop_views(connection: Connection) -> None:
    """Take every view of BI away, whatever made it; the tables below may then be changed."""
    if connection.dialect.name == "sqlite":
        names = [name for name in inspect(connection).get_view_names() if name.startswith(PREFIX)]
    else:
        names = [f'{SCHEMA}."{name}"' for name in inspect(connection).get_view_names(SCHEMA)]
    if names and connection.dialect.name == "postgresql":
        _execute(connection, f"DROP VIEW {', '.join(names)}")
    elif names:
        for name in names:
            _execute(connection, f"DROP VIEW {name}")
    _execute(connection, f"DROP VIEW IF EXISTS {EFFECT}")


def _digest(connection: Connection, taxonomy: Taxonomy) -> str:
    statements = _statements(Dialect(connection.dialect.name), taxonomy)
    return hashlib.sha256("\n".join([VERSION, *statements]).encode()).hexdigest()[:12]


def _statements(dialect: Dialect, taxonomy: Taxonomy) -> list[str]:
    made = [f"CREATE VIEW {EFFECT} AS {sums.CORRECTION_EFFECT}"]
    for view in all_views(taxonomy):
        name = dialect.view(view.name)
        made.append(f"CREATE VIEW {name} AS {view.select(dialect, taxonomy)}")
        if dialect.name == "postgresql":
            made.append(f"COMMENT ON VIEW {name} IS {quote(view.meaning)}")
            made += [
                f'COMMENT ON COLUMN {name}."{column.name}" IS {quote(described(column))}'
                for column in view.columns
            ]
    return made


def described(column: Column) -> str:
    """A column's meaning with its unit and source, as the database's own comment."""
    unit = f" ({column.unit})" if column.unit else ""
    return f"{column.meaning}{unit}. From: {column.source}."


def _execute(connection: Connection, statement: str) -> None:
    """As it stands: a colon or a percent sign in it names no parameter."""
    connection.execute(text(statement.replace(":", "\\:")))
