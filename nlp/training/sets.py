"""Every set of texts that the shipped weights saw, with its licence and count."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from nlp.training.data import read_examples, read_jsonl
from nlp.training.gather import READ_LABELS, read_own
from nlp.training.recipe import BaseRecipe, Recipe

_HERE = Path(__file__).parent


class SetUsed(NamedTuple):
    """How many texts of a set were used, by how they were."""

    name: str
    labelled: int  # all labels known
    partly: int  # other people's labels, those that we do not know masked
    unlabelled: int  # for the choice of word pieces, and as what a teacher reads from
    licence: str


def sets_used(recipes: Sequence[BaseRecipe | Recipe], data: Path) -> list[SetUsed]:
    """What these recipes read, each set once, by name; licences as the sets' own repositories state them."""
    labelled, partly, unlabelled = Counter[str](), Counter[str](), Counter[str]()
    for recipe in recipes:  # the union of counters keeps the larger count: the same texts serve several runs
        labelled |= _labelled(recipe, data)
        if isinstance(recipe, BaseRecipe) or recipe.teachers:
            unlabelled |= _lines(
                path for path in (data / "raw").glob("*.jsonl") if path.stem not in recipe.leave_out
            )
        if isinstance(recipe, Recipe):
            partly |= _lines(data / "public" / f"{name}.jsonl" for name in recipe.public)
    licences = _licences()
    return [
        SetUsed(name, labelled[name], partly[name], unlabelled[name], licences.get(name, "none stated"))
        for name in sorted(labelled | partly | unlabelled)
    ]


def _labelled(recipe: BaseRecipe | Recipe, data: Path) -> Counter[str]:
    files = [data / path for path in recipe.labelled]
    found = Counter[str]()
    if isinstance(recipe, Recipe):
        files += [_HERE / path for path in recipe.own_texts]
        if recipe.read_labels:
            ours = read_own(READ_LABELS, data / "raw", leave_out=recipe.leave_out, prepared=str)
            found.update(example.source for example in ours)
    for path in files:
        examples = read_examples(path, leave_out=recipe.leave_out, prepared=str)
        found.update(example.source for example in examples)
    return found


def _lines(paths: Iterable[Path]) -> Counter[str]:
    return Counter({path.stem: sum(1 for _ in read_jsonl(path)) for path in paths})


def _licences() -> dict[str, str]:
    """Licence by set, as its own repository states it."""
    public = yaml.safe_load((_HERE / "public.yml").read_text(encoding="utf-8"))
    sources: dict[str, str] = yaml.safe_load((_HERE / "sources.yml").read_text(encoding="utf-8"))
    return sources | {name: told["licence"] for name, told in public.items()}
