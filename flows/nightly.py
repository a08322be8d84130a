"""The nightly flow: read, clean, store, score, tag, follow up, publish. All logic is in plain functions."""

from collections.abc import Sequence
from pathlib import Path

from prefect import flow, runtime

from configs.errors import ConfigError, RessentiError, SourcesFailed, SourceUnavailable
from flows.lifecycle.retention import expire
from flows.publishing import publish, settle_version
from flows.reading import Source, clean_and_store, open_sources, read
from flows.scoring import count_waiting, score_and_tag, scorers, waiting
from flows.tasks import in_task, write_artifact
from flows.workspace import Workspace, open_workspace, recorded

store_chunk = in_task(clean_and_store, "clean and store a chunk")
score_chunk = in_task(score_and_tag, "score, tag and follow up a chunk")
publish_run = in_task(publish, "publish")
expire_old = in_task(expire, "retention")


@flow(name="nightly", validate_parameters=True)
def nightly(sources: list[str] | None = None, limit: int | None = None, config: Path | None = None) -> str:
    """Take in what is new, say what each text carries, open what follows from it.

    Args:
        sources: names of the sources to read; all of them if not given.
        limit: rows to read at most of each source.
        config: settings file; `configs/ressenti.yml` if not given.

    Returns:
        The run's id, for `storage.status.run_summary`.

    Raises:
        ConfigError: a setting, the key or the model is wrong; nothing was written.
        SourcesFailed: some sources could not be read; all others are done.
    """
    with open_workspace(config) as work:
        ready, failed = open_sources(work, sources or ())
        parameters = {"sources": sources, "limit": limit}
        with recorded(work, "nightly", parameters, runtime.flow_run.id) as run_id:
            settle_version(work, run_id)
            failed |= take_in(work, run_id, ready, limit)
            tell(work, run_id)
            publish_run(work, run_id)
            if work.settings.retention_nightly:
                expire_old(work, by=f"run {run_id}")
            write_artifact(work, run_id)
            if failed:
                raise SourcesFailed(failed, run_id)
        return run_id


def take_in(
    work: Workspace, run_id: str, sources: Sequence[Source], limit: int | None
) -> dict[str, RessentiError]:
    """Read, clean and store what is new; returns the sources that failed on the way, with the reason."""
    failed: dict[str, RessentiError] = {}
    for source in sources:
        with work.progress.stage(f"reading {source.name}") as stage:
            try:
                for chunk in work.stopwatch.each("read", read(work, source, limit)):
                    store_chunk(work, run_id, chunk)
                    stage.advance(len(chunk.items))
            except (ConfigError, SourceUnavailable) as error:
                failed[source.name] = error
    return failed


def tell(work: Workspace, run_id: str) -> None:
    """Score and tag what waits, and open follow-ups."""
    for scorer in scorers(work):
        total = count_waiting(scorer)
        if total:
            with work.progress.stage("scoring", total) as stage:
                for texts in waiting(scorer):
                    score_chunk(scorer, run_id, texts)
                    stage.advance(len(texts))
