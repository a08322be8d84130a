"""What one training run is made of: a YAML file under `configs/training`, checked before anything starts."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs.errors import ConfigError
from configs.taxonomy import load_taxonomy

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
    labels: tuple[str, ...] | None = Field(
        default=None,
        min_length=2,
        description="those of another task, in the order of the columns; else ours",
    )
    labelled: tuple[Path, ...] = Field(
        default=(), description="files of labelled records, relative to the data folder"
    )
    read_labels: bool = Field(
        default=False, description="also raw texts that we labelled (`labels/raw.jsonl`)"
    )
    own_texts: tuple[Path, ...] = Field(
        default=(), description="labelled records that stand beside this code"
    )
    own_copies: int = Field(default=1, gt=0, description="how often an epoch reads each of them")
    public: tuple[str, ...] = Field(default=(), description="sets of `public.yml`, unknown labels masked")
    teachers: tuple[str, ...] = Field(
        default=(), description="runs whose mean view of raw texts is learnt, beside the labels"
    )
    taught_per_source: int = Field(default=7000, gt=0, description="raw texts of a source, at most")
    taught_weight: float = Field(default=1.0, gt=0, description="of a taught text, beside a labelled one's 1")
    dev: Path = Field(description="labelled records to watch, never trained on")
    test: Path | None = Field(
        default=None, description="labelled records measured at the end, by thresholds that dev gives"
    )
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

    @property
    def columns(self) -> tuple[str, ...]:
        """The labels that the run learns, in the order of its head's columns."""
        return self.labels or load_taxonomy().ids


def is_base(path: Path) -> bool:
    """Does this recipe make a base (`BaseRecipe`), not a training run?

    Raises:
        ConfigError: as `read_recipe`, where the file is no list of fields.
    """
    return "pieces" in _fields(path)


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
        return kind.model_validate(_fields(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            "the recipe is not valid", place=f"{path}: {'.'.join(map(str, first['loc']))}",
            found=first.get("input"), fix=first["msg"], accepted=kind.model_fields,
        ) from None  # fmt: skip


def _fields(path: Path) -> dict[str, Any]:
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("the recipe cannot be read", place=path, fix=str(error)) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError("the recipe is not YAML", place=path, found=" ".join(str(error).split())) from None
    if not isinstance(fields, dict):
        raise ConfigError("the recipe is not valid", place=path, accepted="lines of `name: value`")
    return fields
