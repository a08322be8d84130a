"""Small exports written for this test, and what they must come to, item by item.

After a wanted change: `python -m tests.flows.sources.test_golden` writes what is read now; look at the difference.
"""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from flows.sources.files import FilesReader
from flows.sources.preview import outcome
from flows.sources.registry import load_source
from tests.flows.sources.helpers import SEEN

GOLDEN = Path(__file__).parent / "golden"


def read_now(described: Path):
    reader = FilesReader(load_source(described), GOLDEN)
    reader.check()
    return [_told(item) for part in reader.parts() for item in reader.read(part, SEEN)]


def _told(item):
    told = {"outcome": outcome(item)} | asdict(item)
    told["place"] = str(item.place)
    if told["outcome"] == "record":
        del told["raw"]  # kept for the quarantine, where the rejected ones show it
    return json.loads(json.dumps({k: v for k, v in told.items() if v not in (None, {})}, default=str))


@pytest.mark.parametrize("described", sorted(GOLDEN.glob("*.yml")), ids=lambda path: path.stem)
def test_an_export_comes_to_what_was_written_down(described):
    expected = json.loads(described.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert read_now(described) == expected


if __name__ == "__main__":
    for each in GOLDEN.glob("*.yml"):
        text = json.dumps(read_now(each), ensure_ascii=False, indent=1)
        each.with_suffix(".expected.json").write_text(text + "\n", encoding="utf-8")
