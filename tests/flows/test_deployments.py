"""prefect.yaml, really deployed to a local Prefect server and run by a process worker."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect.server.schemas.schedules import CronSchedule
from sqlalchemy import Engine, func, select

from flows.deployed import enter_project
from storage import schema
from storage.database import connect, reading
from storage.registry import DEFAULT, active
from storage.status import RunRow, last_runs, run_summary
from tests.cheap_model import write_cheap_model
from tests.flows.night import KEY, Room, furnished, row
from tests.prefect_server import PROJECT, Prefect, documented, running, wait_for

PARIS = ZoneInfo("Europe/Paris")
DECLARED = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))
ROWS = [
    row("a1", "Merci, je suis ravi", customer="ana", date="2026-10-02"),
    row("a2", "C'est injuste, je suis furieux", customer="bob", date="2026-10-03"),
    row("a3", "Toujours bloqué, j'attends", customer="ana", date="2026-11-05"),
]


@dataclass(frozen=True)
class Night:
    """A deployed project with a worker, its own sources, model and database."""

    prefect: Prefect
    room: Room
    engine: Engine

    def deployment(self, name: str) -> dict[str, Any]:
        return dict(self.prefect.ask(f"/deployments/name/{name}/{name}"))

    def create_run(self, name: str, **parameters: object) -> str:
        """A new run of a deployment, for the worker to find; its id."""
        path = f"/deployments/{self.deployment(name)['id']}/create_flow_run"
        return str(self.prefect.ask(path, {"parameters": parameters, "tags": ["by-hand"]})["id"])

    def run(self, name: str, **parameters: object) -> dict[str, Any]:
        """A completed run of a deployment."""
        return self.prefect.wait_for_state(self.create_run(name, **parameters), "COMPLETED")

    def runs_by_hand(self) -> int:
        return int(self.prefect.ask("/flow_runs/count", {"flow_runs": {"tags": {"all_": ["by-hand"]}}}))

    def rows(self, flow_run: str) -> list[RunRow]:
        with reading(self.engine) as connection:
            return [found for found in last_runs(connection, 100) if found.prefect_run_id == flow_run]

    def row(self, flow_run: dict[str, Any]) -> RunRow:
        """Our own row of a flow run: exactly one."""
        (found,) = self.rows(flow_run["id"])
        return found

    def count(self, table: str) -> int:
        with reading(self.engine) as connection:
            return int(
                connection.execute(select(func.count()).select_from(getattr(schema, table))).scalar_one()
            )


@pytest.fixture(scope="module")
def night(
    deployed_prefect: Prefect,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Path,
    cheap_model: Path,
) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("deployed")
    shutil.copy(sqlite_template, folder / "ressenti.db")
    room = furnished(folder / "room", f"sqlite:///{folder / 'ressenti.db'}", cheap_model)
    room.settings(chunk_texts=2)  # many small chunks: there is time to kill a run between two
    room.feed(*ROWS)
    engine = connect(room.database_url)
    log = deployed_prefect.home / "worker.log"
    with running(documented("prefect worker start"), log, {**deployed_prefect.environment, **settings(room)}):
        yield Night(deployed_prefect, room, engine)
    engine.dispose()


def settings(room: Room) -> dict[str, str]:
    """The room's settings as environment, which wins over what a developer's .env may say."""
    told = yaml.safe_load(room.config.read_text(encoding="utf-8"))
    return {"RESSENTI_KEY": KEY} | {f"RESSENTI_{name.upper()}": str(value) for name, value in told.items()}


def test_prefect_yaml_names_neither_a_machine_nor_a_secret() -> None:
    text = (PROJECT / "prefect.yaml").read_text(encoding="utf-8")
    assert not re.search(r"""(^|[\s"'=:])(/|~/|[A-Z]:\\)\w""", re.sub(r"#.*", "", text), re.MULTILINE)
    assert not re.search(r"RESSENTI_|KEY|password|postgresql://", re.sub(r"#.*", "", text))


def test_the_pull_step_goes_to_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert enter_project() == {"directory": str(PROJECT)}
    assert Path.cwd() == PROJECT


def test_what_is_deployed_is_what_the_file_declares(night: Night) -> None:
    for declared in DECLARED["deployments"]:
        found = night.deployment(declared["name"])
        assert found["work_pool_name"] == "ressenti"
        assert found["entrypoint"] == declared["entrypoint"]
        assert found["parameters"] == declared["parameters"]
        assert found["global_concurrency_limit"]["limit"] == 1
        assert found["concurrency_options"]["collision_strategy"] == "ENQUEUE"
        assert found["pull_steps"] == [{"flows.deployed.enter_project": {}}]
        assert str(PROJECT) not in json.dumps(found)  # a worker elsewhere has the project elsewhere
    assert night.prefect.ask("/work_pools/ressenti")["type"] == "process"


@pytest.mark.parametrize("name", ["nightly", "reprocess"])
def test_every_parameter_has_a_default_and_a_description(night: Night, name: str) -> None:
    found = night.deployment(name)
    properties = found["parameter_openapi_schema"]["properties"]
    assert found["enforce_parameter_schema"]
    assert list(found["parameters"]) == list(properties)
    for parameter, told in properties.items():
        assert told.get("description"), parameter
        assert told.get("default") == found["parameters"][parameter], parameter


@pytest.mark.parametrize(
    ("day", "instants"),
    [
        ("2027-03-28", ["2027-03-27T02:30", "2027-03-28T01:30", "2027-03-29T01:30"]),
        ("2027-10-31", ["2027-10-30T01:30", "2027-10-31T02:30", "2027-11-01T02:30"]),
    ],
    ids=["clocks forward", "clocks back"],
)
def test_the_night_comes_once_on_both_clock_changes(day: str, instants: list[str]) -> None:
    declared = DECLARED["deployments"][0]["schedules"][0]
    schedule = CronSchedule(cron=declared["cron"], timezone=declared["timezone"])
    start = datetime.fromisoformat(day).replace(tzinfo=PARIS) - timedelta(days=1)
    dates = asyncio.run(schedule.get_dates(10, start=start, end=start + timedelta(days=3)))
    assert [f"{each.astimezone(UTC):%Y-%m-%dT%H:%M}" for each in dates] == instants


def test_the_server_schedules_every_night_of_a_year_at_half_past_three(night: Night) -> None:
    """What `pip check` does not see: with SQLAlchemy 2.1 runs by hand work, and no night is ever scheduled."""
    wanted = nights(366)
    asked = {
        "deployments": {"id": {"any_": [night.deployment("nightly")["id"]]}},
        "sort": "EXPECTED_START_TIME_ASC",
        "flow_runs": {
            "expected_start_time": {"after_": wanted[0].isoformat(), "before_": wanted[-1].isoformat()}
        },
    }

    def scheduled() -> list[dict[str, Any]] | None:
        pages = [night.prefect.ask("/flow_runs/filter", asked | {"offset": at}) for at in (0, 200)]
        runs = [run for page in pages for run in page if run["auto_scheduled"]]
        return runs if len(runs) >= len(wanted) else None

    runs = wait_for(scheduled, "scheduled runs appear")
    assert {run["state_type"] for run in runs} == {"SCHEDULED"}
    assert [datetime.fromisoformat(run["expected_start_time"]) for run in runs] == wanted
    assert {f"{each:%H:%M}" for each in wanted} == {"01:30", "02:30"}  # both clock changes are among them


def nights(count: int) -> list[datetime]:
    """The next nights in UTC, the one that may be about to begin left out."""
    first = (datetime.now(PARIS) + timedelta(hours=1)).date()
    days: list[date] = [first + timedelta(days=1 + n) for n in range(count)]
    return [datetime(each.year, each.month, each.day, 3, 30, tzinfo=PARIS).astimezone(UTC) for each in days]


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [("nightly", "limit", "many"), ("reprocess", "activate", "perhaps")],
)
def test_a_wrong_parameter_is_refused_before_a_run_is_created(
    night: Night, name: str, parameter: str, value: str
) -> None:
    before = night.runs_by_hand()
    with pytest.raises(urllib.error.HTTPError) as refused:
        night.create_run(name, **{parameter: value})
    assert refused.value.code in (409, 422)
    assert value in refused.value.read().decode()
    assert night.runs_by_hand() == before


