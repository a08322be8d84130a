"""The recipes of the weights that are shipped."""

from pathlib import Path

import yaml

from nlp.training.recipe import BaseRecipe, Recipe, is_base, read_base_recipe, read_recipe

_MADE = Path(__file__).with_name("made.yml")
RECIPES = Path(__file__).parents[2] / "configs" / "training"


def made_by() -> list[BaseRecipe | Recipe]:
    """Every recipe of the shipped weights, in order."""
    names = yaml.safe_load(_MADE.read_text(encoding="utf-8"))["recipes"]
    paths = [RECIPES / f"{name}.yml" for name in names]
    return [read_base_recipe(path) if is_base(path) else read_recipe(path) for path in paths]


def last_recipe() -> Recipe:
    """The training run that the shipped weights came out of."""
    return [recipe for recipe in made_by() if isinstance(recipe, Recipe)][-1]
