"""What one training run is made of: a YAML file under `configs/training`, checked before anything starts."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs.errors import ConfigError

_Kind = TypeVar("_Kind", bound=BaseModel)


class BaseRecipe(BaseModel):
    """How a base encoder is made smaller before anything is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    base: str = Field(description="folder or hub id of the encoder, with its tokenizer.json")
    pieces: int = Field(gt=1000, description="word pieces to keep")
    layers: tuple[int, ...] | None = Field(default=None, description="layers to keep; all where left out")
    labelled: tuple[Path, ...] = Field(
        description="labelled files whose words count, relative to the data folder"
    )
    raw: Path = Field(
        description="folder of unlabelled .jsonl whose words count, relative to the data folder"
    )
    leave_out: tuple[str, ...] = Field(default=(), description="sources that do not count")


class Recipe(BaseModel):
    """Every choice of one run; the same recipe, data and machine give the same weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    base: str = Field(description="a folder, or a run's name to go on from its weights")
    layers: tuple[int, ...] | None = Field(
        default=None, description="which of the base's layers to keep; all where left out"
    )
    labelled: tuple[Path, ...] = Field(description="files of labelled records, relative to the data folder")
    dev: Path = Field(description="labelled records to watch, never trained on")
    leave_out: tuple[str, ...] = Field(
        default=(), description="sources whose licence keeps them out of the weights"
    )
    seed: int = 1
    epochs: float = Field(gt=0)
    learning_rate: float = Field(gt=0, description="of the encoder, at its peak")
    embedding_rate: float = Field(
        default=0.5, ge=0, description="the word embeddings' share of it; 0 freezes them"
    )
    pooler_rate: float = Field(default=5.0, gt=0, description="the pooler's multiple of it")
    head_rate: float = Field(default=5.0, gt=0, description="the head's multiple of it: it starts at random")
    start_from_means: bool = Field(
        default=False, description="set the last layer to gather means (`pooling.py`)"
    )
    warmup: float = Field(
        default=0.08, ge=0, lt=1, description="share of the steps that the rate climbs; then it falls to 0"
    )
    weight_decay: float = 0.01
    batch_tokens: int = Field(default=3072, description="padded tokens a step")
    max_tokens: int = Field(default=384, description="texts are cut there")
    positive_cap: float = Field(
        default=6.0, description="a label's positives weigh sqrt(absent/present), at most this"
    )
    disturb: float = Field(
        default=0.15, ge=0, le=1, description="chance that a text is typed badly in an epoch"
    )
    drop_tokens: float = Field(
        default=0.08, ge=0, lt=1, description="chance that a token is left out; stands for dropout"
    )


def read_recipe(path: Path) -> Recipe:
    """Read and check the recipe of a training run.

    Raises:
        ConfigError: the file is missing, or a field is unknown, missing or out of range.
    """
    return _read(path, Recipe)


def read_base_recipe(path: Path) -> BaseRecipe:
    """Read and check the recipe of a base; raises as `read_recipe`."""
    return _read(path, BaseRecipe)


def _read(path: Path, kind: type[_Kind]) -> _Kind:
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError("the recipe cannot be read", place=path, fix=str(error)) from error
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigError("the recipe is not valid", place=path, found=str(error)) from error
