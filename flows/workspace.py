"""What a run works with, opened and checked before anything is written."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml
from sqlalchemy import Engine

from configs.errors import ConfigError, RessentiError
from configs.settings import Settings, load_settings
from configs.taxonomy import Taxonomy, load_taxonomy
from flows.followup.policy import Policy, load_policy
from flows.progress import Progress, Stopwatch
from nlp.identity import Identity, identify
from nlp.intake import INTAKE_VERSION
from nlp.language import Detector
from nlp.model import Model, load
from nlp.thresholds import Thresholds
from storage.database import connect, writing
from storage.keys import Keys
from storage.registry import Active, ModelVersion
from storage.runs import add_stage, end_run, start_run
from storage.upgrade import check_schema


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Workspace:
    """Settings, database, keys, policy and model of a run. The model is loaded when first asked for."""

    settings: Settings
    engine: Engine
    keys: Keys
    taxonomy: Taxonomy
    policy: Policy
    version: ModelVersion
    thresholds: Thresholds
    progress: Progress = field(default_factory=Progress)
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def detector(self) -> Detector:
        """Tells languages apart; its tables are loaded at the first text without a declared language."""
        return Detector(self.settings.languages)

    @cached_property
    def _loaded(self) -> Model:
        return load(
            self.settings.model,
            label_map=read_label_map(self.settings.label_map),
            engine=self.settings.engine,
            threads=self.settings.threads,
        )

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


def open_workspace(config: Path | None = None, *, check: bool = True, **overrides: Any) -> Workspace:  # noqa: ANN401
    """Read the settings, the key, the taxonomy, the policy and the model's identity; nothing is written.

    Args:
        config: settings file; None for the default one.
        check: also refuse a database that is not of this version.
        overrides: settings given on the command line.

    Raises:
        ConfigError: anything that a person must mend first.
        StorageError: the database can't be reached or is of another version.
    """
    settings = load_settings(config, **overrides)
    keys = Keys.from_environment()
    taxonomy = load_taxonomy(settings.taxonomy)
    known = identify(settings.model, label_map=read_label_map(settings.label_map), engine=settings.engine)
    policy = load_policy(settings.followup, taxonomy.ids)
    engine = connect(settings.database_url)
    if check:
        check_schema(engine)
    return Workspace(settings, engine, keys, taxonomy, policy, _registered(known, taxonomy), known.thresholds)


def _registered(known: Identity, taxonomy: Taxonomy) -> ModelVersion:
    return ModelVersion(
        id=known.version,
        name=known.name,
        labels=known.labels,
        taxonomy_version=str(taxonomy.version),
        threshold_set=known.thresholds.id,
        thresholds={label: cut.model_dump() for label, cut in known.thresholds.cuts.items()},
        facts=known.facts,
    )


def read_label_map(path: Path | None) -> dict[str, str] | None:
    """Another model's labels -> ours, from a YAML file of `theirs: ours` lines."""
    if path is None:
        return None
    if not path.is_file():
        raise ConfigError("no label map here", place=path, fix="set `label_map` to a YAML file or to null")
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(told, dict):
        raise ConfigError("not a label map", place=path, accepted="lines of `their_label: our_label`")
    return {str(theirs): str(ours) for theirs, ours in told.items()}


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
