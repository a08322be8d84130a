"""`ressenti model evaluate`: a model, and peers beside it, on labelled texts."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import ConfigError
from configs.settings import load_settings
from configs.taxonomy import load_taxonomy
from flows.measured import print_report
from flows.progress import console
from flows.sampling import is_sheet, sheet_text
from flows.saving import saved
from flows.sources.suggest import did_you_mean
from flows.workspace import load_model, settled
from nlp.evaluation import Report, Scorer, as_data, evaluate
from nlp.training.data import Example, prepare, read_examples
from nlp.training.made import last_recipe
from nlp.training.progress import Shown


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is measured, on what, and where figures go; None stands for what the settings or the project say."""

    model: str | None
    labels: Path | None
    engine: str | None
    data: Path | None
    cross_fitted: bool
    peers: Sequence[str]
    lexicon: Path | None
    training: Path
    state: Path
    json: Path | None
    plots: Path | None
    config: Path | None


def evaluate_model(wanted: Wanted) -> None:
    """Measure, print, and write what is asked for.

    Raises:
        ConfigError: the model, the labelled texts, a peer or what it needs cannot be had.
    """
    settings = load_settings(wanted.config, engine=wanted.engine)
    if wanted.model is not None or wanted.labels is not None:
        chosen = {"model": wanted.model or settings.model, "label_map": wanted.labels}
        settings = settings.model_copy(update=chosen)
    examples, cross_fitted = _texts(wanted)
    model = load_model(settings)
    # changed thresholds are of the configured model, not of one that is compared with it
    cuts = settled(settings, model.thresholds) if wanted.model is None else model.thresholds
    beside = _peers(wanted)
    report = evaluate(Shown(model, "scoring"), examples, thresholds=cuts, cross_fitted=cross_fitted)
    peers = {title: evaluate(peer, examples, cross_fitted=cross_fitted) for title, peer in beside.items()}
    name = Path(settings.model).name if Path(settings.model).is_dir() else settings.model
    name = f"{name} ({model.version}, {model.engine})"
    print_report(name, report, peers, console())
    _write(wanted, name, report, peers)


def _texts(wanted: Wanted) -> tuple[list[Example], bool]:
    """The labelled texts, and whether to cross-fit: the texts that thresholds came from always are."""
    dev = wanted.training / last_recipe().dev
    if wanted.data is not None:
        same = wanted.data.exists() and dev.exists() and wanted.data.samefile(dev)
        examples = read_examples(wanted.data, prepared=_reader(wanted.data))
        _check_labels(wanted.data, examples)
        return examples, wanted.cross_fitted or same
    if not dev.is_file():
        raise ConfigError("no labelled texts here", place=dev, fix="give your own with --data FILE")
    return read_examples(dev), True


def _check_labels(file: Path, examples: Sequence[Example]) -> None:
    known = load_taxonomy().ids
    for number, example in enumerate(examples, 1):
        for label in sorted(example.labels - set(known)):
            raise ConfigError("unknown label", place=f"{file}: text {number}", found=label, accepted=known,
                              fix=did_you_mean(label, known))  # fmt: skip


def _reader(file: Path) -> Callable[[str], str]:
    """How a file's texts are prepared; a sheet of `ressenti sample` first loses its marks for spreadsheets."""
    return (lambda cell: prepare(sheet_text(cell))) if is_sheet(file) else prepare


def _peers(wanted: Wanted) -> Mapping[str, Scorer]:
    if not wanted.peers:
        return {}
    from nlp.training.peers import open_peers

    return open_peers(wanted.peers, recipe=last_recipe(), data=wanted.training, state=wanted.state,
                      lexicon=wanted.lexicon)  # fmt: skip


def _write(wanted: Wanted, name: str, report: Report, peers: dict[str, Report]) -> None:
    if wanted.json is not None:
        told = {
            "model": name,
            **as_data(report),
            "peers": {title: as_data(peer) for title, peer in peers.items()},
        }
        with saved(wanted.json) as stream:
            stream.write(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    if wanted.plots is not None:
        from nlp.training.plots import draw

        draw(report, wanted.plots)
