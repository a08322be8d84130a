"""`ressenti run` where no Prefect server is configured: quiet, without telemetry, nothing left behind by a kill."""

import json
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from storage.database import connect, reading
from storage.status import last_runs
from tests.flows.night import KEY, Room, furnished, row
from tests.prefect_server import PATIENCE, PROJECT, clean_environment, end_all_at, processes_at, wait_for

GOOD = [row(n, f"{n} fois merci, c'est injuste", customer=f"c{n}", date="2026-11-06") for n in range(300)]
BAD = [row("twice", "Merci"), row("twice", "Je pars")]  # one id, two texts: a collision


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, cheap_model: Path, migrated_prefect: Path
) -> Iterator[Room]:
    """One room for all, with Prefect's own database made before: that takes most of a first run."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copy(sqlite_template, folder / "ressenti.db")
    room = furnished(folder / "room", f"sqlite:///{folder / 'ressenti.db'}", cheap_model)
    room.feed(*BAD)
    home_of(room).mkdir(parents=True)
    shutil.copy(migrated_prefect, home_of(room))
    yield room
    end_all_at(home_of(room))


def home_of(room: Room) -> Path:
    return room.folder / "state" / "prefect"


def started(room: Room, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    command = ["ressenti", "run", *arguments]
    given = {
        "RESSENTI_CONFIG": str(room.config),
        "RESSENTI_DATABASE_URL": room.database_url,
        "RESSENTI_KEY": KEY,
    }
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env=clean_environment(**given | environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(room: Room, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error; nothing of the run is left."""
    with started(room, *arguments, **environment) as process:
        output, errors = process.communicate(timeout=PATIENCE)
    assert not processes_at(home_of(room)), "its temporary server is still there"
    return process.returncode, output, errors


def test_the_exit_codes_are_those_that_help_tells() -> None:
    told = subprocess.run(["ressenti", "--help"], env=clean_environment(), capture_output=True, text=True)
    codes = "0 done, 1 failed, 2 wrong use or configuration, 3 done with quarantined records"
    assert codes in " ".join(told.stdout.split())


def test_with_quarantined_records_it_exits_with_3_then_with_0_and_is_quiet(place: Room) -> None:
    ours = ("reading ", "scoring")
    for expected, said in ((3, "id_collision"), (0, "Nothing new")):
        code, output, errors = run(place)
        assert code == expected, errors
        assert said in output
        assert "prefect" not in (output + errors).lower()
        assert all(line.startswith(ours) for line in errors.splitlines()), errors


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["--source", "revews"], {}, 2, "did you mean"),
        (["--limit", "many"], {}, 2, "Invalid value"),
        ([], {"RESSENTI_DATABASE_URL": "sqlite:////tmp/there/is/no/such.db"}, 1, "such.db"),
    ],
    ids=["unknown source", "wrong use", "no database"],
)
def test_what_is_refused_leaves_no_server(
    place: Room, arguments: list[str], environment: dict[str, str], code: int, said: str
) -> None:
    found, output, errors = run(place, *arguments, **environment)
    assert (found, output) == (code, "")
    assert said in errors
    assert "Traceback" not in errors


def server_of(room: Room, process: "subprocess.Popen[str]") -> psutil.Process:
    """The temporary server of a run."""

    def found() -> psutil.Process | None:
        assert process.poll() is None, process.communicate()
        servers = [each for each in processes_at(home_of(room)) if "flows.server" in each.cmdline()]
        return servers[0] if servers else None

    return wait_for(found, "the temporary server starts")


def kill(room: Room, process: "subprocess.Popen[str]") -> None:
    """SIGKILL, and nothing of the run is left within seconds."""
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not processes_at(home_of(room)), "the temporary server ends", patience=30)


def test_killed_while_its_server_starts_it_leaves_nothing(place: Room) -> None:
    with started(place) as process:
        server_of(place, process)
        kill(place, process)


def test_killed_in_the_middle_it_leaves_nothing_and_the_next_run_goes_on(place: Room) -> None:
    place.feed(*GOOD, file="many.csv")
    place.settings(chunk_texts=2)
    with started(place) as process:
        server = server_of(place, process)
        wait_for(lambda: running_nights(place), "the night begins")
        environment, settings = server.environ(), settings_of(server)
        kill(place, process)
    assert environment["DO_NOT_TRACK"] == "1"
    assert settings["server"]["analytics_enabled"] is False
    assert running_nights(place) == 1, "killed in the middle"

    place.settings(chunk_texts=500)
    code, output, errors = run(place)
    assert code == 0, errors
    assert "300" in run_status(place)
    assert "reviews" in output


def settings_of(server: psutil.Process) -> dict[str, Any]:
    """What the temporary server says that it runs with."""
    address = f"http://127.0.0.1:{server.cmdline()[-1]}/api/admin/settings"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        return dict(json.load(answer))


def running_nights(room: Room) -> int:
    engine = connect(room.database_url)
    with reading(engine) as connection:
        found = sum(each.outcome == "running" for each in last_runs(connection, 100))
    engine.dispose()
    return found


def run_status(room: Room) -> str:
    environment = clean_environment(
        RESSENTI_CONFIG=str(room.config), RESSENTI_DATABASE_URL=room.database_url, RESSENTI_KEY=KEY
    )
    return subprocess.run(
        ["ressenti", "status"], env=environment, capture_output=True, text=True, check=True
    ).stdout
