"""`ressenti db`: the schema of the configured database."""

from typing import Annotated

import typer

from flows.cli.options import Config

app = typer.Typer(
    no_args_is_help=True, help="The database: its schema, its roles, its files.", rich_markup_mode=None
)


@app.command()
def upgrade(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when all is well.")] = False,
    config: Config = None,
) -> None:
    """Create or migrate the tables and what BI reads; does nothing when they are up to date."""
    from configs.settings import load_settings
    from configs.taxonomy import load_taxonomy
    from storage.database import connect
    from storage.problems import place
    from storage.upgrade import newest
    from storage.upgrade import upgrade as upgrade_schema

    settings = load_settings(config)
    engine = connect(settings.database_url)
    upgrade_schema(engine, settings.timezone, load_taxonomy(settings.taxonomy))
    if not quiet:
        typer.echo(f"{place(engine.url)}: schema {newest()}")
    engine.dispose()


@app.command()
def roles(
    prefix: Annotated[
        str, typer.Option(help="How their names begin; they count for the whole server.")
    ] = "ressenti",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the SQL; run nothing.")] = False,
    config: Config = None,
) -> None:
    """Make PostgreSQL's roles: an owner for migrations, a writer for the nights, a reader for BI.

    Run it as a superuser, after `ressenti db upgrade`; run again, it mends. It takes the database for Ressenti's own.
    """
    from configs.settings import load_settings
    from storage.database import connect, writing
    from storage.roles import make, named, statements
    from storage.upgrade import check_schema

    engine = connect(load_settings(config).database_url)
    check_schema(engine)
    with writing(engine) as connection:
        names = named(connection, prefix)
        if dry_run:
            typer.echo(";\n".join(statements(connection, names)) + ";")
            return
        make(connection, names)
    typer.echo(
        f"{names.owner} migrates and compacts, {names.writer} runs the nights, {names.reader} reads the schema bi; "
        f"give each a password: \\password {names.writer} in psql"
    )
    engine.dispose()


@app.command()
def compact(config: Config = None) -> None:
    """Write the database's files anew, so that no byte of what was erased is left in them.

    On PostgreSQL the owner's role does it (VACUUM FULL); each table is locked meanwhile. Needs as much room again.
    """
    from flows.lifecycle.erasing import compact as compact_files
    from flows.workspace import open_database

    with open_database(config) as work:
        for name, seconds in compact_files(work):
            typer.echo(f"{name}\t{seconds:.1f} s")
