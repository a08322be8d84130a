"""The ad-hoc flow: choose feedback, score and tag it with the configured model, and show that if asked to.

For a batch, what is shown changes for that batch alone; without one, for everything.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

from prefect import flow, runtime

from configs.errors import ConfigError
from flows.publishing import publish
from flows.scoring import by_tokens, score_and_tag
from flows.tasks import in_task, write_artifact
from flows.workspace import Workspace, now, open_workspace, recorded
from storage.database import reading, writing
from storage.reader import Selection, batches, count_revisions, select_revisions
from storage.registry import DEFAULT, batch_scope, register_model
from storage.status import source_ids

score_chunk = in_task(score_and_tag, "score and tag a chunk")
publish_scope = in_task(publish, "publish")


@flow(name="reprocess", validate_parameters=True)
def reprocess(
    batch: str | None = None,
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    language: str | None = None,
    where_tag: str | None = None,
    model: str | None = None,
    activate: bool = False,
    open_follow_ups: bool = False,
    config: Path | None = None,
) -> str:
    """Score and tag chosen feedback with a model version, beside what other versions said of it.

    Args:
        batch: only this survey batch.
        source: only this source.
        since: only feedback written (or found, if undated) from this day on.
        until: only feedback written before this day.
        language: only texts in this language, ISO 639-1.
        where_tag: only feedback that carries this tag now.
        model: folder or hub id of the model; the configured one if not given.
        activate: show the result: for `batch` alone if one is given, else for everything.
        open_follow_ups: open follow-ups for the new tags too.
        config: settings file; `configs/ressenti.yml` if not given.

    Returns:
        The run's id, for `storage.status.run_summary`.

    Raises:
        ConfigError: nothing like that is stored; nothing was written.
    """
    parameters = {key: str(value) for key, value in locals().items() if value is not None}
    with open_workspace(config, model=model) as work:
        chosen = choose(work, batch, source, since, until, language, where_tag)
        with recorded(work, "reprocess", parameters, runtime.flow_run.id) as run_id:
            with writing(work.engine) as connection:
                register_model(connection, work.version, now())
            score_chosen(work, run_id, chosen, open_follow_ups=open_follow_ups)
            if activate:
                publish_scope(work, run_id, batch_scope(batch) if batch else DEFAULT)
            write_artifact(work, run_id)
        return run_id


def choose(
    work: Workspace,
    batch: str | None,
    source: str | None,
    since: date | None,
    until: date | None,
    language: str | None,
    where_tag: str | None,
) -> Selection:
    """What the parameters ask for, of what the configured model version has not said yet.

    Raises:
        ConfigError: an unknown batch, source or label.
    """
    with reading(work.engine) as connection:
        known_sources = source_ids(connection)
        _known("batch", batch, batches(connection))
        _known("source", source, list(known_sources))
    _known("where_tag", where_tag, work.taxonomy.ids)
    return Selection(
        batch=batch,
        sources=(known_sources[source],) if source else (),
        since=_midnight(work, since),
        until=_midnight(work, until),
        language=language,
        tag=where_tag,
        lacking=work.configured.model_version,
    )


def score_chosen(work: Workspace, run_id: str, chosen: Selection, *, open_follow_ups: bool) -> None:
    """Score and tag what `chosen` takes, chunk by chunk; killed, a rerun goes on with what is left."""
    with reading(work.engine) as connection:
        total = count_revisions(connection, chosen)
    after = 0
    with work.progress.stage("scoring", total) as stage:
        while True:
            with reading(work.engine) as connection:
                texts = select_revisions(connection, chosen, work.settings.chunk_texts, after=after)
            if not texts:
                return
            after = texts[-1].revision_id
            for chunk in by_tokens(work, texts):
                score_chunk(work, run_id, chunk, open_follow_ups=open_follow_ups)
                stage.advance(len(chunk))


def _known(name: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise ConfigError(
            f"no such {name}", place=f"--{name}", found=value, accepted=known or "none is stored yet"
        )


def _midnight(work: Workspace, day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), work.settings.zone)
