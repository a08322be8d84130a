"""publish: what readers are shown changes in one row, once everything behind it is there."""

from flows.tagging import show, tag_moved
from flows.workspace import Workspace, now
from storage.database import reading, writing
from storage.labels import write_labels
from storage.notes import catch_up
from storage.registry import DEFAULT, activate, active, asked_anew, register_model


def settle_version(work: Workspace, run_id: str) -> None:
    """Register what the settings ask for; on an empty database it is active from the first record on.

    Other thresholds of the model that is shown are shown at once: no text has to be scored for them.
    """
    register(work)
    with writing(work.engine) as connection:
        configured = work.configured
        if DEFAULT not in active(connection):
            shown = configured.model_version, configured.threshold_set
            activate(connection, *shown, now(), by="first run", by_settings=True)
        only_thresholds = active(connection)[DEFAULT].model_version == configured.model_version
    if only_thresholds:
        publish(work, run_id)
    _mend_notes(work)


def register(work: Workspace) -> None:
    """Write down the configured model version, its threshold set and the labels, if they are not yet."""
    with writing(work.engine) as connection:
        register_model(connection, work.version, now())
        write_labels(connection, work.taxonomy)


def _mend_notes(work: Workspace) -> None:
    """After a rollback the notes by which pending texts are found are stale; on an ordinary night there are none."""
    renamed = 1
    while renamed:
        with writing(work.engine) as connection:
            renamed = catch_up(connection)


def publish(work: Workspace, run_id: str) -> bool:
    """Show what the settings ask for, all at once; False if that is shown, or a person has decided otherwise."""
    tag_moved(work)
    with reading(work.engine) as connection:
        if not asked_anew(connection, work.configured):
            return False
    with work.stopwatch.time("publish"):
        return show(work, work.configured, DEFAULT, by=f"run {run_id}", by_settings=True)
