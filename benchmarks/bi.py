# ruff: noqa: E501
"""What BI reads over a million feedback on PostgreSQL: seconds of every view, of the pending query, of the migration.

    python -m benchmarks.bi [FEEDBACK]      # default 1,000,000: some minutes and 4 GB of disk

The data are made by the server itself, in the schema of two migrations ago, over two years, six sources, 100 survey
waves and 250,000 customers; the migration that follows is timed. Aggregate views are read in full, row-level views
for one month and for one batch, each three times with all rows brought to the client; printed is the slowest.
PostgreSQL runs with the settings that it brings.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

from configs.taxonomy import load_taxonomy
from storage.database import connect, reading, writing
from storage.labels import write_labels
from storage.reader import count_pending, pending
from storage.upgrade import MIGRATIONS, upgrade
from storage.views import Dialect, all_views
from tests.databases import bundled_postgresql

OLD = "0002"
BAR, PENDING_BAR, MIGRATION_BAR = 1.0, 0.05, 60
TEMPLATES = 200  # different sets of scores and tags

MADE = f"""
CREATE TEMPORARY TABLE template AS
SELECT n AS template, jsonb_object_agg(l.id, round((random() * 0.45)::numeric, 5)) AS scores
FROM generate_series(0, {TEMPLATES - 1}) AS n CROSS JOIN label AS l GROUP BY n;

CREATE TEMPORARY TABLE template_tag AS
SELECT template, id AS label, round((0.5 + random() / 2)::numeric, 5) AS score, random() < 0.6 AS sure
FROM template CROSS JOIN label WHERE random() < 2.4 / (SELECT count(*) FROM label);

INSERT INTO run (id, flow, parameters, versions, host, pid, started_at, heartbeat_at, ended_at, outcome)
SELECT 'run ' || n, 'nightly', '{{}}', '{{"model": "m1"}}', 'host', 1, at, at, at + interval '1 hour', 'done'
FROM generate_series(1, 730) AS n CROSS JOIN LATERAL (SELECT timestamptz '2024-11-20 03:30Z' + n * interval '1 day') AS x(at);
INSERT INTO run_count (run_id, source_id, what, reason, n)
SELECT 'run ' || n, s, w, '', 100 FROM generate_series(1, 730) AS n, generate_series(1, 6) AS s,
       unnest(ARRAY['read', 'new', 'duplicate', 'scored', 'tagged']) AS w;
INSERT INTO source (name, kind, channel, created_at)
SELECT 's' || n, 'files', (ARRAY['review', 'review', 'survey', 'survey', 'ticket', 'ticket'])[n], now()
FROM generate_series(1, 6) AS n;
INSERT INTO model_version (id, name, labels, taxonomy_version, facts, registered_at)
SELECT m, m, (SELECT jsonb_agg(id ORDER BY position) FROM label), '1', '{{}}', now() FROM unnest(ARRAY['m1', 'm2']) AS m;
INSERT INTO threshold_set (id, model_version, "values", registered_at)
SELECT 't-' || m, m, (SELECT jsonb_object_agg(id, '{{"tag": 0.5, "sure": 0.8, "experimental": false}}'::jsonb) FROM label), now()
FROM unnest(ARRAY['m1', 'm2']) AS m;
INSERT INTO activation (scope, model_version, threshold_set, activated_at, activated_by)
VALUES ('default', 'm1', 't-m1', now(), 'benchmark'), ('batch:W50', 'm2', 't-m2', now(), 'benchmark');

INSERT INTO feedback (source_id, external_id, channel, customer, customer_key_id, written_at, written_precision,
  written_relative, discovered_at, rating, rating_low, rating_high, nps, survey, batch, attributes, metadata_hash,
  updated_at)
SELECT s, n::text, (ARRAY['review', 'review', 'survey', 'survey', 'ticket', 'ticket'])[s],
       CASE WHEN n % 10 > 0 THEN md5((n * 7919 % :customers)::text) END, 'key', at, 'second', false, at + interval '1 day',
       CASE WHEN s < 5 THEN 1 + n % 5 END, 1, 5, CASE WHEN s IN (3, 4) THEN n * 31 % 11 END,
       CASE WHEN s IN (3, 4) THEN 'satisfaction' END, CASE WHEN s IN (3, 4) THEN 'W' || n * 100 / :n END,
       jsonb_build_object('product', 'product ' || n * 13 % 40, 'country', (ARRAY['FR', 'BE', 'CH', 'CA'])[1 + n % 4]),
       'hash', at
FROM generate_series(1, CAST(:n AS bigint)) AS n
CROSS JOIN LATERAL (SELECT 1 + (n * 2654435761 % 6)::integer, timestamptz '2024-11-20Z' + n * interval '730 days' / :n) AS x(s, at);

INSERT INTO revision (feedback_id, number, text_hash, masked_text, clean_text, cleaning_version, language,
  language_confidence, latest, predicted_by, run_id, read_at)
SELECT id, 1, md5(id::text), repeat('merci pour rien, je pars ailleurs ', 3 + (id % 9)::integer) || id,
       repeat('merci pour rien, je pars ailleurs ', 3 + (id % 9)::integer) || id, '1',
       (ARRAY['fr', 'fr', 'fr', 'fr', 'fr', 'en', 'en', 'es'])[1 + id % 8], 0.9, true,
       CASE WHEN batch = 'W50' THEN 'm2' ELSE 'm1' END, 'run 1', discovered_at
FROM feedback;

