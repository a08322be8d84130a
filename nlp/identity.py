"""What a model is, without its weights in memory: enough to say what is pending and to derive tags anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlp import manifest as parts
from nlp.model import EngineName, load
from nlp.thresholds import Thresholds, read_thresholds


@dataclass(frozen=True)
class Identity:
    """A model's version, labels in the order of its scores' columns, and threshold set.

    Attributes:
        version: hash of what makes scores.
        name: the folder's name or the hub's id, for people.
        facts: what else is worth keeping beside the version, as plain data.
    """

    version: str
    name: str
    labels: tuple[str, ...]
    thresholds: Thresholds
    facts: Mapping[str, Any] = field(default_factory=dict)


def identify(
    folder_or_hub_id: str, *, label_map: Mapping[str, str] | Path | None = None, engine: EngineName = "auto"
) -> Identity:
    """The identity of a model, as `nlp.model.load` would have it.

    A bundled folder is checked and described by its manifest alone, in a tenth of a second; any other model has
    to be loaded for it.

    Raises:
        ModelMismatch: a part of the folder is missing, changed, or could run code.
        ConfigError: the label map or the thresholds do not fit.
    """
    folder = Path(folder_or_hub_id)
    manifest = _manifest(folder) if label_map is None and folder.is_dir() else None
    if manifest is None:
        model = load(folder_or_hub_id, label_map=label_map, engine=engine)
        return Identity(model.version, folder_or_hub_id, model.labels, model.thresholds)
    thresholds = read_thresholds(folder / parts.THRESHOLDS, manifest.labels)
    facts = {"windowing": manifest.windowing.model_dump(), "calibration": manifest.calibration}
    return Identity(manifest.version(), folder.name, manifest.labels, thresholds, facts)


def _manifest(folder: Path) -> parts.Manifest | None:
    parts.refuse_code(folder)
    return parts.read_manifest(folder)
