"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; configs/ressenti.yml if not given.", show_default=False),
]
SourceNames = Annotated[
    list[str] | None,
    typer.Option("--source", help="Name of a source; repeat it for several.", show_default=False),
]
