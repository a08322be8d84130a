"""The table of pass rates stands at the end of pytest's output, passed or not."""

import pytest

from nlp.model import load
from tests.quality.judge import judge, table
from tests.quality.pairs import pairs

_TABLE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def judged(pytestconfig):
    found = judge(load(threads=1), list(pairs()))
    pytestconfig.stash[_TABLE] = table(found)
    return found


def pytest_terminal_summary(terminalreporter, config):
    if _TABLE in config.stash:
        terminalreporter.section("behaviour of the bundled model")
        terminalreporter.write_line(config.stash[_TABLE])
