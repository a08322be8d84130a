from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from storage import schema
from storage.database import connect, reading


def test_every_table_and_column_says_what_it_means():
    silent = [
        f"{table.name}.{column.name}"
        for table in schema.metadata.tables.values()
        for column in table.columns
        if not (table.comment and column.comment)
    ]
    assert silent == []


def test_the_migrations_make_what_the_code_expects(engine):
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_partial_indexes_and_checks_are_the_same_too(engine, empty_database_url):
    """`compare_metadata` does not look at them."""
    by_code = connect(empty_database_url)
    schema.metadata.create_all(by_code)
    assert _indexes_and_checks(by_code) ^ _indexes_and_checks(engine) == set()
    by_code.dispose()


def _indexes_and_checks(engine):
    found = inspect(engine)
    facts = set()
    for table in schema.metadata.tables:
        things = (
            *found.get_indexes(table),
            *found.get_check_constraints(table),
            *found.get_unique_constraints(table),
            *found.get_foreign_keys(table),
            found.get_pk_constraint(table),
        )
        facts |= {f"{table}: {_plain(thing)}" for thing in things}
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
        facts |= {
            f"{name}: {option}"
            for name, sql in made
            for option in ("AUTOINCREMENT", "WITHOUT ROWID")
            if option in sql
        }
    return facts


def _plain(thing):
    if isinstance(thing, dict):
        return str(sorted((name, _plain(value)) for name, value in thing.items()))
    return " ".join(str(thing).split())
