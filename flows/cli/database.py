"""`ressenti db`: the schema of the configured database."""

from typing import Annotated

import typer

from flows.cli.options import Config

app = typer.Typer(no_args_is_help=True, help="The database's schema.", rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keeps `upgrade` a sub-command while it is the only one."""


@app.command()
def upgrade(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when all is well.")] = False,
    config: Config = None,
) -> None:
    """Create or migrate the tables; does nothing when they are up to date."""
    from configs.settings import load_settings
    from storage.database import connect
    from storage.problems import place
    from storage.upgrade import newest
    from storage.upgrade import upgrade as upgrade_schema

    engine = connect(load_settings(config).database_url)
    upgrade_schema(engine)
    if not quiet:
        typer.echo(f"{place(engine.url)}: schema {newest()}")
    engine.dispose()
