"""`ressenti corrections`: what people say of tags."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Config

app = typer.Typer(
    no_args_is_help=True, help="What people say of tags, which wins over models.", rich_markup_mode=None
)


@app.command("import")
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV (or TSV, XLSX, JSONL, Parquet): source, external_id, label, present; perhaps author, at, note. "
            "Or a filled sheet of `ressenti sample`.",
            show_default=False,
        ),
    ],
    author: Annotated[
        str | None, typer.Option(help="Who said it, where the file does not.", show_default=False)
    ] = None,
    config: Config = None,
) -> None:
    """Take in corrections, the whole file or nothing of it; the same file again adds nothing."""
    from flows.corrections.importing import import_corrections
    from flows.workspace import open_database

    with open_database(config) as work:
        done = import_corrections(work, file, author)
    typer.echo(f"{done.read:,} rows read, {done.written:,} corrections written")


@app.command("list")
def list_all(config: Config = None) -> None:
    """A line a correction: who said what, and whether it counts now."""
    from flows.corrections.telling import listed
    from flows.workspace import open_database

    with open_database(config) as work:
        for line in listed(work):
            typer.echo(line)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="JSONL file to write.", show_default=False)],
    config: Config = None,
) -> None:
    """Write every text that people judged as training data: masked text, labels, what was judged."""
    from flows.corrections.telling import export_corrections
    from flows.workspace import open_database

    with open_database(config) as work:
        typer.echo(f"{export_corrections(work, file):,} texts written to {file}")


@app.command()
def agreement(config: Config = None) -> None:
    """How often each model version says of a label what people say of it."""
    from flows.corrections.telling import figures, print_agreement
    from flows.progress import console
    from flows.workspace import open_database

    with open_database(config) as work:
        print_agreement(figures(work), console())