def test_an_unknown_parameter_is_refused_before_a_run_is_created(night: Night) -> None:
    """By the command: the server alone takes names that it does not know, and the run fails at its start."""
    runs = night.prefect.ask("/flow_runs/count", {})
    done = night.prefect.run("prefect", "deployment", "run", "nightly/nightly", "--param", "limits=3")
    assert done.returncode != 0
    assert "limits" in done.stdout + done.stderr
    assert night.prefect.ask("/flow_runs/count", {}) == runs


@pytest.fixture(scope="module")
def first_night(night: Night) -> dict[str, Any]:
    """The deployed nightly flow, run by the line of docs/deploy.md."""
    done = night.prefect.run(*documented("prefect deployment run nightly"))
    assert done.returncode == 0, done.stdout + done.stderr + night.prefect.log("worker")
    return night.prefect.flow_run(_run_id(done))


def _run_id(done: "subprocess.CompletedProcess[str]") -> str:
    found = re.search(r"UUID:\s*([0-9a-f-]{36})", done.stdout)
    assert found, done.stdout
    return found[1]


def test_the_deployed_night_stores_and_tags_what_is_new(night: Night, first_night: dict[str, Any]) -> None:
    assert first_night["state_type"] == "COMPLETED"
    row = night.row(first_night)
    with reading(night.engine) as connection:
        summary = run_summary(connection, row.id)
    assert (row.flow, row.outcome, row.parameters["limit"]) == ("nightly", "done", 100)
    assert (summary.total("new"), summary.total("scored")) == (3, 3)
    assert summary.by_reason("tagged").keys() >= {"gratitude", "joy", "injustice", "anger", "frustration"}
    assert night.count("feedback") == night.count("prediction") == 3
    assert night.count("tag") >= 5


