"""`ressenti status`: what was done, what waits."""

from flows.cli.options import Config


def status(config: Config = None) -> None:
    """Last runs, texts that wait for a score, quarantine, follow-ups."""
    from rich.console import Console

    from flows.overview import overview, print_overview
    from flows.workspace import open_workspace

    with open_workspace(config) as work:
        print_overview(overview(work), Console(highlight=False, soft_wrap=True))
