"""`ressenti quarantine`: records that could not be accepted, kept whole and sealed."""

from typing import Annotated

import typer

from flows.cli.options import Config

app = typer.Typer(
    no_args_is_help=True, help="Records that could not be accepted, sealed.", rich_markup_mode=None
)


@app.command("list")
def list_records(
    source: Annotated[str | None, typer.Option(help="Only this source.", show_default=False)] = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason.", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="Replayed and discarded ones too.")] = False,
    config: Config = None,
) -> None:
    """Where each record stood and why it was refused; what it says stays sealed."""
    from flows.quarantine import listed
    from flows.workspace import open_database

    with open_database(config) as work:
        for line in listed(work, source, reason, every=every):
            typer.echo(line)


@app.command()
def show(
    number: Annotated[
        int, typer.Argument(help="Number of the record, from `quarantine list`.", show_default=False)
    ],
    config: Config = None,
) -> None:
    """Open one record: personal data may show on your terminal."""
    from flows.quarantine import opened
    from flows.workspace import open_database

    with open_database(config) as work:
        typer.echo(opened(work, number))


@app.command()
def replay(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(help="Numbers of records, from `quarantine list`.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every record that waits.")] = False,
    source: Annotated[
        str | None, typer.Option(help="With --all: only this source.", show_default=False)
    ] = None,
    mend: Annotated[
        list[str] | None,
        typer.Option("--set", help="Mend a column first: --set COLUMN=VALUE; repeat it.", show_default=False),
    ] = None,
    discard: Annotated[bool, typer.Option("--discard", help="Give the records up instead.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; write nothing.")
    ] = False,
    config: Config = None,
) -> None:
    """Take records in again, by their source's description as it is now.

    A record that is refused again stays, with the new reason shown. Accepted ones are scored by the next run.
    """
    from configs.errors import ConfigError
    from flows.quarantine import chosen, replay_records
    from flows.workspace import open_database

    if bool(numbers) == every:
        raise ConfigError("name records or say --all", accepted="ressenti quarantine replay 3 4, or --all")
    with open_database(config) as work:
        records = chosen(work, numbers or (), source)
        refused = 0
        for line, accepted in replay_records(work, records, mend or (), discard=discard, dry_run=dry_run):
            refused += not accepted
            typer.echo(line)
    if refused:
        raise typer.Exit(3)
