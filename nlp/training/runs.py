"""From a recipe to a trained folder: gather what is learnt from, train, keep the logits of dev."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError
from transformers import BertForSequenceClassification, PreTrainedTokenizerFast

from configs.errors import ConfigError
from nlp.training.batches import pad, plan, tokens_of
from nlp.training.data import Matrix, read_examples, targets
from nlp.training.forward import Classifier, best_device, logits_of
from nlp.training.gather import Teacher, gather
from nlp.training.pooling import start_from_means
from nlp.training.progress import bar
from nlp.training.recipe import Recipe, read_recipe
from nlp.training.spelling import keep_accents
from nlp.training.tokens import TextTokenizer, open_tokenizer
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
    goal = targets(dev, recipe.columns)
    log.info("%s: %d texts", recipe.name, len(loop.items.texts))

    def watch(now: Loop) -> str:
        logits = predict(now.model, [example.text for example in dev], now.tokenizer, recipe.max_tokens)
        return (
            f"dev macro-F1 {best_f1(logits, goal).mean():.4f} (best thresholds on dev itself: only to watch)"
        )

    run(loop, state / recipe.name, watch)
    base = find_base(recipe.base, state)
    folder = save(loop.finished(), tokenizer_of(base), state / recipe.name / "model")
    keep_accents(base, folder)
    return folder


def _loop(recipe: Recipe, data: Path, state: Path) -> Loop:
    base = find_base(recipe.base, state)
    tokenizer = open_tokenizer(base)
    items = gather(recipe, data, teacher_of(recipe, state) if recipe.teachers else None)
    model = build_model(base, recipe)
    if recipe.start_from_means:
        order = np.random.default_rng(recipe.seed).permutation(len(items.texts))
        start_from_means(model, [items.texts[row] for row in order], tokenizer)
    return Loop(model, recipe, items, tokenizer)


def teacher_of(recipe: Recipe, state: Path) -> Teacher:
    """The mean of the teachers' logits, as probabilities; what each has read is kept in the run's folder."""

    def read(texts: Sequence[str]) -> Matrix:
        logits = [
            _read_by(find_base(name, state), texts, recipe, state / recipe.name) for name in recipe.teachers
        ]
        return np.asarray(1 / (1 + np.exp(-np.mean(logits, 0))), np.float32)

    return read


def _read_by(folder: Path, texts: Sequence[str], recipe: Recipe, run_folder: Path) -> Matrix:
    """One teacher's logits, read once for these weights and texts: an hour's work survives a kill behind it."""
    with (folder / "model.safetensors").open("rb") as weights:
        digest = hashlib.file_digest(weights, "sha256")
    digest.update(repr((texts, recipe.max_tokens)).encode())
    kept = run_folder / f"taught-{digest.hexdigest()[:16]}.npy"
    if not kept.exists():
        model: Classifier = BertForSequenceClassification.from_pretrained(folder)
        model = model.to(best_device(), torch.bfloat16)
        tokenizer = open_tokenizer(folder)
        run_folder.mkdir(parents=True, exist_ok=True)
        with (partly := kept.with_suffix(".tmp")).open("wb") as file:
            np.save(file, predict(model, list(texts), tokenizer, recipe.max_tokens))
        partly.replace(kept)
    return np.asarray(np.load(kept), np.float32)


def find_base(name: str, state: Path) -> Path:
    """A run's model or a base in `state`, where one has that name, else a folder, else a model of the hub.

    A model of the hub is fetched, without pickles, into the hub's own cache.

    Raises:
        ConfigError: there is none, or the hub does not give it.
    """
    for folder in (state / name / "model", state / name, Path(name)):
        if (folder / "tokenizer.json").is_file():
            return folder
    failed = ConfigError(
        "no base of this name", place=name, accepted=f"a run in {state}, a model folder, or a hub id owner/name",
        fix="make it first with `ressenti model train`, give a folder, or let the hub be reached",
    )  # fmt: skip
    if name.count("/") != 1 or name.startswith((".", "~")):
        raise failed
    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.safetensors"]))
    except (OSError, ValueError, HfHubHTTPError) as error:
        raise failed from error


def tokenizer_of(folder: Path) -> PreTrainedTokenizerFast:
    """The folder's tokenizer, to be saved beside other weights."""
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder)
    return tokenizer


@torch.inference_mode()
def predict(model: Classifier, texts: list[str], tokenizer: TextTokenizer, max_tokens: int) -> Matrix:
    """Logits, float32 [texts, labels], in the model's own precision; texts are cut at `max_tokens`."""
    ids = tokens_of(texts, tokenizer, max_tokens)
    logits = np.zeros((len(texts), model.config.num_labels), np.float32)
    model.eval()
    with bar("reading texts", len(texts)) as advance:
        for rows in plan(list(map(len, ids)), _SCORING_TOKENS, "predict"):
            tokens, mask = (
                part.to(model.device) for part in pad([ids[row] for row in rows], model.config.pad_token_id)
            )
            logits[rows] = logits_of(model, tokens, mask).float().cpu().numpy()
            advance(len(rows))
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
