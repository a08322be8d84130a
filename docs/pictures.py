"""Draws docs/images/run.svg, what the last run printed: `make run && .venv/bin/python -m docs.pictures`."""

import re
from io import StringIO
from pathlib import Path

from rich.console import Console

from flows.summary import print_summary
from flows.workspace import open_database
from storage.database import reading
from storage.status import last_runs, run_summary

TARGET = Path(__file__).parent / "images" / "run.svg"


def main() -> None:
    """Draw the newest run that read something."""
    with open_database() as work, reading(work.engine) as connection:
        summaries = [run_summary(connection, run.id) for run in last_runs(connection, 20, flow="nightly")]
    summary = next(each for each in summaries if each.total("read"))
    console = Console(record=True, width=112, highlight=False, emoji=False, file=StringIO())
    console.print("[bold]$ make run[/]\n")
    print_summary(summary, console)
    TARGET.parent.mkdir(exist_ok=True)
    picture = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="ressenti"), flags=re.DOTALL)
    TARGET.write_text(picture, encoding="utf-8")  # without fonts from elsewhere: pages load nothing


if __name__ == "__main__":
    main()
