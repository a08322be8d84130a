"""`ressenti sample`: texts to label by hand."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Config, SourceNames


def sample(
    count: Annotated[int, typer.Option("--n", min=1, max=100_000, help="Texts in the sheet.")] = 200,
    source: SourceNames = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other texts.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="CSV file to write; standard output if not given.", show_default=False),
    ] = None,
    config: Config = None,
) -> None:
    """Write a labelling sheet (CSV): texts near a threshold, texts with rare tags, and texts at random.

    Fill in the column `labels` with ids parted by blanks, then `ressenti model evaluate --data FILE.csv`. Texts are
    masked; no cell opens as a formula.
    """
    import sys

    from flows.sampling import save_sheet, write_sheet
    from flows.workspace import open_database

    with open_database(config) as work:
        if out is None:
            write_sheet(work, count, seed, source or (), sys.stdout)
        else:
            written = save_sheet(work, count, seed, source or (), out)
            typer.echo(f"{written:,} texts written to {out}", err=True)
