"""From a recipe to a trained folder: gather what is learnt from, train, keep the logits of dev."""

import logging
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from configs.taxonomy import load_taxonomy
from nlp.training.batches import Items, pad, plan, tokens_of
from nlp.training.data import Example, Matrix, read_examples, targets
from nlp.training.forward import Classifier, logits_of
from nlp.training.pooling import start_from_means
from nlp.training.recipe import Recipe, read_recipe
from nlp.training.train import Loop, build_model, run

log = logging.getLogger(__name__)
_SCORING_TOKENS = 8192


def train(recipe_file: Path, *, data: Path, state: Path) -> Path:
    """Train what a recipe says, or go on with it; returns the folder of the trained model.

    Args:
        recipe_file: a YAML file as `Recipe` describes.
        data: the folder that the recipe's file names start from.
        state: git-ignored folder for runs; the run stands in `state/<recipe name>`.
    """
    recipe = read_recipe(recipe_file)
    loop = _loop(recipe, data, state)
    dev = read_examples(data / recipe.dev)
    goal = targets(dev, load_taxonomy().ids)
    log.info("%s: %d texts", recipe.name, len(loop.items.texts))

    def watch(now: Loop) -> str:
        logits = predict(now.model, [example.text for example in dev], now.tokenizer, recipe.max_tokens)
        return (
            f"dev macro-F1 {best_f1(logits, goal).mean():.4f} (best thresholds on dev itself: only to watch)"
        )

    run(loop, state / recipe.name, watch)
    return _finish(loop, recipe, state)


def snapshot(recipe_file: Path, *, data: Path, state: Path) -> Path:
    """The model as the run's last checkpoint left it, without training further; returns its folder."""
    recipe = read_recipe(recipe_file)
    loop = _loop(recipe, data, state)
    loop.restore(state / recipe.name)
    return _finish(loop, recipe, state)


def _loop(recipe: Recipe, data: Path, state: Path) -> Loop:
    base = find_base(recipe.base, state)
    examples = [example for name in recipe.labelled for example in _read(data / name, recipe)]
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    model, items = build_model(base, recipe), weighted_items(examples, recipe.positive_cap)
    if recipe.start_from_means:
        order = np.random.default_rng(recipe.seed).permutation(len(items.texts))
        start_from_means(model, [items.texts[row] for row in order], tokenizer)
    return Loop(model, recipe, items, tokenizer)


def _finish(loop: Loop, recipe: Recipe, state: Path) -> Path:
    return save(loop.finished(), tokenizer_of(find_base(recipe.base, state)), state / recipe.name / "model")


def _read(path: Path, recipe: Recipe) -> list[Example]:
    return read_examples(path, leave_out=recipe.leave_out)


def find_base(name: str, state: Path) -> Path:
    """A run's model or a base in `state`, where one has that name, else the folder of that name."""
    candidates = (state / name / "model", state / name, Path(name))
    return next((folder for folder in candidates if (folder / "tokenizer.json").is_file()), candidates[-1])


def tokenizer_of(folder: Path) -> PreTrainedTokenizerFast:
    """The folder's tokenizer, to be saved beside other weights."""
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder)
    return tokenizer


def weighted_items(examples: list[Example], positive_cap: float) -> Items:
    """Labelled texts; a rare label's positives weigh the square root of its imbalance, at most `positive_cap`."""
    goal = targets(examples, load_taxonomy().ids)
    present = goal.mean(0).clip(1e-4, 1 - 1e-4)
    weights = np.sqrt((1 - present) / present).clip(1.0, positive_cap).astype(np.float32)
    positive = np.broadcast_to(weights, goal.shape).copy()
    return Items([example.text for example in examples], goal, positive, np.ones_like(goal))


@torch.inference_mode()
def predict(model: Classifier, texts: list[str], tokenizer: Tokenizer, max_tokens: int) -> Matrix:
    """Logits, float32 [texts, labels], in the model's own precision; texts are cut at `max_tokens`."""
    ids = tokens_of(texts, tokenizer, max_tokens)
    logits = np.zeros((len(texts), model.config.num_labels), np.float32)
    model.eval()
    for rows in plan(list(map(len, ids)), _SCORING_TOKENS, "predict"):
        tokens, mask = pad([ids[row] for row in rows], model.config.pad_token_id)
        logits[rows] = logits_of(model, tokens, mask).float().numpy()
    model.train()
    return logits


def best_f1(scores: Matrix, goal: Matrix) -> Matrix:
    """Each label's best F1 over all thresholds, float32 [labels]; 0 where a label has no case."""
    order = np.argsort(-scores, axis=0, kind="stable")
    found = np.take_along_axis(goal, order, 0).cumsum(0)
    given = np.arange(1, len(goal) + 1)[:, None]
    return np.asarray((2 * found / (given + goal.sum(0))).max(0), np.float32)


def save(model: Classifier, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    """Write a trained model and its tokenizer as a standard folder; returns it."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
