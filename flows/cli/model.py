"""`ressenti model`: train, measure, export and describe models."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Config

app = typer.Typer(
    no_args_is_help=True, help="Train, measure and export models; the card.", rich_markup_mode=None
)
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of training data; ../shared/data if not given.", show_default=False),
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state", help="Folder of runs and bases; state/training if not given.", show_default=False
    ),
]


@app.command()
def train(
    recipe: Annotated[
        Path, typer.Argument(help="A recipe, such as configs/training/base12.yml.", show_default=False)
    ],
    data: Data = None,
    state: State = None,
) -> None:
    """Train what a recipe says; a base recipe cuts a base.

    Goes on from the run's checkpoint where there is one, on a GPU where there is one. Ctrl-C keeps a checkpoint. A
    recipe with a test set is measured there at the end.
    """
    _show_progress()
    with _train_extra():
        from nlp.training.measure import measure
        from nlp.training.runs import train as train_run
        from nlp.training.vocabulary import cut
    from nlp.training.recipe import is_base, read_recipe

    place, runs = _data(data), _state(state)
    if is_base(recipe):
        typer.echo(cut(recipe, data=place, state=runs))
        return
    typer.echo(train_run(recipe, data=place, state=runs))
    wanted = read_recipe(recipe)
    if wanted.test is not None:
        for name, figure in measure(wanted, data=place, state=runs)["figures"].items():
            typer.echo(f"{name} {figure}")


@app.command()
def evaluate(
    model: Annotated[
        str | None,
        typer.Option(help="Model folder or hub id; the configured model if not given.", show_default=False),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="YAML: another model's labels -> ours; same names need none.", show_default=False),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Labelled texts: .csv or .jsonl with `text` and `labels`; if not given, real.dev of the training "
            "data, cross-fitted.",
            show_default=False,
        ),
    ] = None,
    cross_fitted: Annotated[
        bool,
        typer.Option(
            "--cross-fitted", help="Calibrate and cut each fifth of the texts by what the others say."
        ),
    ] = False,
    peer: Annotated[
        list[str] | None,
        typer.Option(
            help="Also measure tfidf, frozen or lexicon; repeat it for several.", show_default=False
        ),
    ] = None,
    lexicon: Annotated[
        Path | None, typer.Option(help="FEEL's word list, for the peer lexicon.", show_default=False)
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="onnx or torch; as configured if not given.", show_default=False)
    ] = None,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Also write every figure to this file.", show_default=False)
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(help="Also draw reliability and precision into this folder.", show_default=False),
    ] = None,
    training: Annotated[
        Path | None,
        typer.Option(
            help="Folder of training data, from which peers learn; ../shared/data if not given.",
            show_default=False,
        ),
    ] = None,
    state: State = None,
    config: Config = None,
) -> None:
    """Say how good a model is on labelled texts, each figure with its 95 % interval.

    Macro- and micro-F1, precision and recall at both thresholds and at 0.5, per label, language, channel and length;
    calibration; which labels are taken for each other. Peers learn from the training data and are measured likewise.
    """
    from flows.evaluating import Wanted, evaluate_model

    if peer or plots:
        with _train_extra():
            import matplotlib  # noqa: F401
            import sklearn  # noqa: F401
            import torch  # noqa: F401
    _show_progress()
    evaluate_model(
        Wanted(
            model=model, labels=labels, engine=engine, data=file, cross_fitted=cross_fitted, peers=tuple(peer or ()),
            lexicon=lexicon, training=_data(training), state=_state(state), json=as_json, plots=plots, config=config,
        )
    )  # fmt: skip


@app.command()
def export(
    run: Annotated[
        str, typer.Argument(help="A run's name, or the folder of a trained model.", show_default=False)
    ],
    target: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
    dev: Annotated[
        Path | None,
        typer.Option(
            help="Labelled file (.jsonl or .csv) that calibration and thresholds are fitted on; "
            "labelled/real.dev.jsonl of the training data if not given.",
            show_default=False,
        ),
    ] = None,
    data: Data = None,
    state: State = None,
) -> None:
    """Make a trained model the folder that Ressenti runs: calibrated, in 8 bits for processors, with checksums."""
    _show_progress()
    with _train_extra():
        from nlp.training.export import export as export_run
        from nlp.training.runs import find_base
    from configs.errors import ConfigError
    from nlp.manifest import THRESHOLDS
    from nlp.thresholds import read_thresholds

    if target.exists() and not target.is_dir():
        raise ConfigError(
            "not a folder", place=target, accepted="a folder, which is made where there is none"
        )
    fitted_on = dev or _data(data) / "labelled" / "real.dev.jsonl"
    manifest = export_run(find_base(run, _state(state)), target, dev=fitted_on)
    typer.echo(f"{target}: version {manifest.version()}, thresholds {manifest.threshold_set}")
    cuts = read_thresholds(target / THRESHOLDS, manifest.labels)
    if few := [label for label in cuts.labels if label in cuts.experimental]:
        typer.echo(f"experimental, too few cases in {fitted_on}: {', '.join(few)}", err=True)


@app.command()
def card(
    model: Annotated[
        Path | None, typer.Option(help="Bundled folder; the shipped one if not given.", show_default=False)
    ] = None,
    target: Annotated[
        Path | None, typer.Option(help="Markdown file; docs/model_card.md if not given.", show_default=False)
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(
            help="Peers to show; repeat it for several; tfidf and frozen if not given.", show_default=False
        ),
    ] = None,
    lexicon: Annotated[
        Path | None, typer.Option(help="FEEL's word list, for the peer lexicon.", show_default=False)
    ] = None,
    data: Data = None,
    state: State = None,
) -> None:
    """Write the model card: what the model learnt from, how good it is beside peers, where it fails.

    Peers learn once, in minutes; their scores are kept. Plots go to `images` beside the card.
    """
    _show_progress()
    with _train_extra():
        from nlp.training.card import card as write_card
        from nlp.training.peers import open_peers
    from configs.settings import PROJECT
    from nlp.model import BUNDLED
    from nlp.training.made import last_recipe

    place, runs, page = _data(data), _state(state), target or PROJECT / "docs" / "model_card.md"
    names = peer or ["tfidf", "frozen"]
    peers = open_peers(names, recipe=last_recipe(), data=place, state=runs, lexicon=lexicon)
    write_card(model or BUNDLED, page, data=place, peers=peers, plots=page.parent / "images")
    typer.echo(page)


@contextlib.contextmanager
def _train_extra() -> Iterator[None]:
    """Around imports that the default install has no packages for."""
    from configs.errors import ConfigError

    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigError(
            "this needs the extra `train`",
            found=f"no module {error.name}",
            fix="pip install 'ressenti[train]'",
        ) from error


def _data(given: Path | None) -> Path:
    from configs.settings import PROJECT

    return given or PROJECT.parent / "shared" / "data"


def _state(given: Path | None) -> Path:
    from configs.settings import load_settings

    return given or load_settings().state_dir / "training"


def _show_progress() -> None:
    """Log lines on standard error, above the progress bar where a terminal shows one; transformers says nothing."""
    import logging
    import os
    import sys

    import rich
    from rich.logging import RichHandler

    rich.reconfigure(stderr=True)
    handler = (
        RichHandler(show_path=False, show_level=False) if sys.stderr.isatty() else logging.StreamHandler()
    )
    logging.basicConfig(format="%(message)s", handlers=[handler])
    logging.getLogger("nlp").setLevel(logging.INFO)
    os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
