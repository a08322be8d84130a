"""`ressenti model train`: resumed, killed and repeated, on a model of a few thousand weights."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("torch", reason="training is an extra")
pytest.importorskip("transformers", reason="training is an extra")
pytest.importorskip("onnx", reason="training is an extra")
pytest.importorskip("sklearn", reason="training is an extra")
pytest.importorskip("matplotlib", reason="training is an extra")

from safetensors import safe_open

from configs.settings import PROJECT
from tests.bench import Bench
from tests.tiny_encoder import CUES, write_texts


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


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


def test_what_a_teacher_has_read_is_kept_until_its_weights_change(bench, ressenti, monkeypatch):
    from nlp.training import runs

    write_texts(bench.data / "raw/made.jsonl", 30, seed=7)
    student = bench.recipe(name="student", teachers=["tiny"], epochs=0.2)
    predict, read = runs.predict, []

    def counted(model, texts, *rest):
        read.append(len(texts))
        return predict(model, texts, *rest)

    monkeypatch.setattr(runs, "predict", counted)
    readings = []
    for seed in (1, 1, 2):
        shutil.rmtree(bench.state / "tiny", ignore_errors=True)
        for recipe in (bench.recipe(seed=seed, epochs=0.2), student):
            said = ressenti("model", "train", recipe, *bench.places)
            assert said.code == 0, said.err
        readings.append(sum(count != 120 for count in read))  # 120 are dev
    assert readings == [1, 1, 2]


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


def test_a_base_recipe_cuts_a_base(bench, ressenti):
    write_texts(bench.data / "raw/made.jsonl", 20, seed=5)
    recipe = bench.recipe(name="small", base="base12", pieces=1001, layers=[0], raw="raw", dev=None, epochs=None,
                          learning_rate=None, head_rate=None, start_from_means=None, batch_tokens=None, disturb=None)  # fmt: skip
    said = ressenti("model", "train", recipe, *bench.places)
    assert said.code == 0, said.err
    config = json.loads((bench.state / "small/config.json").read_text())
    assert config["num_hidden_layers"] == 1


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
