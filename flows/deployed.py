"""The step with which a Prefect worker comes to the project before it loads a flow: see `prefect.yaml`.

Prefect's own step wants a folder's path, which would then stand in the server for every machine. This one asks the
installed package, so that workers on several machines may each have the project somewhere else.
"""

import os

from configs.settings import PROJECT


def enter_project() -> dict[str, str]:
    """Make the project the working directory; returns it as Prefect's own step does."""
    os.chdir(PROJECT)
    return {"directory": str(PROJECT)}
