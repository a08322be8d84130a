"""`ressenti source`: describing a new feed, and seeing what would come of it."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Config

app = typer.Typer(no_args_is_help=True, help="Sources of feedback.", rich_markup_mode=None)


@app.command()
def draft(
    file: Annotated[
        Path, typer.Argument(help="CSV, TSV, XLSX, JSON, JSONL or Parquet file.", show_default=False)
    ],
) -> None:
    """Propose a description (YAML) for a new file, on standard output.

    Read it, mend what is marked, save it as configs/sources/NAME.yml, then `ressenti source check NAME`.
    """
    from flows.sources.draft import draft as draft_source

    typer.echo(draft_source(file), nl=False)


@app.command()
def check(
    name: Annotated[
        str, typer.Argument(help="Name of the source: its YAML file's name.", show_default=False)
    ],
    show: Annotated[int, typer.Option(min=0, help="Records to show.")] = 20,
    config: Config = None,
) -> None:
    """Show mapped, masked records of a source and what would be skipped or quarantined; writes nothing."""
    from flows.check import check_source, print_check

    print_check(check_source(config, name, show))


@app.command("list")
def list_sources(config: Config = None) -> None:
    """The configured sources."""
    from configs.settings import load_settings
    from flows.sources.registry import load_sources

    for source in load_sources(load_settings(config).sources_dir):
        typer.echo(f"{source.name}\t{source.kind}\t{source.channel}\t{source.place}")
