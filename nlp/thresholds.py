"""From scores to tags: two thresholds a label, and a band below for texts of which the model is not certain.

A score at or above a label's `tag` sets the tag; at or above `sure` it is set with confidence. A text without any
tag whose score comes within `band` below some label's `tag` is *unclear*: worth a person's look.

Scores are stored rounded to `DECIMALS`, and tags can be derived again from them at any time. So thresholds and
scores are both rounded here before they are compared: a fresh score and its stored form always give the same tags.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from configs.errors import ConfigError

DECIMALS = 5
DEFAULT_TAG, DEFAULT_SURE, DEFAULT_BAND = 0.5, 0.8, 0.1
Scores = npt.NDArray[np.floating[Any]]


class Tag(NamedTuple):
    """A label that a text carries; `score` is rounded to `DECIMALS`, `sure` says whether it passed the higher bar."""

    label: str
    score: float
    sure: bool


class Decision(NamedTuple):
    """What is decided of some texts, in their order: the tags of each, and whether it is unclear."""

    tags: list[list[Tag]]
    unclear: list[bool]


class Cut(BaseModel):
    """The thresholds of one label, all in 0..1; `experimental` where too few real cases stand behind them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tag: float = Field(ge=0, le=1)
    sure: float = Field(ge=0, le=1)
    band: float = Field(default=DEFAULT_BAND, ge=0, le=1)
    experimental: bool = False

    @model_validator(mode="after")
    def _sure_is_not_below_tag(self) -> "Cut":
        if self.sure < self.tag:
            raise ValueError(f"sure ({self.sure}) must be at least tag ({self.tag})")
        return self


class Thresholds(BaseModel):
    """One threshold set: a `Cut` for every label of a model, in the model's order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cuts: dict[str, Cut]

    @classmethod
    def default(cls, labels: Iterable[str]) -> "Thresholds":
        """The set of a model that brings none: tag 0.5, sure 0.8, unclear from 0.4."""
        return cls(cuts={label: Cut(tag=DEFAULT_TAG, sure=DEFAULT_SURE) for label in labels})

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label of the set, in order."""
        return tuple(self.cuts)

    @property
    def experimental(self) -> frozenset[str]:
        """Labels whose tags should open nothing by themselves."""
        return frozenset(label for label, cut in self.cuts.items() if cut.experimental)

    @property
    def id(self) -> str:
        """12 hex digits over what decides tags; equal sets have equal ids."""
        facts = {label: [round(cut.tag, DECIMALS), round(cut.sure, DECIMALS), cut.band, cut.experimental]
                 for label, cut in self.cuts.items()}  # fmt: skip
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]

    def apply(self, scores: Scores) -> Decision:
        """Derive the tags.

        Args:
            scores: [texts, labels] in 0..1, columns in the order of `labels`; NaN where a model lacks a label.
        """
        rounded = np.round(np.asarray(scores, np.float64).reshape(-1, len(self.cuts)), DECIMALS)
        tag, sure, near = self._bars()
        over, certain = rounded >= tag, rounded >= sure
        unclear = ~over.any(1) & (rounded >= near).any(1)
        labels = self.labels
        tags = [[Tag(labels[column], float(rounded[row, column]), bool(certain[row, column]))
                 for column in np.flatnonzero(over[row])] for row in range(len(rounded))]  # fmt: skip
        return Decision(tags, [bool(one) for one in np.atleast_1d(unclear)])

    def _bars(self) -> tuple[Scores, Scores, Scores]:
        """The label's tag, sure and unclear bars, each [labels], rounded as scores are."""
        cuts = list(self.cuts.values())
        bars = (
            [cut.tag for cut in cuts],
            [cut.sure for cut in cuts],
            [max(0.0, cut.tag - cut.band) for cut in cuts],
        )
        tag, sure, near = (np.round(np.array(bar, np.float64), DECIMALS) for bar in bars)
        return tag, sure, near

    def ordered(self, labels: Sequence[str]) -> "Thresholds":
        """The same set with its cuts in the order of `labels`.

        Raises:
            ConfigError: the set and `labels` do not name the same labels.
        """
        if set(labels) != set(self.cuts):
            differing = sorted(set(labels) ^ set(self.cuts))
            raise ConfigError("the thresholds are of other labels", found=differing, accepted=labels)
        return Thresholds(cuts={label: self.cuts[label] for label in labels})

    def save(self, path: Path) -> None:
        """Write the set as JSON."""
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_thresholds(path: Path, labels: Sequence[str]) -> Thresholds:
    """Read a threshold set for a model with these labels.

    Raises:
        ConfigError: the file is missing, is not JSON, names an unknown label or lacks one, or a value is out of
            0..1 or `sure` below `tag`.
    """
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Thresholds.model_validate(found).ordered(labels)
    except OSError as error:
        raise ConfigError("the thresholds cannot be read", place=path, fix=str(error)) from error
    except ConfigError as error:
        raise ConfigError(error.what, place=path, found=error.found, accepted=error.accepted) from error
    except ValidationError as error:
        raise _wrong_cut(path, error) from error
    except ValueError as error:
        raise ConfigError("the thresholds are not JSON", place=path, found=str(error)) from error


def changed(own: Thresholds, path: Path) -> Thresholds:
    """A threshold set with some cuts changed by a file: YAML (or JSON) `cuts: {LABEL: {tag: …, sure: …}}`.

    Labels that the file leaves out, and of a label the values that it leaves out, stay as they are in `own`; a model
    folder's `thresholds.json` is such a file too.

    Raises:
        ConfigError: the file is missing or no YAML, names an unknown label, or a value is out of 0..1, or `sure` is
            below `tag`.
    """
    cuts = _read_cuts(path)
    unknown = [label for label in cuts if label not in own.cuts]
    if unknown:
        near = get_close_matches(str(unknown[0]), own.labels, n=1)
        raise ConfigError(
            "unknown label",
            place=f"{path}: cuts",
            found=unknown[0],
            accepted=own.labels,
            fix=f"did you mean `{near[0]}`?" if near else None,
        )
    merged = {
        label: cut.model_dump() | (cuts[label] or {}) if label in cuts else cut
        for label, cut in own.cuts.items()
    }
    try:
        return Thresholds.model_validate({"cuts": merged})
    except ValidationError as error:
        raise _wrong_cut(path, error) from error


def _read_cuts(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("the thresholds cannot be read", place=path, fix=error.strerror) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError("not readable as YAML", place=path, found=" ".join(str(error).split())) from error
    cuts = found.get("cuts") if isinstance(found, dict) and set(found) == {"cuts"} else None
    if not isinstance(cuts, dict) or not all(isinstance(cut, dict | None) for cut in cuts.values()):
        accepted = "`cuts:` and below it lines of `LABEL: {tag: 0.4, sure: 0.8}`"
        raise ConfigError("not a list of thresholds", place=path, accepted=accepted)
    return cuts


def _wrong_cut(path: Path, error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    place = f"{path}: {'.'.join(map(str, first['loc']))}"
    found = first.get("input") if not isinstance(first.get("input"), Cut) else None
    message = first["msg"].removeprefix("Value error, ")
    return ConfigError(
        message, place=place, found=found, accepted="tag, sure and band in 0..1, sure at least tag"
    )


def rounded(scores: Scores) -> Scores:
    """Scores as they are stored and compared: rounded to `DECIMALS`."""
    return np.round(np.asarray(scores, np.float64), DECIMALS)
