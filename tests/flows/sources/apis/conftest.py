"""The secrets of the tests' APIs are where real ones are: in the environment."""

import pytest

from tests.flows.sources.apis.server import SECRET


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    for name in ("EXAMPLE_TOKEN", "TYPEFORM_TOKEN", "ZENDESK_TOKEN", "FRESHDESK_KEY"):
        monkeypatch.setenv(name, SECRET)
    for name in ("SURVEYMONKEY_TOKEN", "TRUSTPILOT_KEY"):
        monkeypatch.setenv(name, SECRET)
