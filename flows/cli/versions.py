"""`ressenti versions`: model versions and threshold sets, which of them are shown, and going back."""

from typing import Annotated

import typer

from flows.cli.options import Config

app = typer.Typer(
    no_args_is_help=True, help="Model versions and thresholds: which are shown.", rich_markup_mode=None
)
Batch = Annotated[
    str | None,
    typer.Option("--batch", help="For this batch alone; for everything if not given.", show_default=False),
]


@app.command("list")
def list_versions(config: Config = None) -> None:
    """Every version with its figures, what shows it, and who activated what when."""
    from flows.progress import console
    from flows.versions import print_registry, registry
    from flows.workspace import open_database

    with open_database(config) as work:
        print_registry(registry(work), console())


@app.command()
def activate(
    model: Annotated[
        str, typer.Argument(help="Model version, or how it begins, from `versions list`.", show_default=False)
    ],
    thresholds: Annotated[
        str | None,
        typer.Argument(help="Threshold set, needed where the model has several.", show_default=False),
    ] = None,
    batch: Batch = None,
    config: Config = None,
) -> None:
    """Show another version, all at once; tags are derived from stored scores, nothing is scored."""
    from flows.versions import activate_version
    from flows.workspace import open_database

    with open_database(config) as work:
        typer.echo(activate_version(work, model, thresholds, batch))


@app.command()
def rollback(batch: Batch = None, config: Config = None) -> None:
    """Show what was shown before the last activation; a second time takes the rollback back."""
    from flows.versions import roll_back_version
    from flows.workspace import open_database

    with open_database(config) as work:
        typer.echo(roll_back_version(work, batch))


@app.command()
def withdraw(
    batch: Annotated[str, typer.Argument(help="Batch that has a version of its own.", show_default=False)],
    config: Config = None,
) -> None:
    """Let a batch show what everything else shows."""
    from flows.versions import withdraw_version
    from flows.workspace import open_database

    with open_database(config) as work:
        typer.echo(withdraw_version(work, batch))
