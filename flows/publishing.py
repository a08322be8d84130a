"""publish: what readers are shown changes in one row, once everything behind it is there."""

import numpy as np

from flows.scoring import tagged
from flows.workspace import Workspace, now
from storage.database import reading, writing
from storage.notes import catch_up
from storage.predictions import write_tags
from storage.registry import DEFAULT, activate, active, register_model
from storage.scores import stored_scores


def settle_version(work: Workspace) -> None:
    """Register the configured model version; on an empty database it is active from the first record on."""
    with writing(work.engine) as connection:
        register_model(connection, work.version, now())
        if DEFAULT not in active(connection):
            shown = work.configured
            activate(connection, shown.model_version, shown.threshold_set, now(), by="first run")
    _mend_notes(work)


def _mend_notes(work: Workspace) -> None:
    """After a rollback the notes by which pending texts are found are stale; on an ordinary night there are none."""
    renamed = 1
    while renamed:
        with writing(work.engine) as connection:
            renamed = catch_up(connection)


def publish(work: Workspace, run_id: str, scope: str = DEFAULT) -> bool:
    """Show the configured model version and thresholds in `scope`, all at once; False if it does already.

    Tags by these thresholds are first derived from all stored scores: nothing is scored again.
    """
    configured = work.configured
    with reading(work.engine) as connection:
        if active(connection).get(scope) == configured:
            return False
    with work.stopwatch.time("publish"):
        derive_tags(work)
        with writing(work.engine) as connection:
            by = f"run {run_id}"
            return activate(
                connection, configured.model_version, configured.threshold_set, now(), by=by, scope=scope
            )


def derive_tags(work: Workspace) -> None:
    """Tags by the configured thresholds for every stored score of the configured model version."""
    after = 0
    while last := _derive_chunk(work, after):
        after = last


def _derive_chunk(work: Workspace, after: int) -> int | None:
    """One transaction; returns the last prediction's id, None when there are no more."""
    configured, labels = work.configured, work.version.labels
    with writing(work.engine) as connection:
        stored = stored_scores(connection, configured.model_version, work.settings.chunk_texts, after=after)
        if not stored:
            return None
        scores = np.array([[row.scores[label] for label in labels] for row in stored])
        tags = tagged(work.thresholds, scores)
        rows = [(row.prediction_id, of_one) for row, of_one in zip(stored, tags, strict=True)]
        write_tags(connection, configured.threshold_set, rows)
        return stored[-1].prediction_id