INSERT INTO prediction (revision_id, model_version, outcome, scores, run_id, predicted_at)
SELECT r.id, 'm1', 'scored', t.scores, 'run 1', r.read_at
FROM revision AS r JOIN template AS t ON t.template = r.id * 48271 % {TEMPLATES};
INSERT INTO prediction (revision_id, model_version, outcome, scores, run_id, predicted_at)
SELECT r.id, 'm2', 'scored', t.scores, 'run 1', r.read_at
FROM revision AS r JOIN feedback AS f ON f.id = r.feedback_id AND f.batch = 'W50'
JOIN template AS t ON t.template = r.id * 16807 % {TEMPLATES};
INSERT INTO tag (prediction_id, threshold_set, label, score, sure)
SELECT p.id, 't-' || p.model_version, t.label, t.score, t.sure
FROM prediction AS p JOIN template_tag AS t ON t.template = p.revision_id * 48271 % {TEMPLATES};

INSERT INTO correction (revision_id, label, present, author, corrected_at, origin)
SELECT n * (:n / 2000), (ARRAY['anger', 'joy', 'quality'])[1 + n % 3], n % 2 = 0, 'lea', now(), 'benchmark'
FROM generate_series(1, 2000) AS n;
INSERT INTO followup (rule, subject_kind, subject_key, state, priority, team, label, opened_at, due_at, closed_at, run_id)
SELECT 'leaving', 'customer', customer, CASE WHEN id % 500 = 0 THEN 'open' ELSE 'done' END, 'urgent', 'retention',
       'churn_intent', discovered_at, discovered_at + interval '1 day',
       CASE WHEN id % 500 > 0 THEN discovered_at + interval '20 hours' END, 'run 1'
FROM feedback WHERE id % 50 = 0 AND customer IS NOT NULL ON CONFLICT DO NOTHING;
INSERT INTO followup_feedback (rule, feedback_id, followup_id, linked_at)
SELECT u.rule, f.id, u.id, u.opened_at FROM followup AS u
JOIN feedback AS f ON f.customer = u.subject_key AND f.discovered_at = u.opened_at;
INSERT INTO quarantine (source_id, run_id, reason, detail, payload, key_id, fingerprint, quarantined_at, state)
SELECT 1 + n % 6, 'run 1', (ARRAY['bad_date', 'missing_id', 'id_collision'])[1 + n % 3], 'no date', 'x', 'key', n::text, now(), 'waiting'
FROM generate_series(1, CAST(:n AS bigint) / 100) AS n
"""


def make(engine: Engine, feedback: int) -> None:
    """Fill an empty database of the schema `OLD`, by statements that the server carries out on its own."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLD)
        write_labels(connection, load_taxonomy())
        connection.execute(text("SELECT setseed(0.5)"))
        for statement in MADE.split(";\n"):
            known = {"n": feedback, "customers": max(1, feedback // 4)}
            used = {
                name: value
                for name, value in known.items()
                if f":{name} " in statement or f":{name})" in statement
            }
            connection.execute(text(statement), used)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def questions() -> Iterator[tuple[str, str]]:
    """What is asked of each view: (what, SQL)."""
    for view in all_views(load_taxonomy()):
        name = Dialect("postgresql").view(view.name)
        columns = {column.name for column in view.columns}
        if view.name in ("feedback", "tags"):
            yield (
                f"{view.name}, a month",
                f"SELECT * FROM {name} WHERE day >= '2026-03-01' AND day < '2026-04-01'",
            )
            yield f"{view.name}, a batch", f"SELECT * FROM {name} WHERE batch = 'W70'"
            yield f"{view.name}, a batch shown otherwise", f"SELECT * FROM {name} WHERE batch = 'W50'"
        else:
            assert columns
            yield view.name, f"SELECT * FROM {name}"


def seconds(engine: Engine, sql: str) -> tuple[float, int]:
    """Slowest of three times until all rows are here, and how many rows."""
    slowest, rows = 0.0, 0
    for _ in range(3):
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            begun = time.perf_counter()
            with driver.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT") as copy:
                rows = sum(bytes(block).count(b"\n") for block in copy)
            slowest = max(slowest, time.perf_counter() - begun)
    return slowest, rows


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


@contextmanager
def database() -> Iterator[Engine]:
    """An empty database on a PostgreSQL of our own."""
    with tempfile.TemporaryDirectory(prefix="rs") as place, bundled_postgresql(Path(place)) as server:
        administrator = create_engine(server, isolation_level="AUTOCOMMIT")
        with administrator.connect() as connection:
            connection.execute(text("CREATE DATABASE bi TEMPLATE template0"))
        administrator.dispose()
        engine = connect(make_url(server).set(database="bi").render_as_string(hide_password=False))
        yield engine
        engine.dispose()


def told(what: str, spent: float, bar: float, rest: str = "") -> None:
    """One line."""
    print(
        f"{what:32} {spent:8.3f} s  {'' if spent <= bar else f'over the bar of {bar} s  '}{rest}", flush=True
    )


def main(feedback: int = 1_000_000) -> None:
    """Print seconds, and the plans of the pending query."""
    with database() as engine:
        begun = time.perf_counter()
        make(engine, feedback)
        print(f"{feedback:,} feedback made in {time.perf_counter() - begun:.0f} s")
        begun = time.perf_counter()
        upgrade(engine)
        told(f"migration from {OLD}", time.perf_counter() - begun, MIGRATION_BAR)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        for what, sql in questions():
            spent, rows = seconds(engine, sql)
            told(what, spent, BAR, f"{rows:,} rows")
        for what, ask in (("pending", lambda one: pending(one, 500)), ("count pending", count_pending)):
            with reading(engine) as connection:
                ask(connection)
                begun = time.perf_counter()
                ask(connection)
                told(what, time.perf_counter() - begun, PENDING_BAR)
                for plan in plans(connection, ask):
                    print(f"    {plan}".replace("\n", "\n    "))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
