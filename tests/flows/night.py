"""A room to run nights in: a database, a model that costs nothing, sources that the test writes.

`night(work)` calls the plain functions in the order of `flows/nightly.py`, without Prefect;
`test_architecture.py` holds the two against each other.
"""

import base64
import csv
import functools
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from sqlalchemy import Engine, select

import configs.settings
import nlp.language
from configs.errors import ConfigError, SourcesFailed, SourceUnavailable
from flows import difference
from flows.choosing import Choice, make_plan, unseen
from flows.cli import main
from flows.difference import Difference, compare
from flows.lifecycle.retention import expire
from flows.publishing import publish, register, settle_version
from flows.reading import clean_and_store, open_sources, read
from flows.report import save_report
from flows.scoring import score_and_tag, scorers, waiting
from flows.tagging import show
from flows.workspace import Workspace, open_workspace, recorded
from storage import schema, sums
from storage.database import reading, writing
from storage.reader import current_tag
from storage.status import RunSummary, run_summary
from tests.cheap_model import write_cheap_model

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
OTHER_KEY = base64.urlsafe_b64encode(b"o" * 32).decode()
SOURCE = {
    "channel": "review",
    "text": "text",
    "id": "id",
    "customer": "customer",
    "date": "date",
    "rating": {"column": "rating", "scale": [1, 5]},
    "language": "lang",
    "skip": [{"column": "kind", "equals": "test", "reason": "test_row"}],
    "attributes": ["city"],
}
EMPTY = {"id": "", "text": "", "customer": "", "date": "", "rating": "", "lang": "fr", "kind": "", "city": ""}
# What a run leaves, children first.
TABLES = (
    *(schema.followup_feedback, schema.followup, schema.tag, schema.prediction, schema.activation),
    *(schema.correction, schema.label),
    *(schema.threshold_set, schema.model_version, schema.run_count, schema.run_stage, schema.cursor),
    *(schema.quarantine, schema.revision, schema.feedback, schema.source, schema.run),
)


def row(key: object, text: str, **more: object) -> dict[str, str]:
    """A row of a feed; what is not given is empty, the language French."""
    return EMPTY | {"id": str(key), "text": text} | {name: str(value) for name, value in more.items()}


@dataclass
class Room:
    """A folder with settings, sources and feeds, and a database of the test's own."""

    folder: Path
    database_url: str

    @property
    def config(self) -> Path:
        return self.folder / "ressenti.yml"

    @property
    def feeds(self) -> Path:
        return self.folder / "feeds"

    def settings(self, **changes: Any) -> Path:
        """Write settings into the file; those written before stay."""
        told = yaml.safe_load(self.config.read_text()) if self.config.exists() else {}
        self.config.write_text(yaml.safe_dump(told | changes))
        return self.config

    def source(self, name: str = "reviews", **changes: Any) -> Path:
        """Describe a source that reads the folder `feeds/NAME`; a change to None takes a key out."""
        (self.feeds / name).mkdir(parents=True, exist_ok=True)
        told = {"path": str(self.feeds / name)} | SOURCE | changes
        file = self.folder / "sources" / f"{name}.yml"
        file.write_text(yaml.safe_dump({key: value for key, value in told.items() if value is not None}))
        return file

    def feed(self, *rows: dict[str, str], file: str = "feed.csv", source: str = "reviews") -> Path:
        """Write a CSV file of the source, which is described if it was not."""
        if not (self.folder / "sources" / f"{source}.yml").exists():
            self.source(source)
        path = self.feeds / source / file
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]) if rows else list(EMPTY))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def policy(self, *rules: dict[str, Any], **more: Any) -> None:
        """Write the follow-up policy: every rule with defaults for what it does not say."""
        usual = {"priority": "normal", "team": "care", "within_hours": 24}
        told = [usual | {"name": rule["id"]} | rule for rule in rules]
        (self.folder / "followup.yml").write_text(yaml.safe_dump({"rules": told} | more))

    def model(self, name: str, **changes: Any) -> Path:
        """Configure another cheap model, written under `name`."""
        folder = write_cheap_model(self.folder / "models" / name, **changes)
        self.settings(model=str(folder))
        return folder

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        with open_workspace(self.config) as work:
            yield work

    def night(self, sources: Sequence[str] = (), limit: int | None = None) -> RunSummary:
        """One night with everything opened anew, as a process of its own would."""
        with self.open() as work:
            return night(work, sources, limit)


