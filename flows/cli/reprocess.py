"""`ressenti reprocess`: say again what chosen feedback carries, and what that changes."""

import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import Config

if TYPE_CHECKING:
    from flows.choosing import Choice
    from flows.reprocess import Reprocessed


def reprocess(
    batch: Annotated[str | None, typer.Option(help="Only this survey batch.", show_default=False)] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.", show_default=False)] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Only feedback written from this day on.", show_default=False
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only feedback written before this day.", show_default=False),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Only texts in this language, such as fr.", show_default=False)
    ] = None,
    where_tag: Annotated[
        str | None, typer.Option(help="Only feedback that carries this tag now.", show_default=False)
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Model folder or hub id; the configured one if not given.", show_default=False),
    ] = None,
    thresholds: Annotated[
        Path | None,
        typer.Option(help="File of thresholds over the model's own; nothing is scored.", show_default=False),
    ] = None,
    activate: Annotated[
        bool, typer.Option("--activate", help="Show the result: for the batch if one is given, else for all.")
    ] = False,
    open_follow_ups: Annotated[
        bool, typer.Option("--open-follow-ups", help="Open follow-ups for the new tags too.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="File for the report; one in state/reports if not given.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say how many and how long, and what changes if known; write nothing."
        ),
    ] = False,
    config: Config = None,
) -> None:
    """Score and tag chosen feedback anew, and report which tags, texts and follow-ups that changes.

    Old predictions stay beside the new ones. Killed, it goes on where it stopped when it is called again.
    """
    from flows.choosing import Choice

    choice = Choice(
        batch=batch,
        source=source,
        since=since and since.date(),
        until=until and until.date(),
        language=language,
        where_tag=where_tag,
    )
    # Relative to where the command is called; settings are relative to the project.
    model = str(Path(model).resolve()) if model and Path(model).is_dir() else model
    thresholds = thresholds and thresholds.resolve()
    if dry_run:
        _preview(choice, model, thresholds, activate, config)
        return
    done = _with_server(
        choice, model, thresholds, activate, open_follow_ups, report and report.resolve(), config
    )
    _show(done, choice)


def _preview(
    choice: "Choice", model: str | None, thresholds: Path | None, activate: bool, config: Path | None
) -> None:
    from flows.choosing import make_plan
    from flows.difference import compare
    from flows.progress import console
    from flows.report import print_difference
    from flows.workspace import open_workspace

    with open_workspace(config, model=model, thresholds=thresholds) as work:
        plan = make_plan(work, choice, activate=activate)
        typer.echo(plan)
        if plan.to_score < plan.chosen:
            print_difference(compare(work, plan.selection), console())
    typer.echo("Nothing was written.")


def _with_server(
    choice: "Choice",
    model: str | None,
    thresholds: Path | None,
    activate: bool,
    open_follow_ups: bool,
    report: Path | None,
    config: Path | None,
) -> "Reprocessed":
    from flows.cli.serving import with_server

    def check() -> None:
        from flows.choosing import check_choice
        from flows.workspace import open_workspace

        with open_workspace(config, model=model, thresholds=thresholds) as work:
            check_choice(work, choice, activate=activate)

    def flow() -> "Reprocessed":
        from flows.reprocess import reprocess as run

        done: Reprocessed = run(
            **vars(choice),
            model=model,
            thresholds=thresholds,
            activate=activate,
            open_follow_ups=open_follow_ups,
            report=report,
            config=config,
        )
        return done

    return with_server(config, check, flow)


def _show(done: "Reprocessed", choice: "Choice") -> None:
    from flows.progress import console
    from flows.report import print_difference

    out = console()
    print_difference(done.difference, out)
    shows = done.difference.before_and_after[1]
    scope = f" --batch {shlex.quote(choice.batch)}" if choice.batch else ""
    where = "" if choice.batch else " for everything"
    following = (
        f"To take it back: `ressenti versions rollback{scope}`"
        if done.shown
        else f"To show it{where}: `ressenti versions activate {shows.model_version} {shows.threshold_set}{scope}`"
    )
    out.print(f"\nReport: {done.file}\n{following}", markup=False)
