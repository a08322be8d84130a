"""`ressenti explain`: why a text carries its tags."""

from typing import Annotated

import typer

from flows.cli.options import Config


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="ID|TEXT",
            help="Id of a stored feedback (one word, or #NUMBER), or a text in quotes.",
            show_default=False,
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="The source that has the id.", show_default=False)
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="It is a text, though of one word.")] = False,
    label: Annotated[
        list[str] | None,
        typer.Option(help="Explain this label, tag or not; repeat it for several.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with everything.")] = False,
    config: Config = None,
) -> None:
    """Show a text's scores, thresholds and tags, and the sentences and words that move them most.

    Each sentence, then each word of the strongest one, is left out and the rest scored again: +0.4 means that the
    score falls by 0.4 without it. A word without blanks is an id; anything else is a text, cleaned and masked first.
    """
    import json
    import sys

    from configs.errors import ConfigError
    from flows.explaining import as_data, explain_stored, explain_words, is_id, print_explained
    from flows.progress import console

    if text and source:
        raise ConfigError("a text has no source", place="--text", accepted="--text or --source")
    if not text and (source or is_id(what)):
        told = explain_stored(config, what, source, label or ())
    else:
        told = explain_words(config, what, label or ())
    if as_json:
        sys.stdout.write(json.dumps(as_data(told), ensure_ascii=False) + "\n")
    else:
        print_explained(told, console())
