"""A run's own test set, such as another task's: dev gives calibration and thresholds, test is measured with them.

It shows what the recipe is worth where others have published figures.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from transformers import BertForSequenceClassification

from configs.errors import ConfigError
from nlp.figures import figures
from nlp.training.calibrate import fit_affine, fit_thresholds
from nlp.training.data import read_examples, read_jsonl, targets
from nlp.training.forward import Classifier, best_device
from nlp.training.recipe import Recipe
from nlp.training.runs import predict
from nlp.training.tokens import open_tokenizer

FIGURES = "test.json"


def measure(recipe: Recipe, *, data: Path, state: Path) -> dict[str, Any]:
    """Figures of a finished run on its recipe's test; kept in the run's folder as `test.json`.

    Args:
        recipe: of the run; must name a `test`.
        data: the data folder.
        state: where runs stand.

    Raises:
        ConfigError: the recipe names no test.
    """
    if recipe.test is None:
        raise ConfigError("the recipe names no test set", place=recipe.name, accepted="test: FILE")
    dev, dev_goal = _logits_and_goal(recipe, data / recipe.dev, state)
    test, test_goal = _logits_and_goal(recipe, data / recipe.test, state)
    affine = fit_affine(dev, dev_goal)
    cuts = fit_thresholds(affine(dev), dev_goal, recipe.columns, few=1).cuts.values()
    goal, tagged = test_goal > 0, affine(test) >= np.array([cut.tag for cut in cuts])
    every = list(range(len(recipe.columns)))
    known = {record["text"] for name in recipe.labelled for record in read_jsonl(data / name)}
    records = list(read_jsonl(data / recipe.test))
    new = np.array([record["text"] not in known for record in records], bool)
    found = {
        "labels": len(every),
        "texts": len(records),
        "figures": figures(goal, tagged, every)._asdict(),
        "also in train": [
            record.get("id") for record, is_new in zip(records, new, strict=True) if not is_new
        ],
        "without those": figures(goal[new], tagged[new], every)._asdict(),
    }
    (state / recipe.name / FIGURES).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def _logits_and_goal(
    recipe: Recipe, path: Path, state: Path
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Both [texts, labels]."""
    folder = state / recipe.name / "model"
    examples = read_examples(path)
    model: Classifier = BertForSequenceClassification.from_pretrained(folder)
    model = model.to(best_device())
    texts = [example.text for example in examples]
    logits = predict(model, texts, open_tokenizer(folder), recipe.max_tokens)
    return logits.astype(np.float64), targets(examples, recipe.columns).astype(np.float64)
