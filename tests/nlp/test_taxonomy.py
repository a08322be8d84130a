"""The taxonomy file holds the labels that data, model and database share."""

import pytest

from configs.errors import ConfigError
from configs.taxonomy import load_taxonomy


def test_it_names_14_emotions_6_reasons_and_7_signals():
    taxonomy = load_taxonomy()
    counts = [len(taxonomy.of_kind(kind)) for kind in ("emotion", "churn_reason", "signal")]
    assert counts == [14, 6, 7]
    assert len(set(taxonomy.ids)) == 27


def test_every_emotion_has_a_valence_and_nothing_else_has():
    for label in load_taxonomy().labels:
        assert (label.valence is not None) == (label.kind == "emotion")


def test_a_label_has_its_name_in_both_languages():
    anger = load_taxonomy()["anger"]
    assert (anger.name("fr"), anger.name("en"), anger.name("de")) == ("colère", "anger", "anger")


def test_an_unknown_label_is_refused_with_those_that_exist():
    with pytest.raises(ConfigError, match=r"rage.*accepted: anger"):
        load_taxonomy()["rage"]


@pytest.mark.parametrize(
    "text", ["version: 1\nlabels: [{id: a}]", "labels: [", "version: 1\nlabels: []\nextra: 1"]
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path, text):
    path = tmp_path / "taxonomy.yml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"taxonomy\.yml"):
        load_taxonomy(path)
