"""The versions that go together. `pip check` sees none of the three traps below, so tests hold them."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, version

from packaging.requirements import Requirement
from packaging.version import Version
from prefect import flow, task
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from tests.prefect_server import PROJECT, Prefect, wait_for

CONSTRAINTS = PROJECT / "constraints.txt"
NAMES = re.compile(r"[-_.]+")


def installed(name: str) -> Version:
    return Version(version(name))


def normal(name: str) -> str:
    return NAMES.sub("-", name).lower()


def pinned() -> dict[str, Requirement]:
    lines = (line.partition("#")[0].strip() for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines())
    return {normal(each.name): each for each in map(Requirement, filter(None, lines))}


def test_fastapi_lets_flows_run(prefect_server: Prefect) -> None:
    """Trap 1: newer ones have no `Body(min_items=)`, so that importing Prefect's server fails, and every flow."""
    assert Version("0.139") <= installed("fastapi") < Version("0.151")

    @task
    def double(number: int) -> int:
        return 2 * number

    @flow
    def sums(numbers: list[int]) -> int:
        return sum(double(number) for number in numbers)

    with temporary_settings(
        {PREFECT_API_URL: prefect_server.api_url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    ):
        assert sums([1, 2, 3]) == 12


def test_sqlalchemy_lets_nights_be_scheduled(deployed_prefect: Prefect) -> None:
    """Trap 2: from 2.1 on Prefect's scheduler fails in every loop, and no cron run is ever created.

    Nothing else fails: runs by hand work. So a cron deployment must really produce runs.
    """
    assert Version("2.0.45") <= installed("sqlalchemy") < Version("2.1")
    nightly = deployed_prefect.ask("/deployments/name/nightly/nightly")["id"]
    asked = {
        "deployments": {"id": {"any_": [nightly]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    runs = wait_for(lambda: deployed_prefect.ask("/flow_runs/filter", asked), "a scheduled run appears")
    assert all(run["auto_scheduled"] for run in runs)
    assert "bulk_dml" not in deployed_prefect.log("server")


def test_prefect_is_the_version_that_was_tried() -> None:
    """Trap 3: 3.9 wants a certifi that the index does not have; pip takes 3.8.8 then, without a word."""
    assert Version("3.8.8") <= installed("prefect") < Version("3.9")


def test_what_is_installed_goes_together() -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_what_is_installed_is_what_constraints_pin() -> None:
    pins = pinned()
    assert pins, "nothing is pinned"
    assert all(len(pin.specifier) == 1 and str(pin.specifier).startswith("==") for pin in pins.values())
    found = {normal(each.metadata["Name"]): each.version for each in distributions()}
    differing = {
        name: found[name]
        for name, pin in pins.items()
        if name in found and pin.specifier and not pin.specifier.contains(found[name], prereleases=True)
    }
    assert not differing


def test_every_requirement_is_pinned() -> None:
    """Or the next machine gets what is newest that day; and none of the pins brings gigabytes of CUDA."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = pinned()
    assert {normal(Requirement(line).name) for line in project["dependencies"]} <= pins.keys(), (
        "run `make lock`"
    )
    assert not [name for name in pins if re.search(r"nvidia|cuda|triton", name)]
