"""`ressenti run`: the nightly flow, now."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import Config, SourceNames

if TYPE_CHECKING:
    from storage.status import RunSummary


def run(
    source: SourceNames = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Rows to read at most of each source.", show_default=False)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; write nothing.")
    ] = False,
    config: Config = None,
) -> None:
    """Read what is new, tag it, open follow-ups, print a summary.

    Needs no Prefect server: one runs for the time of the run unless PREFECT_API_URL names yours.
    """
    from configs.errors import SourcesFailed

    if dry_run:
        from flows.dry_run import preview, print_preview

        found = preview(config, source or (), limit)
        print_preview(found)
        if found.failed:
            raise SourcesFailed(found.failed)
        return
    try:
        run_id = _with_server(source, limit, config)
    except SourcesFailed as error:
        if error.run_id is not None:
            _show(error.run_id, config)
        raise
    summary = _show(run_id, config)
    if summary.total("quarantined"):
        raise typer.Exit(3)


def _with_server(source: list[str] | None, limit: int | None, config: Path | None) -> str:
    """The flow's run id. What can be refused is refused while the server starts."""
    from flows.cli.serving import with_server

    def check() -> None:
        from flows.sources.registry import load_sources
        from flows.workspace import open_workspace

        with open_workspace(config) as work:
            load_sources(work.settings.sources_dir, source or ())

    def flow() -> str:
        from flows.nightly import nightly

        return nightly(sources=source, limit=limit, config=config)

    return with_server(config, check, flow)


def _show(run_id: str, config: Path | None) -> "RunSummary":
    from flows.progress import console
    from flows.summary import print_summary
    from flows.workspace import open_database
    from storage.database import reading
    from storage.problems import place
    from storage.status import run_summary

    with open_database(config) as work, reading(work.engine) as connection:
        summary = run_summary(connection, run_id)
        where = place(work.engine.url)
    out = console()
    print_summary(summary, out)
    out.print(
        f"\nLook next: `ressenti status`, `ressenti quarantine list`; "
        f"the tables feedback, tag and followup in {where}"
    )
    return summary
