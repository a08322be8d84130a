"""`ressenti classify`: texts in, tags out, without the database."""

from typing import Annotated

import typer

from flows.cli.options import Config


def classify(
    file: Annotated[
        str, typer.Argument(help="Lines of text, or JSONL with a `text` field; - for standard input.")
    ] = "-",
    language: Annotated[
        str | None,
        typer.Option(help="Language where a text is too short to tell, such as fr.", show_default=False),
    ] = None,
    force_language: Annotated[
        bool, typer.Option("--force-language", help="Score texts in unsupported languages too, flagged.")
    ] = False,
    config: Config = None,
) -> None:
    """Say what each text carries: one JSON object a line, on standard output.

    The input's fields, plus `scores` {label: 0 to 1}, `tags`, `sure`, `language`, `model_version`, or `refused`
    with the reason; where it applies `experimental`, the tags that too few real cases stand behind, and `unclear`.
    Texts go the way of the nightly run: cleaned, masked, language told.
    """
    import re
    import sys

    from configs.errors import ConfigError
    from flows.classification import Classifier, open_lines, rows

    if language is not None and not re.fullmatch("[a-z]{2}", language):
        raise ConfigError(
            "not a language", place="--language", found=language, accepted="ISO 639-1, such as fr"
        )
    classifier = Classifier(config, language=language, force_language=force_language)
    with open_lines(file) as lines:
        for line in classifier.lines(rows(lines, file)):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
