"""A batch reprocessed while 8 readers query without pause, and taken back: who waits, who sees a mix.

    python -m benchmarks.reprocess [FEEDBACK]      # default 20,000, on SQLite and on PostgreSQL

A cheap model stands behind the real seam: what is timed is the database's part. Each reader asks, in one statement,
how many texts of every version carry each tag now, and asks again at once. A mix would be an answer that is neither
all old nor all new. The bar: no mix, no failed query, a rollback under 1 s.
"""

import base64
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from flows.workspace import now
from storage.database import connect, writing
from storage.registry import roll_back
from storage.upgrade import upgrade
from tests.cheap_model import write_cheap_model
from tests.databases import bundled_postgresql
from tests.flows.crowd import picture, readers, reprocess_all, stored
from tests.flows.night import furnished

READERS = 8


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """URLs of an empty SQLite file and an empty PostgreSQL database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rs")))
        os.environ["XDG_RUNTIME_DIR"] = str(folder)
        server = stack.enter_context(bundled_postgresql(folder))
        yield {
            "sqlite": f"sqlite:///{folder / 'ressenti.db'}",
            "postgresql": make_url(server).render_as_string(hide_password=False),
        }


def measure(name: str, url: str, feedback: int, folder: Path) -> None:
    """One database: store, reprocess under readers, take back, print."""
    engine = connect(url)
    upgrade(engine)
    room = furnished(folder / name, url, write_cheap_model(folder / f"{name}-cheap"))
    stored(room.config, feedback)
    old = picture(url)
    room.model("other", seed=1, tag=0.4)
    with readers(url, READERS) as crowd:
        begun = time.perf_counter()
        reprocess_all(room.config)
        done = time.perf_counter() - begun
        new = picture(url)
        begun = time.perf_counter()
        with writing(engine) as connection:
            roll_back(connection, now(), by="the benchmark")
        back = time.perf_counter() - begun
    engine.dispose()
    mixes = sum(seen not in (old, new) for each in crowd for seen in each.seen)
    failed = sum(each.failed is not None for each in crowd)
    print(
        f"{name:10}  {feedback:,} reprocessed, compared and shown in {done:.1f} s; rollback {1000 * back:.0f} ms; "
        f"{READERS} readers looked {sum(each.looks for each in crowd):,} times: {mixes} mixes, {failed} failed"
    )


def main(feedback: int = 20_000) -> None:
    """Print a line for each database."""
    os.environ["RESSENTI_KEY"] = base64.urlsafe_b64encode(b"k" * 32).decode()
    with databases() as urls, tempfile.TemporaryDirectory() as folder:
        for name, url in urls.items():
            measure(name, url, feedback, Path(folder))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
