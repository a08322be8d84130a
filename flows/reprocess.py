"""The ad-hoc flow: choose feedback, say again what it carries, and tell what that would change of what is shown.

For a batch, what is shown changes for that batch alone; without one, for everything.
"""

import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from prefect import flow, runtime

from flows import difference
from flows.choosing import Choice, Plan, make_plan, unseen
from flows.difference import Difference, compare
from flows.publishing import register
from flows.report import as_markdown, report_file, save_report
from flows.scoring import score_and_tag
from flows.tagging import show
from flows.tasks import in_task, write_artifact, write_markdown
from flows.versions import person
from flows.workspace import Workspace, now, open_workspace, recorded

log = logging.getLogger("ressenti")
score_chunk = in_task(score_and_tag, "score and tag a chunk")
compare_chosen = in_task(compare, "compare with what is shown")
show_in_scope = in_task(show, "publish")
open_for_chosen = in_task(difference.open_follow_ups, "follow up")


@dataclass(frozen=True)
class Reprocessed:
    """What a run did: its id, for `storage.status.run_summary`, what it changes, and where that is written."""

    run_id: str
    difference: Difference
    file: Path
    shown: bool


@flow(name="reprocess", validate_parameters=True, persist_result=False)
def reprocess(
    batch: str | None = None,
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    language: str | None = None,
    where_tag: str | None = None,
    model: str | None = None,
    thresholds: Path | None = None,
    activate: bool = False,
    open_follow_ups: bool = False,
    report: Path | None = None,
    config: Path | None = None,
) -> Reprocessed:
    """Score and tag chosen feedback with a model version, beside what other versions said of it.

    Args:
        batch: only this survey batch.
        source: only this source.
        since: only feedback written (or found, if undated) from this day on.
        until: only feedback written before this day.
        language: only texts in this language, ISO 639-1.
        where_tag: only feedback that carries this tag now.
        model: folder or hub id of the model; the configured one if not given.
        thresholds: file of thresholds over the model's own; those of the settings if not given.
        activate: show the result: for `batch` alone if one is given, else for everything.
        open_follow_ups: open follow-ups for the new tags too.
        report: file for the difference report; one in `state/reports` if not given.
        config: settings file; `configs/ressenti.yml` if not given.

    Returns:
        The run's id, the difference and its file.

    Raises:
        ConfigError: nothing like that is stored, or readers would lose tags; nothing was written.
    """
    parameters = {key: str(value) for key, value in locals().items() if value is not None}
    choice = Choice(
        batch=batch, source=source, since=since, until=until, language=language, where_tag=where_tag
    )
    with open_workspace(config, model=model, thresholds=thresholds) as work:
        plan = make_plan(work, choice, activate=activate)
        log.info("%s", plan)
        with recorded(work, "reprocess", parameters, runtime.flow_run.id) as run_id:
            register(work)
            say_again(work, run_id, plan)
            found = compare_chosen(work, plan.selection)
            file = report or report_file(
                work.settings.state_dir, run_id, now().astimezone(work.settings.zone)
            )
            told = (f"Reprocess: {choice}", [f"run {run_id}", str(plan)])
            save_report(file, *told, found)
            if activate:
                by = f"run {run_id} of {person()}"
                show_in_scope(work, work.configured, choice.scope, by=by)
            if open_follow_ups:
                open_for_chosen(work, run_id, plan.selection)
            write_markdown(as_markdown(*told, found, texts=False), "reprocess-difference", "What it changes")
            write_artifact(work, run_id)
        return Reprocessed(run_id, found, file, activate)


def say_again(work: Workspace, run_id: str, plan: Plan) -> None:
    """Score and tag what the model has not seen, chunk by chunk; killed, a rerun goes on with what is left."""
    if plan.to_score:
        with work.progress.stage("scoring", plan.to_score) as stage:
            for texts in unseen(work, plan):
                score_chunk(work, run_id, texts, open_follow_ups=False)
                stage.advance(len(texts))
