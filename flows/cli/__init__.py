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
    from flows.cli import (
        classify,
        corrections,
        database,
        explain,
        export,
        lifecycle,
        model,
        quarantine,
        reprocess,
        run,
        sample,
        sources,
        status,
        versions,
    )

    app.command()(run.run)
    app.command()(reprocess.reprocess)
    app.command()(status.status)
    app.command()(classify.classify)
    app.command()(export.export)
    app.command()(lifecycle.access)
    app.command()(lifecycle.erase)
    app.command()(lifecycle.retention)
    app.command()(explain.explain)
    app.command()(sample.sample)
    app.add_typer(sources.app, name="source")
    app.add_typer(quarantine.app, name="quarantine")
    app.add_typer(versions.app, name="versions")
    app.add_typer(corrections.app, name="corrections")
    app.add_typer(database.app, name="db")
    app.add_typer(model.app, name="model")


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
            sys.stderr.write("ressenti: interrupted; what was done is kept, the next run goes on behind it\n")
        raise
