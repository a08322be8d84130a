"""The model's seam: load one pinned folder (or any classifier of the hub), score texts.

    model = load("nlp/models/bundled")
    scores = model.score(["Merci à Julie, tout est réglé !"])   # float32 [1, 27] in 0..1
    tags = model.thresholds.apply(scores).tags[0]

Any string goes in (empty, 100,000 characters, other scripts) and finite numbers come out; whether a text should be
scored at all is decided before. A text's scores do not depend on the texts scored beside it.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import yaml

from configs.errors import ConfigError, ModelMismatch
from configs.taxonomy import Taxonomy, load_taxonomy
from nlp import manifest as parts
from nlp.accents import ACCENTS, Accents, read_accents
from nlp.batching import distinct, in_batches
from nlp.engines import Engine
from nlp.thresholds import Thresholds, read_thresholds
from nlp.windows import Reader, Windowing, combine

Matrix = npt.NDArray[np.float32]
EngineName = Literal["auto", "onnx", "torch"]
LabelMap = Mapping[str, str]
BUNDLED = Path(__file__).parent / "models" / "bundled"


class Model:
    """A loaded model. Safe to use from several threads; calls wait for one another.

    Attributes:
        labels: our label ids, in the order of the score columns.
        version: 12 hex digits over what makes scores (weights, tokenizer, accents, labels, calibration, windowing).
        thresholds: the threshold set that came with it, or the default one (`Thresholds.default`).
        taxonomy: names, kinds and definitions of the labels.
        engine: which engine runs it, "onnx" or "torch".
    """

    def __init__(
        self, *, engine: Engine, engine_name: str, reader: Reader, windowing: Windowing,
        columns: "Columns", version: str, thresholds: Thresholds, taxonomy: Taxonomy,
    ) -> None:  # fmt: skip
        """Put the parts together; `load` does it from a folder."""
        if engine.width != columns.width:
            raise ModelMismatch("the weights and the labels differ in number", found=engine.width,
                                accepted=str(columns.width))  # fmt: skip
        self.labels, self.version = columns.labels, version
        self.thresholds, self.taxonomy, self.engine = thresholds, taxonomy, engine_name
        self._engine, self._reader, self._windowing, self._columns = engine, reader, windowing, columns
        self._lock = threading.Lock()

    def score(self, texts: Sequence[str]) -> Matrix:
        """Scores of each text: float32 [texts, labels], 0..1, in the order of `texts`."""
        if not texts:
            return np.zeros((0, len(self.labels)), np.float32)
        unique, places = distinct(texts)
        with self._lock:
            windows = self._reader.windows(unique)
            rows = [row for text in windows for row in text]
            engine = self._engine
            logits = in_batches(
                rows, engine.width, engine.batch_tokens, engine.logits, workers=engine.workers
            )
        logits = combine(logits, [len(text) for text in windows], self._windowing)
        return self._columns.scores(logits)[places]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text costs to score, special tokens and overlaps included."""
        with self._lock:
            windows = self._reader.windows(list(texts))
        return [sum(map(len, text)) for text in windows]


class Columns:
    """From a model's own columns to our labels."""

    def __init__(
        self, theirs: Sequence[str], label_map: LabelMap, taxonomy: Taxonomy, *, single: bool
    ) -> None:
        """Check the map.

        Args:
            theirs: the model's label names, in the order of its columns.
            label_map: their label -> ours; their other labels are ignored.
            taxonomy: where ours come from.
            single: the model says one label a text, so softmax makes its scores; else sigmoid.

        Raises:
            ConfigError: the map names a label that the model or the taxonomy does not have.
        """
        for name, known in ((set(label_map), theirs), (set(label_map.values()), taxonomy.ids)):
            if unknown := sorted(name - set(known)):
                raise ConfigError("the label map names an unknown label", found=unknown[0], accepted=known)
        mapped = set(label_map.values())
        self.labels = tuple(label for label in taxonomy.ids if label in mapped)
        if not self.labels:
            raise ConfigError("no label of the model is one of ours", found=list(theirs)[:30], accepted=taxonomy.ids,
                              fix="give a label map: their label -> ours")  # fmt: skip
        self.width, self._single = len(theirs), single
        self._sources = [
            [column for column, name in enumerate(theirs) if label_map.get(name) == label]
            for label in self.labels
        ]

    def scores(self, logits: Matrix) -> Matrix:
        """float32 [texts, our labels] in 0..1; of several of their labels, the highest counts (softmax: the sum)."""
        logits = np.nan_to_num(logits.astype(np.float64), nan=0.0, posinf=60.0, neginf=-60.0)
        their = _softmax(logits) if self._single else 1 / (1 + np.exp(-logits.clip(-60, 60)))
        merged = [
            (their[:, source].sum(1) if self._single else their[:, source].max(1)) for source in self._sources
        ]
        return np.stack(merged, axis=1).clip(0, 1).astype(np.float32)


