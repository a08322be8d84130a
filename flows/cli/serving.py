"""A Prefect server around a command that runs a flow: yours, or one for the time of the command."""

import contextlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def with_server(config: Path | None, check: Callable[[], object], flow: Callable[[], T]) -> T:
    """What `flow` returns, run with a Prefect server.

    Args:
        config: settings file; None for the default one.
        check: refuses what can be refused, while the server starts.
        flow: imports the flow and calls it; Prefect must not be imported before.
    """
    from configs.settings import load_settings
    from flows.server import prefect_server, prepare_environment

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("ressenti").setLevel(logging.INFO)
    prepare_environment(load_settings(config).state_dir)
    with prefect_server() as server:
        check()
        with server.ready() if server else contextlib.nullcontext():
            return flow()
