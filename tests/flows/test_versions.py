"""`ressenti versions`: who made what be shown, showing another version, going back in one row."""

import json
import re

import pytest

from nlp.identity import identify
from storage import schema
from tests.cheap_model import write_cheap_model

from .night import current, row, rows

FEED = [row("a", "Merci"), row("b", "bof")]


@pytest.fixture
def two_models(small_room):
    """Two nights, the second with another model."""
    small_room.source("reviews", batch={"constant": "W12"})
    small_room.feed(*FEED)
    small_room.night()
    small_room.model("other", seed=1)
    small_room.night()
    with small_room.open() as work:
        return [each["id"] for each in rows(work.engine, schema.model_version)], work.configured


def _activations(room):
    with room.open() as work:
        return rows(work.engine, schema.activation)


def _failed(said, *words):
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    for word in words:
        assert word in said.err


def test_the_list_says_what_is_shown_and_who_activated_what(ressenti, small_room, two_models):
    ids, shown = two_models
    said = ressenti("versions", "list")
    assert said.code == 0
    for each in ids:
        assert each in said.out
    [line] = [line for line in said.out.splitlines() if "everything" in line and "other" in line]
    assert line.startswith(f"{shown.model_version}  {shown.threshold_set}")
    assert "as the settings ask" in said.out
    assert "first run" in said.out
    assert re.search(r"  run [0-9a-f]{8}  ", said.out), "enough of the run's id"


def test_the_list_has_the_figures_that_stand_in_the_model_s_folder(tmp_path):
    folder = write_cheap_model(tmp_path / "cheap")
    assert identify(str(folder)).facts["metrics"] == {}
    version = identify(str(folder)).version
    overview = {"emotions": {"tag": {"macro": {"value": 0.65712, "low": 0.6, "high": 0.7}}}, "texts": 400}
    file = folder / "metrics.json"
    file.write_text(json.dumps({"model": f"cheap ({version}, onnx)", "overview": overview}))
    assert identify(str(folder)).facts["metrics"] == {"emotions macro-F1": 0.657, "texts": 400}
    file.write_text(json.dumps({"model": "cheap (another, onnx)", "overview": overview}))
    assert identify(str(folder)).facts["metrics"] == {}
    file.write_text("not JSON")
    assert identify(str(folder)).facts["metrics"] == {}


def test_a_rollback_is_one_row_with_the_person_s_name_and_changes_nothing_else(
    ressenti, small_room, two_models, monkeypatch
):
    monkeypatch.setattr("getpass.getuser", lambda: "lea")
    (first, _), _ = two_models
    before = len(_activations(small_room))
    said = ressenti("versions", "rollback")
    assert (said.code, f"everything shows again model {first}" in said.out) == (0, True)
    after = _activations(small_room)
    assert len(after) == before + 1
    assert (after[-1]["activated_by"], after[-1]["by_settings"]) == ("lea", False)


def test_after_a_rollback_it_says_what_waits_and_where_the_model_is(ressenti, small_room, two_models):
    small_room.feed(row("c", "Merci"), file="2.csv")
    small_room.night()
    said = ressenti("versions", "rollback")
    assert "1 texts that came in since wait for that model: the next night scores them from" in said.out


def test_a_batch_may_show_another_version_and_be_given_up(ressenti, small_room, two_models):
    (first, _), shown = two_models
    assert "batch W12 now shows" in ressenti("versions", "activate", first[:6], "--batch", "W12").out
    assert "shows already" in ressenti("versions", "activate", first, "--batch", "W12").out
    assert "batch W12" in ressenti("versions", "list").out
    assert "batch W12 shows again" in ressenti("versions", "withdraw", "W12").out
    assert "batch W12 shows already" in ressenti("versions", "withdraw", "W12").out
    assert _activations(small_room)[-1]["model_version"] is None
    assert shown.model_version != first


def test_a_version_that_would_hide_feedback_is_not_shown(ressenti, small_room, two_models):
    (first, _), _ = two_models
    small_room.feed(row("c", "Merci"), file="2.csv")
    small_room.night()
    said = ressenti("versions", "activate", first)
    _failed(said, "1 feedback would lose their tags", "`ressenti reprocess --model FOLDER`")
    with small_room.open() as work:
        assert current(work.engine)["c"] == {"gratitude"}


def test_what_is_not_there_is_named_with_what_is(ressenti, small_room, two_models):
    (first, second), _ = two_models
    _failed(ressenti("versions", "activate", "zzz"), "no such version", first, second)
    _failed(ressenti("versions", "activate", ""), "several versions begin so")
    _failed(ressenti("versions", "activate", first, "--batch", "w21"), "no such batch", "did you mean `W12`?")
    _failed(ressenti("versions", "withdraw", "autumn"), "no such batch", "accepted: W12")
    _failed(ressenti("versions", "rollback", "--batch", "W12"), "batch W12: nothing to roll back to")
