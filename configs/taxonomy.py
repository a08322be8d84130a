"""The labels: ids, names, kinds, valence and definitions, read once from `taxonomy.yml`."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from configs.errors import ConfigError

Kind = Literal["emotion", "churn_reason", "signal"]
Valence = Literal["negative", "positive", "neutral"]
TAXONOMY_FILE = Path(__file__).with_name("taxonomy.yml")


class Label(BaseModel):
    """One label. `valence` is set for emotions and only for them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind
    fr: str
    en: str
    definition_fr: str
    definition_en: str
    valence: Valence | None = None

    @model_validator(mode="after")
    def _valence_belongs_to_emotions(self) -> "Label":
        if (self.kind == "emotion") != (self.valence is not None):
            raise ValueError(f"{self.id}: valence is for emotions, and every emotion has one")
        return self

    def name(self, language: str) -> str:
        """The name people read: French for "fr", English for anything else."""
        return self.fr if language == "fr" else self.en


class Taxonomy(BaseModel):
    """All labels, in the order of the bundled model's columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    labels: tuple[Label, ...]

    @model_validator(mode="after")
    def _ids_are_distinct(self) -> "Taxonomy":
        if len(set(self.ids)) != len(self.ids):
            raise ValueError("two labels have the same id")
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """Every label id, in order."""
        return tuple(label.id for label in self.labels)

    def of_kind(self, kind: Kind) -> tuple[str, ...]:
        """The ids of one kind, in order."""
        return tuple(label.id for label in self.labels if label.kind == kind)

    def __getitem__(self, label_id: str) -> Label:
        """The label with this id.

        Raises:
            ConfigError: no such label; lists those that exist.
        """
        for label in self.labels:
            if label.id == label_id:
                return label
        raise ConfigError("unknown label", found=label_id, accepted=self.ids)


@lru_cache(maxsize=4)
def load_taxonomy(path: Path = TAXONOMY_FILE) -> Taxonomy:
    """Read and check a taxonomy file.

    Raises:
        ConfigError: the file is missing or does not hold a taxonomy; says what is wrong and where.
    """
    try:
        return Taxonomy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(
            "the taxonomy cannot be read", place=path, fix=f"restore the file ({error})"
        ) from error
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigError("the taxonomy is not valid", place=path, found=str(error)) from error
