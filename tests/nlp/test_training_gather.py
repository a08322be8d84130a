"""A run learns from what its recipe names, knows what it does not know, and never sees what measures it."""

import json

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.taxonomy import load_taxonomy
from nlp.training import gather as gathering
from nlp.training.gather import gather, read_own, taught_texts, text_key
from nlp.training.overlap import folded, found_in
from nlp.training.recipe import Recipe

IDS = load_taxonomy().ids
LONG = "Le livreur a laissé le carton sous la pluie et tout le contenu était trempé."


def write(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def recipe(**changes):
    return Recipe.model_validate(
        {"name": "r", "base": "b", "dev": "labelled/dev.jsonl", "epochs": 1, "learning_rate": 1e-4} | changes
    )


def test_our_labels_name_a_raw_text_without_a_word_of_it(tmp_path):
    write(tmp_path / "raw" / "a.jsonl", {"text": "Enfin réglé, ouf !", "lang": "fr"}, {"text": "autre"})
    labels = write(
        tmp_path / "labels.jsonl",
        {
            "key": text_key("enfin RÉGLÉ ouf"),
            "emotions": ["relief"],
            "churn_reasons": [],
            "signals": ["resolved"],
        },
    )
    (example,) = read_own(labels, tmp_path / "raw")
    assert (example.text, example.labels) == ("Enfin réglé, ouf !", {"relief", "resolved"})
    assert "réglé" not in labels.read_text()


def test_the_labels_that_ship_hold_no_text():
    for line in gathering.READ_LABELS.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        assert set(record) == {"key", "emotions", "churn_reasons", "signals"}
        assert {label for field in list(record)[1:] for label in record[field]} <= set(IDS)


def test_a_label_that_a_public_set_does_not_annotate_weighs_nothing(tmp_path):
    write(tmp_path / "public" / "brighter_en.train.jsonl", {"text": "I am scared", "labels": ["fear"]})
    items = gather(recipe(public=["brighter_en.train"]), tmp_path)
    known = [IDS.index(label) for label in ("anger", "anxiety", "joy", "surprise")]
    assert items.targets[0].nonzero()[0].tolist() == [IDS.index("anxiety")]
    assert items.negative[0].nonzero()[0].tolist() == sorted(known)
    assert items.positive[0].nonzero()[0].tolist() == sorted(known)


def test_an_unknown_public_set_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"airline.*accepted"):
        gather(recipe(public=["airline_tweets_en"]), tmp_path)


def test_a_teacher_is_asked_only_about_texts_that_measure_nothing(tmp_path):
    write(tmp_path / "labelled" / "dev.jsonl", {"text": "Mesuré."})
    write(tmp_path / "labelled" / "train.jsonl", {"text": "Appris.", "emotions": ["joy"], "source": "s"})
    texts = [{"text": text} for text in ("mesuré", "appris", LONG, "Nouveau.", "Bref")]
    write(tmp_path / "raw" / "s.jsonl", *texts)
    write(tmp_path / "raw" / "forbidden.jsonl", {"text": "Interdit."})
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "f.csv").write_text(f"id;avis\n1;Déjà vu. {LONG.upper()}\n2;bref\n", encoding="utf-8")
    chosen = recipe(labelled=["labelled/train.jsonl"], leave_out=["forbidden"], teachers=["t"])
    assert taught_texts(chosen, tmp_path) == ["Nouveau.", "Bref"]
    seen = []

    def teacher(texts):
        seen.extend(texts)
        return np.full((len(texts), len(IDS)), 0.25, np.float32)

    items = gather(chosen, tmp_path, teacher)
    assert items.texts == ["Appris.", "Nouveau.", "Bref"]
    assert items.targets[1:].tolist() == [[0.25] * len(IDS)] * 2
    assert seen == ["Nouveau.", "Bref"]


def test_a_text_inside_a_feeds_cell_is_found_whatever_its_case_and_marks(tmp_path):
    (tmp_path / "f.csv").write_text(f'id,text\n1,"Titre. {LONG.upper()} Merci"\n', encoding="utf-8")
    assert found_in([LONG, "Rien de commun avec ce qui est écrit là-bas."], tmp_path) == {folded(LONG)}