def _softmax(logits: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True), np.float64)


def load(
    folder_or_hub_id: str | Path = BUNDLED,
    *,
    label_map: LabelMap | Path | None = None,
    engine: EngineName = "auto",
    threads: int | None = None,
) -> Model:
    """Load a model; nothing is downloaded for a folder, and nothing at all when `HF_HUB_OFFLINE` is set.

    Args:
        folder_or_hub_id: a folder, bundled (with `ressenti.json`) or any Hugging Face sequence classifier; or the id
            of one on the hub.
        label_map: another model's labels -> ours, or a YAML file of it; same names need none.
        engine: "onnx" (processor, the default install), "torch" (processor or GPU), or "auto": onnx where the
            folder holds a graph, else torch.
        threads: cores that the engine may use; all where None.

    Raises:
        ModelMismatch: a part is missing, changed, pickled or remote code, or the engine is not installed.
        ConfigError: the label map names an unknown label, or the thresholds do not fit.
    """
    mapping = _read_label_map(label_map)
    folder = Path(folder_or_hub_id)
    if not folder.is_dir():
        return _load_from_hub(str(folder_or_hub_id), mapping, engine, threads)
    parts.refuse_code(folder)
    manifest = parts.read_manifest(folder)
    if manifest is None:
        return _load_plain(
            str(folder), parts.read_config(folder), mapping, engine, threads, _folder_facts(folder)
        )
    return _load_bundled(folder, manifest, mapping, engine, threads)


def _load_bundled(
    folder: Path, manifest: parts.Manifest, mapping: LabelMap | None, engine: EngineName, threads: int | None
) -> Model:
    taxonomy = load_taxonomy()
    config = parts.read_config(folder)
    if parts.labels_of(config, folder) != manifest.labels:
        raise ModelMismatch("config.json and ressenti.json name other labels", place=folder)
    thresholds = read_thresholds(folder / parts.THRESHOLDS, manifest.labels)
    columns = Columns(
        manifest.labels, mapping or {label: label for label in manifest.labels}, taxonomy, single=False
    )
    thresholds = thresholds.ordered(columns.labels) if mapping is None else Thresholds.default(columns.labels)
    has_graph = parts.GRAPH in manifest.files
    chosen = ("onnx" if has_graph else "torch") if engine == "auto" else engine
    pad_id = int(config.get("pad_token_id") or 0)
    return Model(
        engine=_open(chosen, folder, pad_id, threads),
        engine_name=chosen,
        reader=Reader(
            (folder / parts.TOKENIZER).read_text("utf-8"),
            manifest.windowing,
            folder / parts.TOKENIZER,
            read_accents(folder) if ACCENTS in manifest.files else Accents(),
        ),
        windowing=manifest.windowing,
        columns=columns,
        version=manifest.version()
        if mapping is None
        else parts.digest([manifest.version(), sorted(mapping.items())]),
        thresholds=thresholds,
        taxonomy=taxonomy,
    )


