"""`ressenti model`: from a recipe to a folder that runs, its figures and its card, on a model of a few thousand weights."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml

torch = pytest.importorskip("torch", reason="training is an extra")
pytest.importorskip("transformers", reason="training is an extra")
pytest.importorskip("onnx", reason="training is an extra")
pytest.importorskip("sklearn", reason="training is an extra")
pytest.importorskip("matplotlib", reason="training is an extra")

from safetensors import safe_open  # noqa: E402

from configs.settings import PROJECT  # noqa: E402
from tests.tiny_encoder import CUES, write_texts, write_tiny_base  # noqa: E402

RECIPE = {
    "name": "tiny", "base": "base12", "labelled": ["labelled/real.train.jsonl"], "dev": "labelled/real.dev.jsonl",
    "start_from_means": True, "epochs": 3, "learning_rate": 3.0e-4, "head_rate": 50.0, "batch_tokens": 256, "disturb": 0.0,
}  # fmt: skip


class Bench:
    """A data folder, a state folder with a base, and recipes."""

    def __init__(self, folder):
        self.folder, self.data, self.state = folder, folder / "data", folder / "state"
        write_tiny_base(self.state / "base12")
        write_texts(self.data / "labelled/real.train.jsonl", 400, seed=1)
        write_texts(self.data / "labelled/real.dev.jsonl", 120, seed=2)

    def recipe(self, **changes):
        told = RECIPE | changes
        path = self.folder / f"{told['name']}.yml"
        path.write_text(yaml.safe_dump({name: value for name, value in told.items() if value is not None}))
        return path

    @property
    def places(self):
        return ("--data", self.data, "--state", self.state)


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


def test_training_goes_on_where_ctrl_c_stopped_it(bench, ressenti, monkeypatch):
    from nlp.training.train import Loop

    learn = Loop.learn

    def press_after_three(self, *rest):
        loss = learn(self, *rest)
        if self.step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return loss

    monkeypatch.setattr(Loop, "learn", press_after_three)
    said = ressenti("model", "train", bench.recipe(), *bench.places)
    assert said.code == 130
    assert "interrupted; what was done is kept" in said.err
    assert not (bench.state / "tiny/model").exists()

    steps = []
    monkeypatch.setattr(Loop, "learn", lambda self, *rest: (steps.append(self.step), learn(self, *rest))[1])
    assert ressenti("model", "train", bench.recipe(), *bench.places).code == 0
    assert steps[0] == 3
    assert (bench.state / "tiny/model/model.safetensors").exists()


EVERY_STEP_KEPT = """
import functools, sys
from nlp.training import runs
runs.run = functools.partial(runs.run, minutes_between=0)
from flows.cli import main
sys.argv = ["ressenti", "model", "train", *sys.argv[1:]]
main()
"""


def test_training_killed_halfway_ends_with_the_weights_of_one_never_stopped(bench, ressenti):
    words = (bench.recipe(disturb=0.3), *bench.places)
    assert ressenti("model", "train", *words).code == 0
    weights, checkpoint = (
        bench.state / "tiny/model/model.safetensors",
        bench.state / "tiny/checkpoint.safetensors",
    )
    whole = weights.read_bytes()
    shutil.rmtree(bench.state / "tiny")

    child = subprocess.Popen([sys.executable, "-c", EVERY_STEP_KEPT, *words], cwd=PROJECT)
    while child.poll() is None and step_of(checkpoint) < 5:
        time.sleep(0.01)
    child.kill()
    assert child.wait() == -signal.SIGKILL
    assert not weights.exists()
    assert ressenti("model", "train", *words).code == 0
    assert weights.read_bytes() == whole


def step_of(checkpoint):
    if not checkpoint.exists():
        return 0
    with safe_open(checkpoint, "pt") as opened:
        return int(opened.metadata()["step"])


def test_the_same_recipe_gives_the_same_weights(bench, ressenti):
    for _ in range(2):
        ressenti("model", "train", bench.recipe(epochs=0.5), *bench.places)
        weights = bench.state / "tiny/model/model.safetensors"
        found = weights.read_bytes()
        (bench.state / "tiny/checkpoint.safetensors").unlink()
        weights.rename(bench.folder / "first") if not (bench.folder / "first").exists() else None
    assert found == (bench.folder / "first").read_bytes()


def test_a_recipe_with_labels_of_its_own_is_measured_on_its_test_by_what_dev_says(bench, ressenti):
    texts = bench.data / "labelled/real.test.jsonl"
    known = (bench.data / "labelled/real.train.jsonl").read_text().splitlines()[0]
    write_texts(texts, 80, seed=4)
    texts.write_text(texts.read_text() + known + "\n")
    recipe = bench.recipe(name="other", labels=sorted(CUES), test="labelled/real.test.jsonl")
    said = ressenti("model", "train", recipe, *bench.places)
    assert said.code == 0, said.err
    assert "macro 0." in said.out or "macro 1.000" in said.out
    figures = json.loads((bench.state / "other/test.json").read_text())
    assert (figures["labels"], figures["texts"]) == (len(CUES), 81)
    assert json.loads(known)["id"] in figures["also in train"]
    assert figures["figures"]["macro"][0] > 0.6


def test_a_run_with_other_labels_is_not_exported(bench, ressenti):
    ressenti("model", "train", bench.recipe(labels=sorted(CUES), epochs=0.2), *bench.places)
    said = ressenti("model", "export", "tiny", bench.folder / "bundled", *bench.places)
    assert said.code == 2
    assert "the run has other labels than the taxonomy" in said.err


def test_a_base_recipe_cuts_a_base(bench, ressenti):
    write_texts(bench.data / "raw/made.jsonl", 20, seed=5)
    recipe = bench.recipe(name="small", base="base12", pieces=1001, layers=[0], raw="raw", dev=None, epochs=None,
                          learning_rate=None, head_rate=None, start_from_means=None, batch_tokens=None, disturb=None)  # fmt: skip
    said = ressenti("model", "train", recipe, *bench.places)
    assert said.code == 0, said.err
    config = json.loads((bench.state / "small/config.json").read_text())
    assert config["num_hidden_layers"] == 1


def made(monkeypatch, bench):
    """Let this bench's recipe be the one of the shipped weights."""
    bench.recipe(name="small", pieces=1001, raw="raw", dev=None, epochs=None, learning_rate=None, head_rate=None,
                 start_from_means=None, batch_tokens=None, disturb=None, leave_out=["forbidden"])  # fmt: skip
    (bench.folder / "made.yml").write_text("recipes: [small, tiny]\n")
    write_texts(bench.data / "raw/made.jsonl", 20, seed=5)
    write_texts(bench.data / "raw/synthetic_tickets_multilang.jsonl", 5, seed=6)
    monkeypatch.setattr("nlp.training.made._MADE", bench.folder / "made.yml")
    monkeypatch.setattr("nlp.training.made.RECIPES", bench.folder)


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
    assert "| TF-IDF and logistic regression | 1.000 [" in text
    assert "No lexicon stands here" in text
    assert "GoEmotions\n\nNot measured" in text
    examples = yaml.safe_load((PROJECT / "nlp/training/examples.yml").read_text())
    assert all(example["text"].replace("|", "\\|") in text for example in examples)
    assert f"of {len(examples)}." in text
    for drawing in ("reliability", "precision"):
        assert f"(images/{drawing}.svg)" in text
        assert (page.parent / f"images/{drawing}.svg").read_text().startswith("<?xml")


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


def test_an_unknown_base_is_refused_whether_the_hub_answers_or_not(bench, ressenti, monkeypatch):
    monkeypatch.setattr(
        "nlp.training.runs.snapshot_download", lambda *_, **__: (_ for _ in ()).throw(OSError())
    )
    for base in ("nothing", "nobody/nothing"):
        said = ressenti("model", "train", bench.recipe(base=base), *bench.places)
        assert said.code == 2
        assert f"{base}: no base of this name" in said.err


def test_a_base_of_the_hub_is_fetched_without_pickles(bench, ressenti, monkeypatch):
    asked = []

    def fetch(name, allow_patterns):
        asked.append((name, tuple(allow_patterns)))
        return str(bench.state / "base12")

    monkeypatch.setattr("nlp.training.runs.snapshot_download", fetch)
    assert ressenti("model", "train", bench.recipe(base="owner/small", epochs=0.1), *bench.places).code == 0
    assert set(asked) == {("owner/small", ("*.json", "*.safetensors"))}


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
