"""What the flow costs over the work itself: `nightly` beside its steps called as plain functions.

    python -m benchmarks.nightly [RECORDS]      # default 10,000; real feeds where they are, else the samples again

Both run on a new SQLite database each, with the bundled model, in the same process, the server's start aside. The
order changes from pair to pair; printed are the medians and their ratio, and what each stage took.
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from configs.settings import PROJECT
from flows.server import prefect_server, prepare_environment

FEEDS = PROJECT.parent / "shared" / "data" / "feeds"
PAIRS = 3
BAR = 1.15


@contextlib.contextmanager
def environment(folder: Path, records: int) -> Iterator[int]:
    """A new database in `folder`, and sources that give `records` rows; yields the limit for each source."""
    sources = "configs/feeds" if FEEDS.is_dir() else "configs/sources"
    names = len(list((PROJECT / sources).glob("*.yml")))
    with tempfile.TemporaryDirectory(dir=folder) as place:
        changed = {
            "RESSENTI_DATABASE_URL": f"sqlite:///{place}/night.db",
            "RESSENTI_SOURCES_DIR": sources,
        }
        before = {name: os.environ.get(name) for name in changed}
        os.environ.update(changed)
        try:
            _migrate()
            yield -(-records // names)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _migrate() -> None:
    from configs.settings import load_settings
    from storage.database import connect
    from storage.upgrade import upgrade

    engine = connect(load_settings().database_url)
    upgrade(engine)
    engine.dispose()


def plain(limit: int) -> dict[str, float]:
    """Seconds of each step, called bare."""
    from flows.publishing import settle_version
    from flows.reading import clean_and_store, open_sources, read
    from flows.scoring import score_and_tag, waiting
    from flows.workspace import open_workspace, recorded

    with open_workspace() as work, recorded(work, "plain", {}) as run_id:
        settle_version(work, run_id)
        for source in open_sources(work)[0]:
            for chunk in work.stopwatch.each("read", read(work, source, limit)):
                clean_and_store(work, run_id, chunk)
        for texts in waiting(work):
            score_and_tag(work, run_id, texts)
        return dict(work.stopwatch.seconds)


def flow(limit: int) -> dict[str, float]:
    """The same work as the flow does it."""
    from flows.nightly import nightly

    nightly(limit=limit)
    return {}


def main(records: int = 10_000) -> None:
    """Print the medians and their ratio."""
    os.environ.setdefault("RESSENTI_KEY", "A" * 43 + "=")
    seconds: dict[str, list[float]] = {"plain": [], "nightly": []}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare_environment(folder)
        with prefect_server() as server, server.ready() if server else contextlib.nullcontext():
            for pair in range(PAIRS):
                ways = [("plain", plain), ("nightly", flow)]
                for name, way in ways if pair % 2 else reversed(ways):
                    with environment(folder, records) as limit:
                        begun = time.perf_counter()
                        stages = way(limit)
                        seconds[name].append(time.perf_counter() - begun)
                    told = ", ".join(f"{stage} {spent:.1f}" for stage, spent in stages.items())
                    print(f"{name:8} {seconds[name][-1]:7.1f} s  {told}", flush=True)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = median["nightly"] / median["plain"]
    print(
        f"nightly {median['nightly']:.1f} s, plain functions {median['plain']:.1f} s: {ratio:.3f} (bar {BAR})"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