def _open(name: str, folder: Path, pad_id: int, threads: int | None) -> Engine:
    """The engine over a bundled folder's own part."""
    part = parts.GRAPH if name == "onnx" else parts.WEIGHTS
    if not (folder / part).exists():
        raise ModelMismatch(f"the folder has nothing for the {name} engine", place=folder, accepted=part)
    if name == "onnx":
        from nlp.engines.onnx import OnnxEngine

        return OnnxEngine(folder / part, pad_id=pad_id, threads=threads)
    engine: Engine = _torch().TorchEngine(str(folder), pad_id=pad_id, threads=threads)
    return engine


def _torch() -> Any:  # noqa: ANN401
    """The torch engine's module, imported late: the default install does not have torch."""
    try:
        from nlp.engines import torch as module
    except ModuleNotFoundError as error:
        raise ModelMismatch("this model needs torch and transformers", found=f"no module {error.name}",
                            fix="pip install 'ressenti[torch]'") from error  # fmt: skip
    return module


def _load_plain(
    place: str,
    config: dict[str, Any],
    mapping: LabelMap | None,
    engine: EngineName,
    threads: int | None,
    facts: object,
) -> Model:
    """Any sequence classifier that transformers knows, by its own labels and a label map."""
    if engine == "onnx":
        raise ModelMismatch("only a bundled folder runs on the onnx engine", place=place, accepted=parts.MANIFEST,
                            fix="use engine torch")  # fmt: skip
    module, taxonomy = _torch(), load_taxonomy()
    theirs = parts.labels_of(config, place)
    windowing = Windowing(
        tokens=min(384, int(config.get("max_position_embeddings") or 384) - 2), capitals="as_written"
    )
    if mapping is None:
        mapping = {name: name for name in theirs if name in taxonomy.ids}
    columns = Columns(
        theirs, mapping, taxonomy, single=config.get("problem_type") != "multi_label_classification"
    )
    return Model(
        engine=module.TorchEngine(place, pad_id=int(config.get("pad_token_id") or 0), threads=threads),
        engine_name="torch",
        reader=Reader(module.tokenizer_json(place), windowing, place),
        windowing=windowing,
        columns=columns,
        version=parts.digest([facts, windowing.model_dump(), sorted(mapping.items())]),
        thresholds=Thresholds.default(columns.labels),
        taxonomy=taxonomy,
    )


def _load_from_hub(hub_id: str, mapping: LabelMap | None, engine: EngineName, threads: int | None) -> Model:
    """A model of the hub, through the hub's own cache; its commit stands for its files."""
    if hub_id.startswith((".", "/", "~")) or hub_id.count("/") > 1:
        raise ModelMismatch("no such model folder", place=hub_id, accepted="a folder, or a hub id owner/name")
    module = _torch()
    try:
        config = module.describe(hub_id)
    except (OSError, ValueError) as error:
        offline = os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0")
        fix = "unset HF_HUB_OFFLINE, or give a folder" if offline else "check the name, or give a folder"
        raise ModelMismatch("neither a folder nor a model that the hub gives", place=hub_id,
                            accepted="a folder, or a hub id owner/name", fix=fix) from error  # fmt: skip
    if "auto_map" in config:
        raise ModelMismatch("the model asks to run its own code", place=hub_id, found="auto_map",
                            accepted="a model that transformers knows", fix="choose another model")  # fmt: skip
    return _load_plain(hub_id, config, mapping, engine, threads, [hub_id, config.get("_commit_hash")])


def _folder_facts(folder: Path) -> dict[str, str]:
    """File name -> SHA-256 of what makes the scores of a plain folder."""
    wanted = {".safetensors", ".json", ".txt", ".model"}
    return {path.name: parts.sha256(path) for path in sorted(folder.iterdir()) if path.suffix in wanted}


def _read_label_map(label_map: LabelMap | Path | None) -> LabelMap | None:
    if not isinstance(label_map, Path):
        return label_map
    try:
        found = yaml.safe_load(label_map.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError("the label map cannot be read", place=label_map, found=str(error)) from error
    if not isinstance(found, dict) or not all(isinstance(x, str) for pair in found.items() for x in pair):
        raise ConfigError(
            "the label map is no map of names", place=label_map, accepted="their_label: our_label"
        )
    return found
