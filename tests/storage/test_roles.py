"""S9: the reader's role can't write, the writer's can't drop; on a PostgreSQL database of the test's own."""

import pytest
from sqlalchemy import create_engine, make_url, text

from configs.errors import ConfigError, StorageError
from storage.database import connect, reading, writing
from storage.roles import make, named, statements
from storage.schema import metadata

from .world import add_model, add_run, add_source, item, predict, scored, store, waiting

PREFIX = "s9"
TABLES = sorted(metadata.tables)
CHANGES = (
    "INSERT INTO {} DEFAULT VALUES",
    "DELETE FROM {}",
    "TRUNCATE {} CASCADE",
    "DROP TABLE {} CASCADE",
    "ALTER TABLE {} ADD COLUMN mine int",
    "CREATE INDEX mine ON {} ((1))",
)


@pytest.fixture(scope="module")
def owned(new_postgresql, postgresql_template):
    """URL of a database with roles, and of each role."""
    url = make_url(new_postgresql(postgresql_template))
    engine = connect(url.render_as_string(False))
    with writing(engine) as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS bi"))
        connection.execute(text("CREATE VIEW bi.of_the_test AS SELECT id, day FROM feedback"))
        make(connection, named(connection, PREFIX))
    engine.dispose()
    return lambda role: url.set(username=f"{PREFIX}_{role}").render_as_string(False)


@pytest.fixture
def as_role(owned):
    """An engine that is logged in as a role."""
    opened = []

    def engine_of(role):
        opened.append(connect(owned(role)))
        return opened[-1]

    yield engine_of
    for engine in opened:
        engine.dispose()


def _refused(engine, statement):
    with pytest.raises(StorageError) as caught, writing(engine) as connection:
        connection.execute(text(statement))
    said = str(caught.value)
    return "may not do this" in said or "read-only" in said


@pytest.mark.parametrize("table", [*TABLES, "alembic_version"])
def test_the_reader_can_neither_read_nor_change_a_table(as_role, table):
    reader = as_role("reader")
    for change in ("SELECT * FROM {}", "UPDATE {} SET ctid = ctid", *CHANGES):
        assert _refused(reader, change.format(f"public.{table}")), change


@pytest.mark.parametrize("table", [*TABLES, "alembic_version"])
def test_the_writer_can_neither_drop_nor_alter_a_table(as_role, table):
    writer = as_role("writer")
    for change in CHANGES[2:]:
        assert _refused(writer, change.format(table)), change


def test_the_reader_reads_every_view_of_bi_and_can_change_none(as_role):
    reader = as_role("reader")
    with reading(reader) as connection:
        views = (
            connection.execute(text("SELECT viewname FROM pg_views WHERE schemaname = 'bi'")).scalars().all()
        )
        for view in views:
            connection.execute(text(f"SELECT * FROM {view} LIMIT 1"))  # its search path is bi
    assert "of_the_test" in views
    for view in views:
        for change in ("DROP VIEW {}", "CREATE OR REPLACE VIEW {} AS SELECT 1"):
            assert _refused(reader, change.format(f"bi.{view}")), (view, change)
    assert _refused(reader, "DELETE FROM bi.of_the_test")  # the only one that PostgreSQL could write through


def test_the_reader_can_make_nothing_even_where_it_lifts_its_own_guard(as_role):
    reader = as_role("reader")
    for statement in (
        "CREATE TABLE bi.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
    ):
        assert _refused(reader, f"SET TRANSACTION READ WRITE; {statement}"), statement


def test_the_writer_does_a_night_but_can_not_change_the_schema_s_version(as_role):
    writer = as_role("writer")
    add_model(writer)
    run, source = add_run(writer), add_source(writer)
    store(writer, source, run, item("1", "Jamais remboursé"))
    assert predict(writer, run, *(scored(one, "anger") for one in waiting(writer))) == 1
    with reading(writer) as connection:
        assert connection.execute(text("SELECT count(*) FROM bi.of_the_test")).scalar() == 1
    assert _refused(writer, "UPDATE alembic_version SET version_num = '0001'")


def test_tables_and_views_that_the_owner_makes_later_are_covered_too(as_role):
    owner, writer, reader = as_role("owner"), as_role("writer"), as_role("reader")
    with writing(owner) as connection:
        connection.execute(text("CREATE TABLE later (id bigserial PRIMARY KEY, a int)"))
        connection.execute(text("CREATE VIEW bi.later AS SELECT a FROM public.later"))
    with writing(writer) as connection:
        connection.execute(text("INSERT INTO later (a) VALUES (7)"))
    with reading(reader) as connection:
        assert connection.execute(text("SELECT a FROM bi.later")).scalar() == 7
    assert _refused(writer, "DROP TABLE later")
    assert _refused(reader, "SELECT * FROM public.later")


def test_made_again_the_roles_stay_and_nothing_fails(new_postgresql, postgresql_template):
    engine = connect(new_postgresql(postgresql_template))
    for _ in range(2):
        with writing(engine) as connection:
            make(connection, named(connection, PREFIX))
    with reading(engine) as connection:
        assert not [
            line
            for line in statements(connection, named(connection, PREFIX))
            if line.startswith("CREATE ROLE")
        ]
    engine.dispose()


def test_others_may_not_even_connect(new_postgresql, postgresql_template):
    url = make_url(new_postgresql(postgresql_template))
    engine = connect(url.render_as_string(False))
    with writing(engine) as connection:
        make(connection, named(connection, PREFIX))
    engine.dispose()
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS stranger"))
        connection.execute(text("CREATE ROLE stranger LOGIN"))
    admin.dispose()
    stranger = connect(url.set(username="stranger").render_as_string(False))
    with pytest.raises(StorageError), reading(stranger) as connection:
        connection.execute(text("SELECT 1"))
    stranger.dispose()


def test_sqlite_has_no_roles():
    engine = connect("sqlite://")
    with reading(engine) as connection, pytest.raises(ConfigError, match="rights of its folder"):
        named(connection, PREFIX)
    engine.dispose()