def night(work: Workspace, sources: Sequence[str] = (), limit: int | None = None) -> RunSummary:
    """What `flows.nightly` does, without Prefect; returns the run's counts."""
    ready, failed = open_sources(work, sources)
    with recorded(work, "nightly", {}) as run_id:
        settle_version(work, run_id)
        for source in ready:
            try:
                for chunk in read(work, source, limit):
                    clean_and_store(work, run_id, chunk)
            except (ConfigError, SourceUnavailable) as error:
                failed[source.name] = error
        for scorer in scorers(work):
            for texts in waiting(scorer):
                score_and_tag(scorer, run_id, texts)
        publish(work, run_id)
        if work.settings.retention_nightly:
            expire(work, by=f"run {run_id}")
        if failed:
            raise SourcesFailed(failed, run_id)
    return summary_of(work.engine, run_id)


def reprocess(
    work: Workspace, *, activate: bool = False, open_follow_ups: bool = False, **choice: Any
) -> tuple[str, Difference]:
    """What `flows.reprocess` does, without Prefect; returns the run and the difference."""
    plan = make_plan(work, Choice(**choice), activate=activate)
    with recorded(work, "reprocess", choice) as run_id:
        register(work)
        for texts in unseen(work, plan):
            score_and_tag(work, run_id, texts, open_follow_ups=False)
        found = compare(work, plan.selection)
        save_report(work.settings.state_dir / "report.md", "Reprocess", [str(plan)], found)
        if activate:
            show(work, work.configured, plan.choice.scope, by=f"run {run_id}")
        if open_follow_ups:
            difference.open_follow_ups(work, run_id, plan.selection)
    return run_id, found


def summary_of(engine: Engine, run_id: str) -> RunSummary:
    with reading(engine) as connection:
        return run_summary(connection, run_id)


def counts(summary: RunSummary) -> dict[tuple[str, str], int]:
    """{(what, reason): n} over all sources."""
    return {
        (what, reason): n
        for what in {count.what for count in summary.counts}
        for reason, n in summary.by_reason(what).items()
    }


def rows(engine: Engine, table: Any) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [
            dict(found._mapping) for found in connection.execute(select(table).order_by(*table.primary_key))
        ]


def empty(engine: Engine) -> None:
    """Take every row out, sums included, so that one database serves many examples."""
    with writing(engine) as connection:
        for table in (*sums.TABLES, schema.attribute_value, *TABLES):
            connection.execute(table.delete())


def content(engine: Engine, *, places: bool = True) -> dict[str, list[str]]:
    """What the tables say, without numbers that count up and without times; `places` False: nor files and lines."""
    found = {table.name: {tuple(r[key.name] for key in table.primary_key): r for r in rows(engine, table)}
             for table in TABLES}  # fmt: skip
    names = {key[0]: r["name"] for key, r in found["source"].items()}
    feedback = {key[0]: f"{names[r['source_id']]}/{r['external_id']}" for key, r in found["feedback"].items()}
    revision = {key[0]: (feedback[r["feedback_id"]], r["text_hash"]) for key, r in found["revision"].items()}
    prediction = {
        key[0]: (revision[r["revision_id"]], r["model_version"]) for key, r in found["prediction"].items()
    }
    followup = {key[0]: r | {"subject_key": _subject(r, feedback)} for key, r in found["followup"].items()}
    subjects = {key: (r["rule"], r["subject_key"]) for key, r in followup.items()}
    known = {"source_id": names, "feedback_id": feedback, "revision_id": revision,
             "prediction_id": prediction, "followup_id": subjects}  # fmt: skip
    found["followup"] = {(key,): r for key, r in followup.items()}
    told = (
        "source",
        "feedback",
        "revision",
        "prediction",
        "tag",
        "followup",
        "followup_feedback",
        "quarantine",
    )
    left_out = _PASSING | (set() if places else _PLACES)
    result = {
        name: sorted(_plain(r, known, left_out) for r in found[name].values())
        for name in (*told, *(("cursor",) if places else ()))
    }
    return result | {"activation": [_plain(r, {}, left_out) for r in found["activation"].values()]}


_PASSING = {
    *("id", "run_id", "payload", "created_at", "discovered_at", "updated_at", "read_at", "predicted_at"),
    *("opened_at", "due_at", "taken_at", "closed_at", "linked_at", "quarantined_at", "settled_at"),
    *("first_seen_at", "activated_at", "activated_by"),
}
_PLACES = {"file", "line", "label"}  # which feedback of several opened a follow-up depends on their order


def _subject(followup: dict[str, Any], feedback: dict[int, str]) -> str:
    key = followup["subject_key"]
    return feedback[int(key)] if followup["subject_kind"] == "feedback" else key


def _plain(found: dict[str, Any], known: dict[str, dict[int, Any]], left_out: set[str]) -> str:
    told = {
        name: known[name][value] if name in known else value
        for name, value in found.items()
        if name not in left_out
    }
    return json.dumps(told, sort_keys=True, default=str)


