"""`ressenti status`: what was done, what waits."""

from flows.cli.options import Config


def status(config: Config = None) -> None:
    """Last runs, texts that wait for a score, quarantine, follow-ups."""
    from flows.overview import overview, print_overview
    from flows.progress import console
    from flows.workspace import open_database

    with open_database(config) as work:
        print_overview(overview(work), console())
