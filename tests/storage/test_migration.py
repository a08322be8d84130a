"""From every schema that was ever released to the newest: no row is lost, and what is new is filled in."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, inspect, select

from storage import schema
from storage.database import connect, reading, writing
from storage.registry import Active, active, asked_anew
from storage.upgrade import MIGRATIONS, known, newest, upgrade

from .world import NOW, later

RUN, CUTS = {"id": "r1", "flow": "nightly"}, {"joy": {"tag": 0.5, "sure": 0.9}}
ROWS = {
    "run": [
        RUN | {"parameters": {}, "versions": {"model": "m1"}, "host": "h", "pid": 1, "started_at": NOW,
               "heartbeat_at": NOW, "outcome": "done"},
    ],
    "model_version": [
        {"id": name, "name": name, "labels": ["joy"], "taxonomy_version": "1", "facts": {}, "registered_at": NOW}
        for name in ("m1", "m2")
    ],
    "threshold_set": [
        {"id": f"t-{name}", "model_version": name, "values": CUTS, "registered_at": NOW} for name in ("m1", "m2")
    ],
    "activation": [
        {"scope": "default", "model_version": model, "threshold_set": f"t-{model}", "activated_at": later(hours=hour),
         "activated_by": by}
        for hour, (model, by) in enumerate([("m1", "first run"), ("m2", "run r1"), ("m1", "lea")])
    ],
    "source": [{"id": 1, "name": "reviews", "kind": "files", "channel": "review", "created_at": NOW}],
    "feedback": [
        {"id": number, "source_id": 1, "external_id": f"{number}", "channel": "review", "written_relative": False,
         "discovered_at": NOW, "attributes": {"city": "Lyon"}, "metadata_hash": "h", "updated_at": NOW,
         "day": NOW.date(), "batch": "W12", "customer": "c", "rating": 2.0}
        for number in (1, 2)
    ],
    "revision": [
        {"id": number, "feedback_id": number, "number": 1, "text_hash": f"{number}", "masked_text": "Merci",
         "clean_text": "Merci", "cleaning_version": "1", "latest": True, "predicted_by": "m1", "run_id": "r1",
         "read_at": NOW}
        for number in (1, 2)
    ],
    "prediction": [
        {"id": number, "revision_id": number, "model_version": "m1", "outcome": "scored", "scores": {"joy": 0.9},
         "run_id": "r1", "predicted_at": NOW}
        for number in (1, 2)
    ],
    "tag": [
        {"prediction_id": number, "threshold_set": "t-m1", "label": "joy", "score": 0.9, "sure": True}
        for number in (1, 2)
    ],
    "followup": [
        {"id": 1, "rule": "happy", "subject_kind": "customer", "subject_key": "c", "state": "taken",
         "priority": "high", "team": "care", "label": "joy", "opened_at": NOW, "taken_by": "max", "run_id": "r1"},
    ],
    "followup_feedback": [{"rule": "happy", "feedback_id": 1, "followup_id": 1, "linked_at": NOW}],
    "run_count": [{"run_id": "r1", "source_id": 1, "what": "new", "reason": "", "n": 2}],
}  # fmt: skip


@pytest.fixture(params=known()[:-1])
def old(request, empty_database_url):
    """A database of an older schema with rows in it."""
    engine = connect(empty_database_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes |= {"connection": connection, "timezone": "Europe/Paris"}
        command.upgrade(config, request.param)
        there = {name: {column["name"] for column in inspect(connection).get_columns(name)} for name in ROWS}
        for name, rows in ROWS.items():
            table = schema.metadata.tables[name]
            kept = [{key: value for key, value in row.items() if key in there[name]} for row in rows]
            connection.execute(table.insert(), kept)
    yield engine
    engine.dispose()


def _content(engine):
    """{table: its rows}, by what the database itself says its columns are."""
    found = MetaData()
    found.reflect(engine)
    with reading(engine) as connection:
        return {
            name: [
                {key: str(value) for key, value in row._mapping.items()}
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for name, table in found.tables.items()
            if name != "alembic_version"
        }


def test_every_row_and_value_is_kept(old):
    before = _content(old)
    upgrade(old)
    after = _content(old)
    for name, rows in before.items():
        if name in ROWS:
            assert len(after[name]) == len(rows) == len(ROWS[name])
            for was, is_now in zip(rows, after[name], strict=True):
                assert {key: is_now[key] for key in was} | was == {key: is_now[key] for key in was}
                assert was.items() <= is_now.items()


def test_the_new_parts_are_filled_in_and_a_second_time_changes_nothing(old):
    upgrade(old)
    with reading(old) as connection:
        assert active(connection) == {"default": Active("m1", "t-m1")}
        labels = connection.execute(select(schema.label.c.id)).scalars().all()
        assert "injustice" in labels
    before = _content(old)
    upgrade(old)
    assert _content(old) == before


@pytest.mark.parametrize("old", ["0001"], indirect=True)
def test_who_asked_for_an_old_activation_is_told_by_its_run(old):
    """A rollback that a person made before the upgrade stands after it too."""
    upgrade(old)
    with reading(old) as connection:
        asked = select(schema.activation.c.by_settings).order_by(schema.activation.c.id)
        assert connection.execute(asked).scalars().all() == [True, True, False]
        assert not asked_anew(connection, Active("m2", "t-m2"))


def test_the_newest_is_the_last_of_all_that_are_known():
    assert known() == sorted(known())
    assert newest() == known()[-1]
