"""How our tasks behave in Prefect: retried on what can pass, never cached, no payload in Prefect's database."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from configs.errors import SourceUnavailable, StorageError
from flows.summary import as_markdown
from flows.workspace import Workspace
from storage.database import reading
from storage.status import run_summary

P = ParamSpec("P")
R = TypeVar("R")
RETRY_AFTER = [1.0, 5.0, 20.0]  # seconds: a lock, a restart, a fail-over


def in_task(function: Callable[P, R], name: str) -> Callable[P, R]:
    """`function` as one Prefect task of this name.

    Arguments are handed over as they are (`quote`): Prefect would walk through every record to look for futures.
    Nothing is cached or persisted: the database knows what is done, and texts must not reach Prefect's storage.
    """
    task: Task[P, R] = Task(
        function,
        name=name,
        retries=len(RETRY_AFTER),
        retry_delay_seconds=RETRY_AFTER,
        retry_condition_fn=_can_pass,
        cache_policy=NO_CACHE,
        persist_result=False,
    )

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return task(*(quote(each) for each in args), **kwargs)  # type: ignore[arg-type]

    return run


def _can_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether what failed a task may be gone a moment later."""
    return isinstance(state.result(raise_on_failure=False), SourceUnavailable | StorageError)


def write_artifact(work: Workspace, run_id: str) -> None:
    """The run's summary into Prefect's interface."""
    with reading(work.engine) as connection:
        summary = run_summary(connection, run_id)
    told = as_markdown(summary, work.stopwatch.seconds)
    write_markdown(told, f"{summary.run.flow}-summary", "What the run read, tagged and opened")


def write_markdown(text: str, key: str, description: str) -> None:
    """A page into Prefect's interface; never with what customers wrote."""
    create_markdown_artifact(text, key=key, description=description)
