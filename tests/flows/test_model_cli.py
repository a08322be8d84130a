"""`ressenti model`: from a run to a folder that is used, its figures and its card, on a model of a few thousand weights."""

import json
import re
import subprocess
import sys

import pytest
import yaml

pytest.importorskip("torch", reason="training is an extra")
pytest.importorskip("transformers", reason="training is an extra")
pytest.importorskip("onnx", reason="training is an extra")
pytest.importorskip("sklearn", reason="training is an extra")
pytest.importorskip("matplotlib", reason="training is an extra")

from configs.settings import PROJECT
from tests.bench import Bench, made
from tests.tiny_encoder import CUES, write_texts


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def trained(bench, ressenti):
    said = ressenti("model", "train", bench.recipe(), *bench.places)
    assert said.code == 0, said.err
    assert said.out == f"{bench.state}/tiny/model\n"
    return bench


@pytest.fixture
def exported(trained, ressenti):
    target = trained.folder / "bundled"
    said = ressenti("model", "export", "tiny", target, *trained.places)
    assert said.code == 0, said.err
    return target


def test_an_export_names_the_labels_that_its_dev_has_too_few_cases_of(trained, ressenti):
    said = ressenti("model", "export", "tiny", trained.folder / "bundled", *trained.places)
    assert "experimental, too few cases in" in said.err
    told = said.err.rpartition(": ")[2].strip().split(", ")
    assert "escalation" in told
    assert not set(told) & set(CUES)
    (trained.folder / "file").touch()
    said = ressenti("model", "export", "tiny", trained.folder / "file", *trained.places)
    assert said.code == 2
    assert f"{trained.folder}/file: not a folder" in said.err


def test_a_recipe_becomes_a_folder_that_runs_and_is_measured_on_ones_own_file(exported, ressenti, tmp_path):
    from nlp.model import load

    own = write_texts(tmp_path / "own.jsonl", 60, seed=3)
    said = ressenti("model", "evaluate", "--model", exported, "--data", own, "--json", tmp_path / "figures.json",
                    "--plots", tmp_path / "plots")  # fmt: skip
    assert said.code == 0, said.err
    assert f"bundled ({load(exported).version}, onnx) on 60 texts, 27 labels" in said.out
    assert "language fr" in said.out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["labels"]["anger"]["at"]["tag"]["micro"]["value"] > 0.6
    assert set(figures["overview"]["emotions"]) == {"tag", "sure", "0.5"}
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"reliability.svg", "precision.svg"}


def test_the_texts_that_thresholds_came_from_are_cross_fitted_without_being_asked(
    exported, trained, ressenti
):
    told = [
        ressenti("model", "evaluate", "--model", exported, "--training", trained.data, *more).out
        for more in ((), ("--data", trained.data / "labelled/real.dev.jsonl"), ("--cross-fitted",))
    ]
    assert "120 texts" in told[0]
    assert told[0] == told[1] == told[2]


def test_peers_learn_from_the_same_texts_and_are_measured_beside_the_model(
    exported, trained, ressenti, monkeypatch
):
    made(monkeypatch, trained)
    lexicon = trained.folder / "feel.csv"
    lexicon.write_text(
        "id;word;polarity;joy;fear;sadness;anger;surprise;disgust\n1;ravi|content;positive;1;0;0;0;0;0\n"
    )
    said = ressenti("model", "evaluate", "--model", exported, "--training", trained.data, "--state", trained.state,
                    "--peer", "tfidf", "--peer", "frozen", "--peer", "lexicon", "--lexicon", lexicon)  # fmt: skip
    assert said.code == 0, said.err
    for name in ("TF-IDF and logistic regression", "frozen embeddings", "FEEL, a French lexicon"):
        assert name in said.out


def test_a_lexicon_without_its_columns_is_refused(bench, ressenti, monkeypatch):
    bench.recipe()
    made(monkeypatch, bench)
    words = bench.folder / "feel.csv"
    words.write_text("word;joy\nravi;1\n")
    said = ressenti("model", "evaluate", "--training", bench.data, "--peer", "lexicon", "--lexicon", words)
    assert said.code == 2
    assert f"{words}: columns are missing (found ['word', 'joy']); accepted: word, joy, fear" in said.err


def test_a_run_with_other_labels_is_not_exported(bench, ressenti):
    ressenti("model", "train", bench.recipe(labels=sorted(CUES), epochs=0.2), *bench.places)
    said = ressenti("model", "export", "tiny", bench.folder / "bundled", *bench.places)
    assert said.code == 2
    assert "the run has other labels than the taxonomy" in said.err


def test_the_card_tells_sets_figures_peers_and_the_examples_that_it_gets_wrong(
    exported, trained, ressenti, monkeypatch
):
    made(monkeypatch, trained)
    page = trained.folder / "card.md"
    said = ressenti("model", "card", "--model", exported, "--target", page, *trained.places)
    assert said.code == 0, said.err
    text = page.read_text()
    assert "| made | 400 |  | 20 | none stated |" in text
    assert "that were left out: airline_tweets_en, en_twitter_support_spotify" in text
    assert "**Read although marked so: synthetic_tickets_multilang.**" in text
    assert "Recipes, in order: `small`, `tiny`" in text
    assert "Experimental, as too few real cases stand behind them: `frustration`" in text
    assert "| TF-IDF and logistic regression | 1.000 [" in text
    assert "No lexicon stands here" in text
    assert "thresholds from dev (`goemotions6`) | 0." in text
    examples = yaml.safe_load((PROJECT / "nlp/training/examples.yml").read_text())
    assert all(example["text"].replace("|", "\\|") in text for example in examples)
    assert f"of {len(examples)}." in text
    for drawing in ("reliability", "precision"):
        assert f"(images/{drawing}.svg)" in text
        assert (page.parent / f"images/{drawing}.svg").read_text().startswith("<?xml")


def test_a_label_that_is_none_is_named_with_its_text_and_what_was_meant(ressenti, tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("text,labels\nMerci,gratitude\nRavi,joi\n")
    said = ressenti("model", "evaluate", "--data", own)
    assert said.code == 2
    assert f"{own}: text 2: unknown label (found 'joi')" in said.err
    assert "did you mean `joy`?" in said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "/nowhere/recipe.yml"), "/nowhere/recipe.yml: the recipe cannot be read"),
        (("export", "nothing", "/nowhere/x"), "nothing: no base of this name; accepted: a run in"),
        (("evaluate", "--data", "/nowhere/a.csv"), "/nowhere/a.csv: the data cannot be read"),
        (("evaluate", "--training", "/nowhere"), "no labelled texts here; give your own with --data FILE"),
        (("evaluate", "--model", "/nowhere/model"), "/nowhere/model: no such model folder"),
    ],
)
def test_what_is_not_there_is_named_with_what_would_do(ressenti, bench, words, sentence):
    if "--data" not in words and "--training" not in words and words[0] == "evaluate":
        words = (*words, "--training", bench.data)
    said = ressenti("model", *words)
    assert said.code == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "words", ["train configs/training/base12.yml", "export a b", "card", "evaluate --peer tfidf"]
)
def test_without_the_extra_one_sentence_says_how_to_get_it(words):
    code = "import sys; sys.modules |= dict.fromkeys(('torch', 'sklearn', 'transformers'))\n"
    code += f"sys.argv = ['ressenti', 'model', *{words.split()!r}]\n"
    code += "from flows.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 2
    assert re.fullmatch(
        r"ressenti: configuration: this needs the extra `train` \(found 'no module (torch|transformers|sklearn)[\w.]*'\); "
        r"pip install 'ressenti\[train\]'\n",
        done.stderr,
    )
