"""The command `ressenti`. Each command imports what it needs when it runs, so that `--help` is there at once."""

import sys

import typer

from configs.errors import ConfigError, RessentiError

EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="ressenti",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its frames would show customers' texts
    rich_markup_mode=None,
    help=(
        "Reads the words of customers: emotions, churn reasons and signals in reviews, surveys and tickets.\n\n"
        "Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 done with quarantined records."
    ),
)


def _register() -> None:
    from flows.cli import classify, database, quarantine, run, sources, status

    app.command()(run.run)
    app.command()(status.status)
    app.command()(classify.classify)
    app.add_typer(sources.app, name="source")
    app.add_typer(quarantine.app, name="quarantine")
    app.add_typer(database.app, name="db")


_register()


def main() -> None:
    """Run the command line; errors of ours become one sentence on standard error and an exit code."""
    try:
        app()
    except RessentiError as error:
        kind = "configuration" if isinstance(error, ConfigError) else "failed"
        sys.stderr.write(f"ressenti: {kind}: {error}\n")
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == EXIT_INTERRUPTED:  # what Typer makes of Ctrl-C
            sys.stderr.write(
                "ressenti: interrupted; whole chunks are stored, the next run goes on behind them\n"
            )
        raise
