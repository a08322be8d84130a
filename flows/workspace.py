"""What a run works with, opened and checked before anything is written."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine

from configs.errors import ConfigError, RessentiError
from configs.settings import Settings, load_settings, located, portable
from configs.taxonomy import Taxonomy, load_taxonomy
from flows.followup.policy import Policy, load_policy
from flows.progress import Progress, Stopwatch
from nlp.identity import Identity, identify
from nlp.intake import INTAKE_VERSION
from nlp.language import Detector
from nlp.model import Model, load
from nlp.thresholds import Thresholds, changed
from storage.database import connect, reading, writing
from storage.keys import Keys
from storage.registry import Active, ModelVersion, thresholds_of
from storage.runs import add_stage, end_run, start_run
from storage.upgrade import check_schema


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Workspace:
    """Settings, database and keys; what else a run needs is opened when first asked for, and once."""

    settings: Settings
    engine: Engine
    keys: Keys
    progress: Progress = field(default_factory=Progress)
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The labels."""
        return load_taxonomy(self.settings.taxonomy)

    @cached_property
    def policy(self) -> Policy:
        """Which tags open a follow-up."""
        return load_policy(self.settings.followup, self.taxonomy.ids)

    @cached_property
    def _identity(self) -> Identity:
        return identify(self.settings.model, label_map=self.settings.label_map, engine=self.settings.engine)

    @cached_property
    def version(self) -> ModelVersion:
        """The configured model as it is registered: from its manifest, its weights stay on disk."""
        return _registered(self._identity, self.thresholds, self.taxonomy, self.settings.model)

    @cached_property
    def thresholds(self) -> Thresholds:
        """The configured threshold set: the model's own, as far as the setting `thresholds` changes nothing."""
        return settled(self.settings, self._identity.thresholds)

    def cuts(self, threshold_set: str) -> Thresholds:
        """A registered threshold set of the configured model, by its id."""
        if threshold_set == self.version.threshold_set:
            return self.thresholds
        with reading(self.engine) as connection:
            cuts = thresholds_of(connection, threshold_set)
        return Thresholds.model_validate({"cuts": cuts}).ordered(self.version.labels)

    def with_model(self, place: str, version: str) -> "Workspace | None":
        """The same with another model and its own thresholds; None when this version is not in that folder."""
        folder = located(place)
        other = replace(self, settings=self.settings.model_copy(update={"model": folder, "thresholds": None}))
        try:
            return other if Path(folder).is_dir() and other.version.id == version else None
        except ConfigError:
            return None

    @cached_property
    def detector(self) -> Detector:
        """Tells languages apart; its tables are loaded at the first text without a declared language."""
        return Detector(self.settings.languages)

    @cached_property
    def _loaded(self) -> Model:
        return load_model(self.settings)

    @property
    def model(self) -> Model:
        """The configured model, loaded once whatever the number of threads."""
        with self._lock:
            return self._loaded

    @property
    def configured(self) -> Active:
        """What the settings ask to be shown."""
        return Active(self.version.id, self.version.threshold_set)

    @property
    def versions(self) -> dict[str, str]:
        """What made this run's records, for its own row."""
        return {
            "model": self.version.id,
            "threshold_set": self.version.threshold_set,
            "taxonomy": self.version.taxonomy_version,
            "intake": INTAKE_VERSION,
            "key": self.keys.id,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()


def open_database(config: Path | None = None, **overrides: Any) -> Workspace:  # noqa: ANN401
    """Read the settings and the key and reach the database; enough for what needs no model.

    Args:
        config: settings file; None for the default one.
        overrides: settings given on the command line.

    Raises:
        ConfigError: a setting or the key is wrong.
        StorageError: the database can't be reached or is of another version.
    """
    settings = load_settings(config, **overrides)
    keys = Keys.from_environment()
    engine = connect(settings.database_url)
    check_schema(engine)
    return Workspace(settings, engine, keys)


def open_workspace(config: Path | None = None, **overrides: Any) -> Workspace:  # noqa: ANN401
    """`open_database`, with the policy and the model's folder checked too; nothing is written.

    Raises:
        ConfigError: anything that a person must mend first.
        StorageError: the database can't be reached or is of another version.
    """
    work = open_database(config, **overrides)
    _ = work.policy, work.version
    return work


def settled(settings: Settings, own: Thresholds) -> Thresholds:
    """A model's own thresholds with those over them that the settings ask for."""
    return own if settings.thresholds is None else changed(own, settings.thresholds)


def load_model(settings: Settings) -> Model:
    """The configured model, with its weights."""
    return load(
        settings.model, label_map=settings.label_map, engine=settings.engine, threads=settings.threads
    )


def _registered(known: Identity, thresholds: Thresholds, taxonomy: Taxonomy, place: str) -> ModelVersion:
    return ModelVersion(
        id=known.version,
        name=known.name,
        labels=known.labels,
        taxonomy_version=str(taxonomy.version),
        threshold_set=thresholds.id,
        thresholds={label: cut.model_dump() for label, cut in thresholds.cuts.items()},
        facts={**known.facts, "place": portable(place)},
    )


@contextmanager
def recorded(
    work: Workspace, flow: str, parameters: dict[str, Any], prefect_run_id: str | None = None
) -> Iterator[str]:
    """A run's row around the block: how it ended stands there however it ended, short of a SIGKILL."""
    with writing(work.engine) as connection:
        run_id = start_run(
            connection,
            flow,
            now(),
            parameters=parameters,
            versions=work.versions,
            prefect_run_id=prefect_run_id,
        )
    try:
        yield run_id
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | SystemExit)
        with writing(work.engine) as connection:
            end_run(connection, run_id, "stopped" if stopped else "failed", now(), error=_sentence(error))
        raise
    finally:
        _add_stages(work, run_id)
    with writing(work.engine) as connection:
        end_run(connection, run_id, "done", now())


def _add_stages(work: Workspace, run_id: str) -> None:
    with writing(work.engine) as connection:
        for stage, seconds in work.stopwatch.seconds.items():
            add_stage(connection, run_id, stage, seconds)


def _sentence(error: BaseException) -> str:
    """What may stand in a table: our own sentences are free of personal data, others may quote a value."""
    return str(error) if isinstance(error, RessentiError) else type(error).__name__
