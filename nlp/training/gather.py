"""What a run learns from: labelled texts, raw texts that we labelled by reading, public sets, and a teacher.

Each part gives texts, what each label should be, and what being present or absent weighs; a label that a part knows
nothing of weighs nothing.
"""

import hashlib
import json
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import yaml

from configs.errors import ConfigError
from configs.taxonomy import load_taxonomy
from nlp.training.batches import Items
from nlp.training.data import LABEL_FIELDS, Example, Matrix, prepare, read_examples, read_jsonl, targets
from nlp.training.overlap import folded, found_in
from nlp.training.recipe import Recipe

log = logging.getLogger(__name__)
_HERE = Path(__file__).parent
READ_LABELS = _HERE / "labels" / "raw.jsonl"
_PUBLIC = _HERE / "public.yml"
# float32 [texts, labels] of texts that passed `prepare`: probabilities as the teachers give them.
Teacher = Callable[[Sequence[str]], Matrix]


def gather(recipe: Recipe, data: Path, teacher: Teacher | None = None) -> Items:
    """All parts that the recipe names, one after the other.

    Args:
        recipe: the run's.
        data: the data folder.
        teacher: says what taught texts carry; needed where the recipe names `teachers`.
    """
    examples = labelled_examples(recipe, data)
    parts = [weighted_items(examples, recipe.positive_cap, recipe.columns)] if examples else []
    if recipe.public:
        parts.append(public_items(recipe, data / "public"))
    if teacher is not None:
        parts.append(taught_items(recipe, data, teacher))
    return Items(
        [text for part in parts for text in part.texts],
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("targets", "positive", "negative")
        ),
    )


def labelled_examples(recipe: Recipe, data: Path) -> list[Example]:
    """Every text of which all labels are known: the recipe's files, what we labelled by reading, our own texts."""
    examples = [
        example
        for name in recipe.labelled
        for example in read_examples(data / name, leave_out=recipe.leave_out)
    ]
    if recipe.read_labels:
        examples += read_own(READ_LABELS, data / "raw", leave_out=recipe.leave_out)
    for path in recipe.own_texts:
        examples += read_examples(_HERE / path) * recipe.own_copies
    return examples


def weighted_items(examples: Sequence[Example], positive_cap: float, labels: Sequence[str]) -> Items:
    """Labelled texts; a rare label's positives weigh the square root of its imbalance, at most `positive_cap`."""
    goal = targets(examples, labels)
    positive = np.broadcast_to(positive_weights(goal, positive_cap), goal.shape).copy()
    return Items([example.text for example in examples], goal, positive, np.ones_like(goal))


def positive_weights(goal: Matrix, cap: float) -> Matrix:
    """What each label's presence weighs: sqrt(absent/present), from 1 to `cap`; float32 [labels]."""
    present = goal.mean(0).clip(1e-4, 1 - 1e-4)
    return np.asarray(np.sqrt((1 - present) / present).clip(1.0, cap), np.float32)


def text_key(text: str) -> str:
    """How our own labels name a raw text without holding a word of it: 16 hex digits of its SHA-256."""
    return hashlib.sha256(folded(text).encode()).hexdigest()[:16]


def read_own(
    labels: Path, raw: Path, *, leave_out: Sequence[str] = (), prepared: Callable[[str], str] = prepare
) -> list[Example]:
    """The raw texts that we labelled by reading, with those labels.

    Args:
        labels: JSON Lines of `key` (`text_key`) and the lists `emotions`, `churn_reasons`, `signals`.
        raw: folder of the raw texts, as .jsonl.
        leave_out: sources that are not read.
        prepared: what is done to each text.

    Raises:
        ConfigError: the labels cannot be read.
    """
    known = _labels_by_key(labels)
    examples = []
    for path in sorted(raw.glob("*.jsonl")):
        for record in read_jsonl(path) if path.stem not in leave_out else ():
            found = known.pop(text_key(record["text"]), None)
            if found is not None:
                examples.append(
                    Example(prepared(record["text"]), found, lang=record.get("lang") or "", source=path.stem)
                )
    return examples


def _labels_by_key(path: Path) -> dict[str, frozenset[str]]:
    try:
        return {
            record["key"]: frozenset(label for field in LABEL_FIELDS for label in record[field])
            for record in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        }
    except (OSError, KeyError, json.JSONDecodeError) as error:
        raise ConfigError("our labels of raw texts cannot be read", place=path, found=str(error)) from error


def public_items(recipe: Recipe, folder: Path) -> Items:
    """Texts of the recipe's public sets with the labels that mean one of ours; the others are unknown."""
    ids = load_taxonomy().ids
    sets = yaml.safe_load(_PUBLIC.read_text(encoding="utf-8"))
    texts: list[str] = []
    parts: list[tuple[Matrix, Matrix, Matrix]] = []
    for name in recipe.public:
        if name not in sets:
            raise ConfigError("unknown public set", place=_PUBLIC, found=name, accepted=sorted(sets))
        records = list(read_jsonl(folder / f"{name}.jsonl"))
        goal = np.zeros((len(records), len(ids)), np.float32)
        known = np.zeros(len(ids), np.float32)
        for label, theirs in sets[name]["labels"].items():
            column = ids.index(label)
            known[column] = 1.0
            goal[:, column] = [not set(theirs).isdisjoint(record["labels"]) for record in records]
        texts += [prepare(record["text"]) for record in records]
        positive = known * positive_weights(goal, recipe.positive_cap)
        parts.append((goal, np.tile(positive, (len(goal), 1)), np.tile(known, (len(goal), 1))))
    goals, positives, negatives = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Items(texts, goals, positives, negatives)


def taught_items(recipe: Recipe, data: Path, teacher: Teacher) -> Items:
    """Unlabelled texts with what the teacher sees in them, each label weighing `taught_weight`."""
    texts = taught_texts(recipe, data)
    log.info("%s: a teacher reads %d raw texts", recipe.name, len(texts))
    goal = teacher(texts)
    weight = np.full_like(goal, recipe.taught_weight)
    return Items(texts, goal, weight, weight.copy())


def taught_texts(recipe: Recipe, data: Path) -> list[str]:
    """At most `taught_per_source` raw texts of each source, prepared; none of a feed, of dev, or labelled."""
    dev = {folded(record["text"]) for record in read_jsonl(data / recipe.dev)}
    labelled = {folded(record["text"]) for name in recipe.labelled for record in read_jsonl(data / name)}
    by_source: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted((data / "raw").glob("*.jsonl")):
        if path.stem not in recipe.leave_out:
            by_source[path.stem] = {folded(record["text"]): record["text"] for record in read_jsonl(path)}
    every = [text for texts in by_source.values() for text in texts.values()]
    kept_out = dev | labelled | found_in(every, data / "feeds")
    read = _labels_by_key(READ_LABELS) if recipe.read_labels else {}
    chosen: dict[str, str] = {}
    for source, texts in by_source.items():
        taken = kept_out | chosen.keys()
        allowed = [key for key in texts if key and key not in taken and text_key(key) not in read]
        random.Random(f"{recipe.seed}/{source}").shuffle(allowed)
        chosen |= {key: texts[key] for key in allowed[: recipe.taught_per_source]}
    return list(filter(None, map(prepare, chosen.values())))