def test_its_summary_is_in_prefects_interface(night: Night, first_night: dict[str, Any]) -> None:
    asked = {"artifacts": {"flow_run_id": {"any_": [first_night["id"]]}}}
    (artifact,) = night.prefect.ask("/artifacts/filter", asked)
    assert (artifact["key"], artifact["type"]) == ("nightly-summary", "markdown")
    assert "reviews" in artifact["data"]
    assert "gratitude" in artifact["data"]


def test_our_progress_lines_are_in_prefects_interface_without_texts(
    night: Night, first_night: dict[str, Any]
) -> None:
    def lines() -> list[str]:
        asked = {"logs": {"flow_run_id": {"any_": [first_night["id"]]}}, "limit": 200}
        return [line["message"] for line in night.prefect.ask("/logs/filter", asked)]

    wait_for(lambda: any("reading reviews" in line for line in lines()), "progress lines arrive")
    assert not any("ravi" in line or "furieux" in line for line in lines())


@pytest.mark.usefixtures("first_night")
def test_a_second_night_finds_nothing_new(night: Night) -> None:
    row = night.row(night.run("nightly"))
    with reading(night.engine) as connection:
        summary = run_summary(connection, row.id)
    assert (row.outcome, summary.total("new"), summary.total("scored")) == ("done", 0, 0)


@pytest.mark.usefixtures("first_night")
def test_reprocess_scores_what_its_parameters_choose(night: Night) -> None:
    other = write_cheap_model(night.room.folder / "other", seed=1)
    with reading(night.engine) as connection:
        shown = active(connection)[DEFAULT]
    done = night.prefect.run(*documented("prefect deployment run reprocess"), "--param", f"model={other}")
    assert done.returncode == 0, done.stdout + done.stderr + night.prefect.log("worker")
    run = night.prefect.flow_run(_run_id(done))
    row = night.row(run)
    with reading(night.engine) as connection:
        summary = run_summary(connection, row.id)
        assert active(connection)[DEFAULT] == shown  # it was not asked to show anything
    assert run["state_type"] == "COMPLETED"
    assert (row.flow, row.outcome) == ("reprocess", "done")
    assert row.parameters == {
        **row.parameters,
        "source": "reviews",
        "since": "2026-11-01",
        "model": str(other),
    }
    assert summary.total("scored") == 1
    assert row.versions["model"] != shown.model_version
    asked = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
    pages = {each["key"]: each["data"] for each in night.prefect.ask("/artifacts/filter", asked)}
    assert pages.keys() == {"reprocess-difference", "reprocess-summary"}
    assert "| label | before | after |" in pages["reprocess-difference"]
    assert "largest changes" not in pages["reprocess-difference"], "texts stay out of Prefect"


@pytest.mark.usefixtures("first_night")
def test_a_killed_night_is_crashed_and_the_next_one_goes_on(night: Night) -> None:
    """Crashed, not running for ever: so its one place is free again at once, and the next night begins."""
    many = [
        row(f"b{n}", f"{n} fois merci, c'est injuste", customer=f"c{n}", date="2026-11-06")
        for n in range(150)
    ]
    night.room.feed(*many, file="many.csv")
    stored = night.count("feedback")
    killed = night.create_run("nightly")
    wait_for(lambda: night.count("feedback") > stored, "the first chunk is stored")
    os.kill(night.rows(killed)[0].pid, signal.SIGKILL)
    night.prefect.wait_for_state(killed, "CRASHED")
    assert stored < night.count("feedback") < stored + len(many), "killed in the middle"
    assert night.row(night.run("nightly")).outcome == "done"
    assert night.count("feedback") == stored + len(many)
    assert night.count("revision") == stored + len(many)