def external_ids(engine: Engine) -> dict[int, str]:
    return {found["id"]: found["external_id"] for found in rows(engine, schema.feedback)}


def tags(engine: Engine) -> dict[str, set[str]]:
    """{external id: labels} over all its revisions, models and thresholds."""
    ids = external_ids(engine)
    revisions = {found["id"]: ids[found["feedback_id"]] for found in rows(engine, schema.revision)}
    predictions = {found["id"]: revisions[found["revision_id"]] for found in rows(engine, schema.prediction)}
    labels: dict[str, set[str]] = {}
    for found in rows(engine, schema.tag):
        labels.setdefault(predictions[found["prediction_id"]], set()).add(found["label"])
    return labels


def current(engine: Engine) -> dict[str, set[str]]:
    """{external id: labels} as readers see them; a text without any is absent."""
    statement = select(schema.feedback.c.external_id, current_tag.c.label).join_from(
        schema.feedback, current_tag, current_tag.c.feedback_id == schema.feedback.c.id
    )
    labels: dict[str, set[str]] = {}
    with reading(engine) as connection:
        for key, label in connection.execute(statement):
            labels.setdefault(key, set()).add(label)
    return labels


class Killed(BaseException):
    """The process is gone."""


def killed_in_transaction(monkeypatch: pytest.MonkeyPatch, number: int) -> Callable[[], int]:
    """Let the process die inside its writing transaction `number` (from 0): what it wrote there is rolled back.

    Nothing is written after that, as by a dead process. Returns a function that tells how many have begun.
    """
    begun = 0

    @contextmanager
    def failing(engine: Engine) -> Iterator[Any]:
        nonlocal begun
        begun += 1
        if begun - 1 > number:
            raise Killed
        with writing(engine) as connection:
            yield connection
            if begun - 1 == number:
                raise Killed

    for module in ("reading", "scoring", "publishing", "tagging", "difference", "workspace"):
        monkeypatch.setattr(f"flows.{module}.writing", failing)
    return lambda: begun


@pytest.fixture(scope="session")
def cheap_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the model that costs nothing."""
    return write_cheap_model(tmp_path_factory.mktemp("models") / "cheap")


@pytest.fixture(scope="session")
def language_tables() -> Callable[..., Any]:
    """Loads the tables of a set of languages once a session: it takes a second."""
    return functools.lru_cache(lambda supported: _load_languages(supported))


_load_languages = nlp.language._load


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, language_tables: Callable[..., Any]) -> None:
    """The key and nothing else of ours: neither the developer's environment nor the .env counts."""
    for name in list(os.environ):
        if name.startswith("RESSENTI_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(configs.settings, "dotenv_values", lambda _path: {})
    monkeypatch.setenv("RESSENTI_KEY", KEY)
    monkeypatch.setattr(nlp.language, "_load", lambda supported: language_tables(frozenset(supported)))


def furnished(folder: Path, database_url: str, model: Path) -> Room:
    """A room with settings, an empty folder of sources and a policy of one rule."""
    (folder / "sources").mkdir(parents=True)
    room = Room(folder, database_url)
    room.policy({"id": "injustice", "when": {"any": ["injustice"]}})
    room.settings(
        database_url=database_url,
        state_dir=str(folder / "state"),
        sources_dir=str(folder / "sources"),
        followup=str(folder / "followup.yml"),
        model=str(model),
        threads=1,
    )
    return room


@pytest.fixture
def room(tmp_path: Path, database_url: str, cheap_model: Path, environment: None) -> Room:
    """A room on SQLite and on PostgreSQL."""
    return furnished(tmp_path / "room", database_url, cheap_model)


@pytest.fixture
def small_room(tmp_path: Path, sqlite_template: Path, cheap_model: Path, environment: None) -> Room:
    """A room on SQLite alone, for what has nothing to do with the database."""
    database = tmp_path / "ressenti.db"
    database.write_bytes(sqlite_template.read_bytes())
    return furnished(tmp_path / "room", f"sqlite:///{database}", cheap_model)


@pytest.fixture
def work(room: Room) -> Iterator[Workspace]:
    """The room opened; sources and feeds may still be written."""
    with room.open() as opened:
        yield opened


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def _console_script(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    monkeypatch.setenv("RESSENTI_CONFIG", str(room.config))

    def run(*words: object, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["ressenti", *map(str, words)])
        monkeypatch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode("utf-8", "surrogateescape")))
        )
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def ressenti(
    small_room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Runs the command line in this process, as the console script does: `ressenti("status")`."""
    return _console_script(small_room, monkeypatch, capsys)


@pytest.fixture
def ressenti_anywhere(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """The same on SQLite and on PostgreSQL."""
    return _console_script(room, monkeypatch, capsys)
