"""From a trained run to the bundled folder: calibrated head, float16 weights, int8 graph, thresholds, checksums."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import BertForSequenceClassification

from configs.errors import ModelMismatch
from configs.taxonomy import load_taxonomy
from nlp import manifest as parts
from nlp.accents import ACCENTS
from nlp.thresholds import Thresholds
from nlp.training.calibrate import Affine, fit_affine, fit_thresholds
from nlp.training.data import read_examples, targets
from nlp.training.forward import Classifier
from nlp.training.graph import write_graph
from nlp.training.runs import predict
from nlp.training.spelling import keep_accents
from nlp.training.tokens import open_tokenizer
from nlp.windows import Windowing

log = logging.getLogger(__name__)
_TOKENIZER_CONFIG = "tokenizer_config.json"
LARGEST_BYTES = 60_000_000


def export(run: Path, target: Path, *, dev: Path, windowing: Windowing | None = None) -> parts.Manifest:
    """Write the folder that is shipped.

    Args:
        run: the folder of a trained model, as `train` returns it.
        target: where the bundled folder goes; its files are replaced.
        dev: labelled records that calibration and thresholds are fitted on.
        windowing: how long texts are read.

    Raises:
        ModelMismatch: the run has other labels than ours, or the folder would be larger than `LARGEST_BYTES`.
    """
    windowing = windowing or Windowing()
    labels = load_taxonomy().ids
    if (theirs := parts.labels_of(parts.read_config(run), run)) != labels:
        raise ModelMismatch("the run has other labels than the taxonomy", place=run, found=theirs[:3])
    model: Classifier = BertForSequenceClassification.from_pretrained(run, dtype=torch.float32)
    examples = read_examples(dev)
    texts = [example.text for example in examples]
    logits = predict(model, texts, open_tokenizer(run), windowing.tokens).astype(np.float64)
    goal = targets(examples, labels).astype(np.float64)
    affine = fit_affine(logits, goal)
    thresholds = fit_thresholds(affine(logits), goal, labels)
    fold_into_head(model, affine)
    target.mkdir(parents=True, exist_ok=True)
    _write_weights(model, target, windowing)
    _write_tokenizer(run, target, windowing)
    (target / ACCENTS).unlink(missing_ok=True)  # of what the folder held before
    keep_accents(run, target)
    return _finish(target, affine, thresholds, windowing)


def fold_into_head(model: Classifier, affine: Affine) -> None:
    """Make the head give calibrated logits by itself."""
    scale = torch.from_numpy(affine.scale).float()
    with torch.no_grad():
        model.classifier.weight.mul_(scale[:, None])
        model.classifier.bias.mul_(scale).add_(torch.from_numpy(affine.offset).float())


def _write_weights(model: Classifier, target: Path, windowing: Windowing) -> None:
    """Weights in float16 (half the bytes; computed in float32), configuration, and the graph made from the same."""
    small = {name: value.to(torch.float16).contiguous() for name, value in model.state_dict().items()}
    save_file(small, target / parts.WEIGHTS, metadata={"format": "pt"})
    config: dict[str, Any] = model.config.to_diff_dict() | {
        "dtype": "float32",
        "architectures": [type(model).__name__],
    }
    (target / parts.CONFIG).write_text(
        json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    weights = {name: value.float().numpy() for name, value in small.items()}
    write_graph(weights, model.config.to_dict(), target / parts.GRAPH, int8=True, window=windowing.tokens)


def _write_tokenizer(run: Path, target: Path, windowing: Windowing) -> None:
    (target / parts.TOKENIZER).write_bytes((run / parts.TOKENIZER).read_bytes())
    config = json.loads((run / _TOKENIZER_CONFIG).read_text(encoding="utf-8"))
    config |= {"model_max_length": windowing.tokens, "tokenizer_class": "PreTrainedTokenizerFast"}
    config.pop("backend", None)
    (target / _TOKENIZER_CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def _finish(target: Path, affine: Affine, thresholds: Thresholds, windowing: Windowing) -> parts.Manifest:
    """Thresholds and checksums; refuses a folder that has grown too large."""
    thresholds.save(target / parts.THRESHOLDS)
    taxonomy = load_taxonomy()
    names = [parts.WEIGHTS, parts.GRAPH, parts.TOKENIZER, _TOKENIZER_CONFIG, parts.CONFIG, parts.THRESHOLDS]
    names += [ACCENTS] if (target / ACCENTS).is_file() else []
    pairs = zip(affine.scale.round(5).tolist(), affine.offset.round(5).tolist(), strict=True)
    manifest = parts.write_manifest(
        target,
        names,
        taxonomy=taxonomy.version,
        labels=taxonomy.ids,
        windowing=windowing,
        calibration=dict(zip(taxonomy.ids, pairs, strict=True)),
        threshold_set=thresholds.id,
    )
    size = sum(path.stat().st_size for path in target.iterdir())
    if size > LARGEST_BYTES:
        raise ModelMismatch(
            "the folder is too large to ship", place=target, found=size, accepted=f"{LARGEST_BYTES} bytes"
        )
    log.info("%s: version %s, %.1f MB", target, manifest.version(), size / 1e6)
    return manifest
