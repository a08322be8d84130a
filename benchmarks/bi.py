"""What BI reads over a million feedback on PostgreSQL: seconds of every view, and of the pending query.

    python -m benchmarks.bi [FEEDBACK] [URL]      # default 1,000,000; URL: of a database that benchmarks.million made

Aggregate views are read in full, row-level views for one month and for one batch, each three times with all rows
brought to the client; printed is the median, for which the bar stands, and what it took of processors.
"""

import statistics
import sys
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Engine, event

from benchmarks.clock import Clock, machine
from benchmarks.million import filled
from configs.taxonomy import load_taxonomy
from storage.database import reading
from storage.reader import count_pending, pending
from storage.views import Dialect, all_views

BAR, PENDING_BAR = 1.0, 0.05
TIMES = 3


def questions() -> Iterator[tuple[str, str]]:
    """What is asked of each view: (what, SQL)."""
    for view in all_views(load_taxonomy()):
        name = Dialect("postgresql").view(view.name)
        if view.name in ("feedback", "tags"):
            yield (
                f"{view.name}, a month",
                f"SELECT * FROM {name} WHERE day >= '2026-03-01' AND day < '2026-04-01'",
            )
            yield f"{view.name}, a batch", f"SELECT * FROM {name} WHERE batch = 'W70'"
            yield f"{view.name}, a batch shown otherwise", f"SELECT * FROM {name} WHERE batch = 'W50'"
        else:
            yield view.name, f"SELECT * FROM {name}"


def rows_of(engine: Engine, sql: str) -> tuple[list[Clock], int]:
    """Seconds until all rows are here, each time, and how many rows."""
    clocks, rows = [Clock(engine) for _ in range(TIMES)], 0
    for clock in clocks:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            with clock, driver.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT") as copy:
                rows = sum(bytes(block).count(b"\n") for block in copy)
    return clocks, rows


def answered(engine: Engine, ask: Callable[[Connection], object]) -> list[Clock]:
    """Seconds of a question of the program's own, each time; the first, which fills caches, left out."""
    clocks = [Clock(engine) for _ in range(TIMES + 1)]
    for clock in clocks:
        with reading(engine) as connection, clock:
            ask(connection)
    return clocks[1:]


def plans(connection: Connection, ask: Callable[[Connection], object]) -> list[str]:
    """EXPLAIN ANALYZE of every statement that `ask` runs."""
    asked = []

    def note(_connection, _cursor, statement, parameters, _context, _many):  # noqa: ANN001, ANN202
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    ask(connection)
    event.remove(connection, "before_cursor_execute", note)
    return [
        "\n".join(
            row[0]
            for row in connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {statement}", parameters)
        )
        for statement, parameters in asked
        if "revision" in statement
    ]


def told(what: str, clocks: list[Clock], bar: float, rest: str = "") -> None:
    """One line."""
    median = statistics.median(clock.seconds for clock in clocks)
    worked = statistics.median(clock.worked for clock in clocks)
    over = "" if median <= bar else f"over the bar of {bar} s  "
    print(f"{what:32} {median:8.3f} s ({worked:7.3f} s of processors)  {over}{rest}", flush=True)


def main(feedback: str = "1_000_000", url: str | None = None) -> None:
    """Print seconds, and the plans of the pending query."""
    with filled(int(feedback), url) as engine:
        print(machine())
        for what, sql in questions():
            clocks, rows = rows_of(engine, sql)
            told(what, clocks, BAR, f"{rows:,} rows")
        for what, ask in (("pending", lambda one: pending(one, 500)), ("count pending", count_pending)):
            told(what, answered(engine, ask), PENDING_BAR)
            with reading(engine) as connection:
                for plan in plans(connection, ask):
                    print(f"    {plan}".replace("\n", "\n    "))


if __name__ == "__main__":
    main(*sys.argv[1:])
