"""Scores become tags by two thresholds a label; stored scores give the same tags again."""

import json

import numpy as np
import pytest

from configs.errors import ConfigError
from nlp.identity import identify
from nlp.model import load
from nlp.thresholds import Cut, Tag, Thresholds, changed, read_thresholds, rounded
from tests.cheap_model import write_cheap_model

LABELS = ("anger", "joy")


def made(**changes):
    return Thresholds(
        cuts={"anger": Cut(tag=0.4, sure=0.8, band=0.1, **changes), "joy": Cut(tag=0.5, sure=0.5)}
    )


def test_a_score_at_the_threshold_sets_the_tag_and_at_sure_sets_it_surely():
    tags = made().apply(np.array([[0.4, 0.1], [0.8, 0.5], [0.39, 0.2]])).tags
    assert tags == [
        [Tag("anger", 0.4, False)],
        [Tag("anger", 0.8, True), Tag("joy", 0.5, True)],
        [],
    ]


def test_only_a_text_without_tags_but_near_one_is_unclear():
    scores = np.array([[0.35, 0.0], [0.29, 0.0], [0.35, 0.9]])
    assert made().apply(scores).unclear == [True, False, False]


def test_stored_scores_give_the_tags_that_fresh_ones_gave():
    fresh = np.array([[0.3999951, 0.4999949], [0.4000049, 0.5000001]], np.float32)
    assert made().apply(fresh) == made().apply(rounded(fresh))
    assert [bool(tags) for tags in made().apply(fresh).tags] == [True, True]


def test_a_label_that_a_model_lacks_is_never_tagged():
    assert made().apply(np.array([[np.nan, 0.9]])).tags == [[Tag("joy", 0.9, True)]]


def test_no_texts_give_no_tags():
    assert made().apply(np.zeros((0, 2))).tags == []


def test_equal_sets_have_equal_ids_and_any_change_another():
    assert made().id == made().id
    assert made().id != made(experimental=True).id
    assert made().id != Thresholds.default(LABELS).id


def test_a_saved_set_reads_back_in_the_order_of_the_model(tmp_path):
    made().save(tmp_path / "thresholds.json")
    back = read_thresholds(tmp_path / "thresholds.json", ("joy", "anger"))
    assert back.labels == ("joy", "anger")
    assert back.cuts == made().cuts


@pytest.mark.parametrize(
    ("cuts", "said"),
    [
        ({"anger": {"tag": 1.2, "sure": 1.3}, "joy": {"tag": 0.5, "sure": 0.5}}, "less than or equal to 1"),
        (
            {"anger": {"tag": 0.5, "sure": 0.4}, "joy": {"tag": 0.5, "sure": 0.5}},
            "sure (0.4) must be at least tag",
        ),
        ({"anger": {"tag": 0.5, "sure": 0.5}}, "joy"),
        ({"anger": {"tag": 0.5, "sure": 0.5}, "rage": {"tag": 0.5, "sure": 0.5}}, "rage"),
    ],
    ids=["out of range", "sure below tag", "label missing", "label unknown"],
)
def test_a_wrong_set_is_refused_with_its_place_and_what_is_accepted(tmp_path, cuts, said):
    path = tmp_path / "thresholds.json"
    path.write_text(json.dumps({"cuts": cuts}))
    with pytest.raises(ConfigError) as error:
        read_thresholds(path, LABELS)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "accepted" in str(error.value)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "thresholds.json").write_text("{")
    with pytest.raises(ConfigError, match="JSON"):
        read_thresholds(tmp_path / "thresholds.json", LABELS)


def test_an_identity_has_its_labels_in_the_order_of_the_scores_whatever_the_folder_s(tmp_path):
    """Else every score would be stored under another label's name."""
    folder = str(write_cheap_model(tmp_path / "m", labels=("gratitude", "anger")))
    known, model = identify(folder), load(folder)
    assert known.labels == known.thresholds.labels == model.labels == ("anger", "gratitude")
    assert known.version == model.version
    assert model.thresholds.labels == model.labels


CUTS = Thresholds(cuts={name: Cut(tag=0.5, sure=0.8) for name in ("joy", "anger")})


def _file(tmp_path, text):
    file = tmp_path / "thresholds.yml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_changes_some_cuts_and_leaves_the_others(tmp_path):
    made = changed(CUTS, _file(tmp_path, "cuts:\n  joy: {tag: 0.3}\n"))
    assert made.labels == CUTS.labels
    assert made.cuts["joy"] == Cut(tag=0.3, sure=0.8)
    assert made.cuts["anger"] == CUTS.cuts["anger"]
    assert made.id != CUTS.id
    assert changed(CUTS, _file(tmp_path, "cuts: {joy: }\n")).id == CUTS.id


def test_a_model_folder_s_thresholds_are_such_a_file(tmp_path):
    CUTS.save(tmp_path / "thresholds.json")
    assert changed(Thresholds.default(CUTS.labels), tmp_path / "thresholds.json").id == CUTS.id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cuts: {joi: {tag: 0.3}}", ("unknown label", "'joi'", "did you mean `joy`?")),
        ("cuts: {joy: {tag: 1.2}}", ("thresholds.yml: cuts.joy", "1.2", "0..1")),
        ("cuts: {joy: {tag: 0.9}}", ("cuts.joy", "must be at least tag")),
        ("cuts: {joy: {tags: 0.9}}", ("cuts.joy.tags",)),
        ("joy: {tag: 0.3}", ("not a list of thresholds", "`cuts:`")),
        ("cuts: [joy]", ("not a list of thresholds",)),
        ("cuts: {joy: 0.3}", ("not a list of thresholds",)),
        ("cuts: {joy", ("not readable as YAML",)),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        changed(CUTS, _file(tmp_path, text))
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yml: the thresholds cannot be read"):
        changed(CUTS, tmp_path / "nowhere.yml")
