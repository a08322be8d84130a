"""A model that costs nothing, behind the real seam: a bundled folder whose ONNX graph looks for cue words.

Every cue word stands for one label, so a test can write a text and know its tags. The folder passes the same
manifest, tokenizer, engine and thresholds as the shipped model; only the arithmetic is small.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from configs.taxonomy import load_taxonomy
from nlp.manifest import CONFIG, GRAPH, THRESHOLDS, TOKENIZER, write_manifest
from nlp.thresholds import Cut, Thresholds
from nlp.windows import Windowing

CUES = {
    "merci": "gratitude",
    "injuste": "injustice",
    "furieux": "anger",
    "bloqué": "frustration",
    "attends": "impatience",
    "déçu": "disappointment",
    "avocat": "escalation",
    "pars": "churn_intent",
    "encore": "repeat_contact",
    "toujours": "unresolved",
    "réglé": "resolved",
    "peur": "anxiety",
    "ravi": "joy",
}
FAINT = {"bof": "disappointment"}  # a score just below the threshold: unclear
SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")


def write_cheap_model(folder: Path, *, seed: int = 0, tag: float = 0.5, labels: tuple[str, ...] = ()) -> Path:
    """Write the folder; another `seed` makes another model version, another `tag` another threshold set."""
    folder.mkdir(parents=True, exist_ok=True)
    names = labels or load_taxonomy().ids
    words = [*SPECIAL, *CUES, *FAINT]
    (folder / TOKENIZER).write_text(_tokenizer(words), encoding="utf-8")
    (folder / CONFIG).write_text(
        json.dumps(
            {
                "id2label": dict(enumerate(names)),
                "pad_token_id": 0,
                "problem_type": "multi_label_classification",
            }
        )
    )
    Thresholds(cuts={name: Cut(tag=tag, sure=max(tag, 0.9)) for name in names}).save(folder / THRESHOLDS)
    onnx.save(_graph(words, names, seed), folder / GRAPH)
    parts = (TOKENIZER, CONFIG, THRESHOLDS, GRAPH)
    facts = {
        "taxonomy": load_taxonomy().version,
        "labels": names,
        "windowing": Windowing(tokens=64, overlap=8),
    }
    write_manifest(folder, parts, **facts, calibration={}, threshold_set="cheap")
    return folder


def _tokenizer(words: list[str]) -> str:
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    return tokenizer.to_str()


def _graph(words: list[str], labels: tuple[str, ...], seed: int) -> onnx.ModelProto:
    """logits = the highest of what the text's words say of each label; padding says nothing."""
    weights = np.full((len(words), len(labels)), -4.0 - seed / 100, np.float32)
    for cues, logit in ((CUES, 3.0), (FAINT, -0.2)):
        for word, label in cues.items():
            if label in labels:
                weights[words.index(word), labels.index(label)] = logit
    weights[0] = -30.0
    nodes = [
        helper.make_node("Gather", ["weights", "input_ids"], ["said"]),
        helper.make_node("ReduceMax", ["said", "axis"], ["logits"], keepdims=0),
    ]
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "tokens"])
        for name in ("input_ids", "attention_mask")
    )
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", len(labels)])
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
    ]
    graph = helper.make_graph(nodes, "cheap", [ids, mask], [logits], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
