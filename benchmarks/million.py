# ruff: noqa: E501
"""A million feedback on PostgreSQL, made by the server itself: what the benchmarks of size work on.

    python -m benchmarks.million [FEEDBACK] [URL]      # default 1,000,000, in a database of its own: 5 GB of disk

They are made in the schema of the first release, over two years, six sources, 100 survey waves and 250,000 customers;
the migration to this one is timed. Given the URL of an empty database it stays there, for `benchmarks.bi` and
`benchmarks.erasure`; without one it is thrown away. A PostgreSQL of our own runs with the settings that it brings.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from benchmarks.clock import Clock, machine
from configs.taxonomy import load_taxonomy
from storage.database import connect, reading, writing
from storage.upgrade import MIGRATIONS, upgrade
from tests.databases import bundled_postgresql

OLD = "0001"
BAR = 60  # seconds for the migration
TEMPLATES = 200  # different sets of scores and tags

MADE = f"""
CREATE TEMPORARY TABLE template AS
SELECT n AS template, jsonb_object_agg(l.id, round((random() * 0.45)::numeric, 5)) AS scores
FROM generate_series(0, {TEMPLATES - 1}) AS n CROSS JOIN known AS l GROUP BY n;

CREATE TEMPORARY TABLE template_tag AS
SELECT template, id AS label, round((0.5 + random() / 2)::numeric, 5) AS score, random() < 0.6 AS sure
FROM template CROSS JOIN known WHERE random() < 2.4 / (SELECT count(*) FROM known);

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
SELECT m, m, (SELECT jsonb_agg(id ORDER BY position) FROM known), '1', '{{}}', now() FROM unnest(ARRAY['m1', 'm2']) AS m;
INSERT INTO threshold_set (id, model_version, "values", registered_at)
SELECT 't-' || m, m, (SELECT jsonb_object_agg(id, '{{"tag": 0.5, "sure": 0.8, "experimental": false}}'::jsonb) FROM known), now()
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

INSERT INTO followup (rule, subject_kind, subject_key, state, priority, team, label, opened_at, due_at, closed_at, run_id)
SELECT 'leaving', 'customer', customer, CASE WHEN id % 500 = 1 THEN 'open' ELSE 'done' END, 'urgent', 'retention',
       'churn_intent', discovered_at, discovered_at + interval '1 day',
       CASE WHEN id % 500 > 1 THEN discovered_at + interval '20 hours' END, 'run 1'
FROM feedback WHERE id % 50 = 1 ON CONFLICT DO NOTHING;
INSERT INTO followup_feedback (rule, feedback_id, followup_id, linked_at)
SELECT u.rule, f.id, u.id, u.opened_at FROM followup AS u
JOIN feedback AS f ON f.customer = u.subject_key AND f.discovered_at = u.opened_at;
INSERT INTO quarantine (source_id, run_id, reason, detail, payload, key_id, fingerprint, quarantined_at, state)
SELECT 1 + n % 6, 'run 1', (ARRAY['bad_date', 'missing_id', 'id_collision'])[1 + n % 3], 'no date', 'x', 'key', n::text, now(), 'waiting'
FROM generate_series(1, CAST(:n AS bigint) / 100) AS n
"""


JUDGED = """
INSERT INTO correction (revision_id, label, present, author, corrected_at, origin)
SELECT n * (:n / 2000), (ARRAY['anger', 'joy', 'quality'])[1 + n % 3], n % 2 = 0, 'lea', now(), 'benchmark'
FROM generate_series(1, 2000) AS n
"""


def make(engine: Engine, feedback: int) -> None:
    """Fill an empty database of the schema `OLD`, by statements that the server carries out on its own."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLD)
        connection.execute(text("CREATE TEMPORARY TABLE known (id text, position integer)"))
        labels = [{"id": one.id, "at": at} for at, one in enumerate(load_taxonomy().labels, 1)]
        connection.execute(text("INSERT INTO known VALUES (:id, :at)"), labels)
        connection.execute(
            text("SET LOCAL session_replication_role = replica")
        )  # nothing to check: we made it
        connection.execute(text("SELECT setseed(0.5)"))
        for statement in MADE.split(";\n"):
            known = {"n": feedback, "customers": max(1, feedback // 4)}
            used = {
                name: value
                for name, value in known.items()
                if f":{name} " in statement or f":{name})" in statement
            }
            connection.execute(text(statement), used)
    vacuum(engine)


def migrate(engine: Engine, feedback: int) -> Clock:
    """Time the migration to the newest schema; what the first one had no table for is added behind it."""
    clock = Clock(engine)
    with clock:
        upgrade(engine)
    with writing(engine) as connection:
        connection.execute(text(JUDGED), {"n": feedback})
    vacuum(engine)
    return clock


def vacuum(engine: Engine) -> None:
    """What autovacuum would have done by itself in the time that such a database takes to grow."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


@contextmanager
def database() -> Iterator[str]:
    """URL of an empty database on a PostgreSQL of our own."""
    with tempfile.TemporaryDirectory(prefix="rs") as place, bundled_postgresql(Path(place)) as server:
        yield new_database(server, "million")


def new_database(server: str, name: str, template: str = "template0") -> str:
    """URL of a new database beside the one of the URL `server`."""
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(server: str, statement: str) -> None:
    administrator = create_engine(make_url(server).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text(statement))
    administrator.dispose()


@contextmanager
def copied(url: str) -> Iterator[str]:
    """URL of a copy of a database, beside it, for as long as it is worked on."""
    name = f"{make_url(url).database}_copy"
    yield new_database(url, name, str(make_url(url).database))
    _administer(url, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def filled(feedback: int, url: str | None = None) -> Iterator[Engine]:
    """An engine on such a database: the one at `url`, made where it is empty, or a new one."""
    with database() if url is None else nullcontext(url) as place:
        engine = connect(place)
        if not _is_filled(engine):
            making = Clock(engine)
            with making:
                make(engine, feedback)
            print(f"{machine()}\n{feedback:,} feedback made in {making}", flush=True)
            print(f"migration from {OLD} in {migrate(engine, feedback)}, bar {BAR} s", flush=True)
        yield engine
        engine.dispose()


def _is_filled(engine: Engine) -> bool:
    with reading(engine) as connection:
        return inspect(connection).has_table("feedback")


def main(feedback: str = "1_000_000", url: str | None = None) -> None:
    """Make it."""
    with filled(int(feedback), url):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
