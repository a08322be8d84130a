"""What a model is, without its weights in memory: enough to say what is pending and to derive tags anew."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from configs.taxonomy import load_taxonomy
from nlp import manifest as parts
from nlp.model import EngineName, load
from nlp.thresholds import Thresholds, read_thresholds

METRICS = "metrics.json"  # of a model folder: not needed, and no part of what makes scores


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
    # The order of the scores' columns is the taxonomy's, whatever the order in the folder.
    labels = tuple(label for label in load_taxonomy().ids if label in manifest.labels)
    thresholds = read_thresholds(folder / parts.THRESHOLDS, manifest.labels).ordered(labels)
    version = manifest.version()
    facts = {
        "windowing": manifest.windowing.model_dump(),
        "calibration": manifest.calibration,
        "metrics": _metrics(folder / METRICS, version),
    }
    return Identity(version, folder.name, labels, thresholds, facts)


def _metrics(file: Path, version: str) -> dict[str, float]:
    """The headline figures of what `ressenti model evaluate --json` wrote into the folder, of this version."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if version not in told["model"]:
            return {}
        groups = {name: group for name, group in told["overview"].items() if isinstance(group, dict)}
        macro = {
            f"{name} macro-F1": round(group["tag"]["macro"]["value"], 3) for name, group in groups.items()
        }
        return macro | {"texts": told["overview"]["texts"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _manifest(folder: Path) -> parts.Manifest | None:
    parts.refuse_code(folder)
    return parts.read_manifest(folder)
