"""The bundled model scores any string, alone or among others alike, and a damaged folder is refused."""

import json
import shutil
import threading

import numpy as np
import pytest

from configs.errors import ConfigError, ModelMismatch
from configs.taxonomy import load_taxonomy
from nlp import manifest as parts
from nlp.model import BUNDLED, Columns, load
from nlp.windows import Windowing, combine

HARD = [
    "",
    "   ",
    "\x00\x01\x02",
    "😡" * 300,
    "漢字とかな",
    "привет, мир",
    "\ud800 half a pair",
    "a" * 3000,
    "NULL",
    "\n\n",
]
REAL = [
    "Troisième relance, toujours aucun remboursement, c'est inadmissible !",
    "Merci beaucoup à Julie, tout est réglé, je recommande.",
    "Livraison conforme.",
    "I have been waiting for three weeks and nobody answers.",
    "Je résilie mon abonnement, trop cher pour ce que c'est.",
]


@pytest.fixture(scope="module")
def model():
    return load(threads=1)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(BUNDLED, tmp_path / "model")


def test_its_labels_are_the_taxonomys_and_its_version_is_short_hex(model):
    assert model.labels == load_taxonomy().ids == model.thresholds.labels
    assert len(model.version) == 12
    int(model.version, 16)


def test_any_string_gets_finite_scores(model):
    scores = model.score(HARD)
    assert scores.shape == (len(HARD), 27)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_no_texts_get_no_scores(model):
    assert model.score([]).shape == (0, 27)


def test_a_text_scores_the_same_alone_and_in_any_company(model):
    texts = REAL + HARD
    together = model.score(texts)
    shuffled = model.score(texts[::-1])[::-1]
    alone = np.concatenate([model.score([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-3
    assert np.abs(together - shuffled).max() < 1e-3
    assert [[tag.label for tag in tags] for tags in model.thresholds.apply(together).tags] == [
        [tag.label for tag in tags] for tags in model.thresholds.apply(alone).tags
    ]


def test_the_end_of_a_long_text_is_read(model):
    calm = "Je décris ici ma commande et sa livraison dans le détail. " * 60
    column = model.labels.index("churn_intent")
    plain, leaving = model.score(
        [calm, calm + "Je résilie mon contrat et je ne reviendrai jamais chez vous."]
    )
    assert leaving[column] > plain[column] + 0.02


def test_a_text_of_100_000_characters_is_cut_into_windows_and_counted(model):
    counts = model.count_tokens(["ça " * 33_333, "court"])
    assert 10_000 < counts[0] < 60_000
    assert counts[1] < 10


def test_threads_may_share_one_model(model):
    expected = model.score(REAL)
    found = []
    workers = [threading.Thread(target=lambda: found.append(model.score(REAL))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(scores, expected) for scores in found)
    assert len(found) == 4


def test_the_folder_is_small_and_holds_nothing_that_runs():
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) <= 60_000_000
    parts.refuse_code(BUNDLED)


@pytest.mark.parametrize(
    "name", [parts.GRAPH, parts.TOKENIZER, parts.THRESHOLDS, parts.WEIGHTS, parts.MANIFEST, parts.CONFIG]
)
def test_a_missing_part_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(
        ModelMismatch, match=f"{name}.*(missing|cannot be read).*(accepted|put the folder back)"
    ):
        load(folder)


@pytest.mark.parametrize(
    "name", [parts.GRAPH, parts.TOKENIZER, parts.THRESHOLDS, parts.WEIGHTS, parts.CONFIG]
)
def test_a_changed_part_is_refused(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelMismatch, match=f"{name}.*has changed.*found.*accepted.*put the folder back"):
        load(folder)


@pytest.mark.parametrize("told", ["", "{", '{"format": 1}', "[]"])
def test_a_manifest_that_is_none_is_refused(folder, told):
    (folder / parts.MANIFEST).write_text(told)
    with pytest.raises(
        ModelMismatch, match=r"ressenti\.json: the manifest is not valid.*put the folder back"
    ):
        load(folder)


def test_a_pickle_is_refused(folder):
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelMismatch, match=r"pickled.*pytorch_model\.bin.*accepted: safetensors"):
        load(folder)


def test_remote_code_is_refused(folder):
    config = json.loads((folder / "config.json").read_text()) | {"auto_map": {"AutoModel": "x.Y"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelMismatch, match=r"own code.*auto_map"):
        load(folder)


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(ModelMismatch, match="no such model folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(ModelMismatch, match=r"config\.json"):
        load(tmp_path)


def test_another_models_labels_become_ours_by_a_map():
    columns = Columns(("rage", "happy", "glee", "other"), {"rage": "anger", "happy": "joy", "glee": "joy"},
                      load_taxonomy(), single=False)  # fmt: skip
    assert columns.labels == ("anger", "joy")
    scores = columns.scores(np.array([[0.0, -2.0, 2.0, 9.0]], np.float32))
    assert scores[0] == pytest.approx([0.5, 1 / (1 + np.exp(-2))], abs=1e-6)


def test_a_single_label_model_shares_one_text_among_its_labels():
    columns = Columns(("rage", "happy", "glee"), {"rage": "anger", "happy": "joy", "glee": "joy"},
                      load_taxonomy(), single=True)  # fmt: skip
    assert columns.scores(np.zeros((1, 3), np.float32))[0] == pytest.approx([1 / 3, 2 / 3], abs=1e-6)


def test_scores_stay_finite_whatever_the_logits():
    columns = Columns(("anger",), {"anger": "anger"}, load_taxonomy(), single=False)
    assert np.isfinite(columns.scores(np.array([[np.nan], [np.inf], [-np.inf]], np.float32))).all()


@pytest.mark.parametrize("wrong", [{"fury": "anger"}, {"rage": "fury"}, {}])
def test_a_map_of_unknown_labels_is_refused_with_those_that_exist(wrong):
    with pytest.raises(ConfigError, match="accepted"):
        Columns(("rage",), wrong, load_taxonomy(), single=False)


def test_windows_are_combined_text_by_text():
    logits = np.array([[1.0], [3.0], [-2.0]], np.float32)
    assert combine(logits, [2, 1], Windowing())[:, 0].tolist() == [3, -2]
    assert combine(logits, [2, 1], Windowing(combine="mean"))[:, 0].tolist() == [2, -2]


def test_both_engines_have_one_version_and_the_same_tags_but_for_close_calls(model):
    pytest.importorskip("torch", reason="the torch engine is an extra")
    pytest.importorskip("transformers", reason="the torch engine is an extra")
    exact = load(engine="torch", threads=1)
    assert exact.version == model.version
    assert np.abs(exact.score(REAL) - model.score(REAL)).max() < 0.08


def test_the_folder_is_an_ordinary_classifier_for_transformers(monkeypatch):
    transformers = pytest.importorskip("transformers", reason="the torch engine is an extra")
    pytest.importorskip("torch", reason="the torch engine is an extra")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pipeline = transformers.pipeline("text-classification", model=str(BUNDLED), top_k=None)
    exact = load(engine="torch")
    theirs = [{one["label"]: one["score"] for one in found} for found in pipeline(REAL)]
    matrix = np.array([[scores[label] for label in exact.labels] for scores in theirs])
    assert np.abs(matrix - exact.score(REAL)).max() < 1e-4
