import pytest

from configs.errors import ConfigError
from storage import schema
from storage.database import reading, writing
from storage.registry import Active, activate, active, known_versions, roll_back, withdraw

from .world import NOW, add_model, later, rows

M1, M2 = Active("m1", "t-m1"), Active("m2", "t-m2")


def _active(engine):
    with reading(engine) as connection:
        return active(connection)


def _change(engine, change, *arguments, **options):
    with writing(engine) as connection:
        return change(connection, *arguments, by="lea", **options)


def test_a_model_is_registered_once(engine):
    for _ in range(2):
        add_model(engine, active=False)
    [version] = rows(engine, schema.model_version)
    assert (version["labels"], version["taxonomy_version"]) == (["joy", "anger"], "1")
    assert rows(engine, schema.threshold_set)[0]["values"] == {"joy": {"tag": 0.5, "sure": 0.9}}
    assert _active(engine) == {}
    with reading(engine) as connection:
        assert known_versions(connection) == ["m1"]


def test_activating_is_one_row_and_the_newest_counts(engine):
    add_model(engine)
    add_model(engine, "m2", active=False)
    assert _active(engine) == {"default": M1}
    assert not _change(engine, activate, "m1", "t-m1", NOW)
    assert _change(engine, activate, "m2", "t-m2", later(days=1))
    assert _active(engine) == {"default": M2}
    [_, newest] = rows(engine, schema.activation)
    assert (newest["activated_by"], newest["activated_at"]) == ("lea", later(days=1))


def test_a_batch_overrides_the_default_until_it_is_withdrawn(engine):
    add_model(engine)
    add_model(engine, "m2", scope="batch:W12")
    assert _active(engine) == {"default": M1, "batch:W12": M2}
    assert _change(engine, withdraw, "W12", NOW)
    assert not _change(engine, withdraw, "W12", NOW)
    assert _active(engine) == {"default": M1}


def test_rolling_back_shows_what_was_shown_before(engine):
    add_model(engine)
    add_model(engine, "m2")
    assert _change(engine, roll_back, NOW) == M1
    assert _active(engine) == {"default": M1}
    assert len(rows(engine, schema.activation)) == 3


def test_rolling_back_a_batch_s_first_activation_shows_the_default_again(engine):
    add_model(engine)
    add_model(engine, "m2", scope="batch:W12")
    assert _change(engine, roll_back, NOW, scope="batch:W12") is None
    assert _active(engine) == {"default": M1}


def test_there_is_nothing_before_the_first(engine):
    add_model(engine)
    for scope in ("default", "batch:W12"):
        with pytest.raises(ConfigError, match="nothing to roll back"):
            _change(engine, roll_back, NOW, scope=scope)


def test_a_threshold_set_that_is_not_registered_can_not_be_activated(engine):
    add_model(engine)
    with pytest.raises(Exception, match=r"(?i)foreign"):
        _change(engine, activate, "m1", "unknown", NOW)
