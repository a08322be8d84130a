"""The bundled form of a model folder: what it must hold, and that nothing in it has changed.

`ressenti.json` names every other file with its SHA-256, the labels in the order of the columns, how long texts are
read, and which file each engine takes. A folder without it is an ordinary Hugging Face folder.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs.errors import ModelMismatch
from nlp.accents import ACCENTS
from nlp.windows import Windowing

MANIFEST = "ressenti.json"
WEIGHTS, GRAPH, TOKENIZER, CONFIG = "model.safetensors", "model.int8.onnx", "tokenizer.json", "config.json"
THRESHOLDS = "thresholds.json"
PICKLES = frozenset({".bin", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".npy", ".joblib"})
_REBUILD = "put the folder back as it was (git checkout)"


class Manifest(BaseModel):
    """What a bundled folder says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(
        default=1, description="of this file; another number is of another version of Ressenti"
    )
    taxonomy: int = Field(description="version of the taxonomy that the labels come from")
    labels: tuple[str, ...]
    windowing: Windowing
    calibration: dict[str, tuple[float, float]] = Field(
        description="label -> scale and offset of its logit; already folded into the head, kept to be read"
    )
    threshold_set: str = Field(description="id of the threshold set beside the weights")
    files: dict[str, str] = Field(description="file name -> SHA-256 in hex")

    def version(self) -> str:
        """12 hex digits over what makes scores: weights with calibration, tokenizer, accents, labels, windowing.

        Thresholds are left out, because changing them changes tags and no score.
        """
        parts = {name: self.files.get(name) for name in (WEIGHTS, GRAPH, TOKENIZER)}
        parts |= {name: self.files[name] for name in (ACCENTS,) if name in self.files}
        return digest([parts, self.labels, self.windowing.model_dump()])


def digest(facts: Any) -> str:  # noqa: ANN401
    """12 hex digits over plain data."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """The folder's manifest, every file checked against it; None where the folder has none.

    Raises:
        ModelMismatch: the manifest is not valid, or a file is missing or has changed.
    """
    path = folder / MANIFEST
    if not path.exists():
        ours = [name for name in (GRAPH, THRESHOLDS) if (folder / name).exists()]
        if ours:  # read as a plain folder it would be tagged by other thresholds than its own
            raise ModelMismatch("a part of the model is missing", place=path, found=f"{ours[0]} without it",
                                fix=_REBUILD)  # fmt: skip
        return None
    try:
        manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        raise ModelMismatch(
            "the manifest is not valid", place=path, found=str(error), fix=_REBUILD
        ) from error
    for name in (TOKENIZER, CONFIG, THRESHOLDS):
        if name not in manifest.files:
            raise ModelMismatch("the manifest leaves a part out", place=path, accepted=name, fix=_REBUILD)
    for name, expected in manifest.files.items():
        _check_file(folder / name, expected)
    return manifest


def _check_file(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ModelMismatch(
            "a part of the model is missing", place=path, accepted=f"sha256 {expected}", fix=_REBUILD
        )
    found = sha256(path)
    if found != expected:
        raise ModelMismatch(
            "a part of the model has changed", place=path,
            found=f"sha256 {found[:16]}…", accepted=f"sha256 {expected[:16]}…", fix=_REBUILD,
        )  # fmt: skip


def refuse_code(folder: Path) -> None:
    """Refuse a folder whose files could run code when they are read.

    Raises:
        ModelMismatch: a pickle lies in it, or its configuration asks for remote code.
    """
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in PICKLES)
    if pickles:
        raise ModelMismatch("pickled weights can run code", place=folder, found=pickles[0],
                            accepted="safetensors and onnx", fix="delete or convert the file")  # fmt: skip
    scripts = sorted(path.name for path in folder.glob("*.py"))
    if scripts or "auto_map" in read_config(folder):
        raise ModelMismatch("the model asks to run its own code", place=folder, found=(scripts or ["auto_map"])[0],
                            accepted="a model that transformers knows", fix="choose another model")  # fmt: skip


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's `config.json`.

    Raises:
        ModelMismatch: it is missing or not a JSON object.
    """
    path = folder / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelMismatch("the model's configuration cannot be read", place=path, found=str(error),
                            accepted="a Hugging Face model folder") from error  # fmt: skip
    if not isinstance(config, dict):
        raise ModelMismatch(
            "the model's configuration is no JSON object", place=path, found=type(config).__name__
        )
    return config


def labels_of(config: dict[str, Any], place: object) -> tuple[str, ...]:
    """The model's own label names in the order of its columns.

    Raises:
        ModelMismatch: the configuration names none.
    """
    names = config.get("id2label")
    if not isinstance(names, dict) or not names:
        raise ModelMismatch(
            "the configuration names no labels", place=place, accepted="id2label in config.json"
        )
    return tuple(str(names[key]) for key in sorted(names, key=int))


def write_manifest(folder: Path, names: Iterable[str], **facts: Any) -> Manifest:  # noqa: ANN401
    """Write `ressenti.json` over the named files of a folder; `facts` are `Manifest`'s other fields."""
    manifest = Manifest(files={name: sha256(folder / name) for name in sorted(names)}, **facts)
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return manifest
