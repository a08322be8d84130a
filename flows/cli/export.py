"""`ressenti export`: the views of BI as files."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Config


class Format(StrEnum):
    """How the files are written."""

    parquet = "parquet"
    csv = "csv"


def export(
    out: Annotated[Path, typer.Option(help="Folder of the files.", show_default=False)],
    view: Annotated[
        list[str] | None,
        typer.Option(
            help="A view of BI; repeat it for several; tags and feedback if not given.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="Of the files.")] = Format.parquet,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="First day that the files are to hold; all if not given.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")
    ] = False,
    config: Config = None,
) -> None:
    """Write views of BI as Parquet, a file a day, or as CSV that is safe to open in a spreadsheet.

    Only days that changed since the last export into this folder are written; what was erased goes. Killed, it leaves
    the old files or the new ones.
    """
    from flows.exports.exporting import export as export_views
    from flows.workspace import open_database

    first = since.date() if since else None
    with open_database(config) as work:
        for done in export_views(work, out, view or (), format=format.value, since=first, dry_run=dry_run):
            days = f"written {done.written:,}, unchanged {done.unchanged:,}, removed {done.removed:,}"
            typer.echo(f"{done.view}\t{done.rows:,} rows\tdays {'that would be ' if dry_run else ''}{days}")
