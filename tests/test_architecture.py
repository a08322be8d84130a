"""The house's rules, read from the code: arrows point one way, Prefect stays in its rooms, nothing is swallowed."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.settings import PROJECT

ROOMS = ("flows", "nlp", "storage", "configs")
MAY_IMPORT = {
    "flows": {"flows", "nlp", "storage", "configs"},
    "nlp": {"nlp", "configs"},
    "storage": {"storage", "configs"},
    "configs": {"configs"},
}
WITH_PREFECT = {"flows/nightly.py", "flows/reprocess.py", "flows/tasks.py", "flows/server.py"}
FILES = sorted(path for room in ROOMS for path in (PROJECT / room).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            yield node.module or ""


def _name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def test_there_is_something_to_look_at():
    assert len(FILES) > 60


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_point_one_way(room):
    for path in FILES:
        if _name(path).startswith(f"{room}/"):
            rooms = {name.split(".")[0] for name in _imports(path)} & {*ROOMS, "tests", "benchmarks"}
            assert rooms <= MAY_IMPORT[room], _name(path)


def test_prefect_is_imported_where_flows_are_declared_and_nowhere_else():
    found = {_name(path) for path in FILES if any(name.split(".")[0] == "prefect" for name in _imports(path))}
    assert found == WITH_PREFECT


def test_no_room_is_called_utils():
    assert not [_name(path) for path in FILES if path.stem in ("utils", "util", "helpers", "common", "misc")]


def test_nothing_is_swallowed():
    """No handler of everything that does nothing."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                everything = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
                does_nothing = all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
                assert not (everything and does_nothing), f"{_name(path)}:{node.lineno}"


def _called(source: Path, function: str) -> list[str]:
    """Names that a function calls, in the order of the text."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    body = next(
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function
    )
    calls = [
        node for node in ast.walk(body) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    return [call.func.id for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))]  # type: ignore[attr-defined]


def test_the_night_of_the_tests_is_the_nightly_flow_without_prefect():
    """`tests/flows/night.py` does by plain functions what `flows/nightly.py` does in tasks, in the same order."""
    flow = PROJECT / "flows" / "nightly.py"
    steps = {"take_in": _called(flow, "take_in"), "tell": _called(flow, "tell")}
    plain = {
        "store_chunk": "clean_and_store",
        "score_chunk": "score_and_tag",
        "publish_run": "publish",
        "expire_old": "expire",
    }
    wanted = [
        "open_sources",
        "recorded",
        "settle_version",
        "read",
        "clean_and_store",
        "waiting",
        "score_and_tag",
    ]
    wanted += ["publish", "expire", "SourcesFailed"]

    def order(calls):
        told = [inner for call in calls for inner in steps.get(call, [call])]
        return [plain.get(call, call) for call in told if plain.get(call, call) in wanted]

    assert order(_called(flow, "nightly")) == wanted
    assert order(_called(PROJECT / "tests" / "flows" / "night.py", "night")) == wanted


def test_the_reprocess_of_the_tests_is_the_flow_without_prefect():
    flow = PROJECT / "flows" / "reprocess.py"
    plain = {
        "score_chunk": "score_and_tag",
        "compare_chosen": "compare",
        "show_in_scope": "show",
        "open_for_chosen": "open_follow_ups",
    }
    wanted = [
        "make_plan",
        "recorded",
        "register",
        "unseen",
        "score_and_tag",
        "compare",
        "save_report",
        "show",
    ]

    def order(calls):
        told = [inner for call in calls for inner in (_called(flow, call) if call == "say_again" else [call])]
        return [plain.get(call, call) for call in told if plain.get(call, call) in wanted]

    assert order(_called(flow, "reprocess")) == wanted
    assert order(_called(PROJECT / "tests" / "flows" / "night.py", "reprocess")) == wanted


HEAVY = (
    "prefect",
    "torch",
    "pandas",
    "sqlalchemy",
    "onnxruntime",
    "numpy",
    "transformers",
    "alembic",
    "pyarrow",
)
LOADED = f"print([name for name in {HEAVY} if name in sys.modules])"


@pytest.mark.parametrize(
    "code",
    [
        "import sys, flows.cli",
        "import sys, contextlib, io, flows.cli\n"
        "sys.argv = ['ressenti', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): flows.cli.main()",
        "import sys, contextlib, io, flows.cli\n"
        "sys.argv = ['ressenti', 'run', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): flows.cli.main()",
    ],
    ids=["import", "help", "help of a command"],
)
def test_help_loads_nothing_heavy(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_night_needs_neither_prefect_nor_torch():
    """Unit tests, benchmarks and other schedulers call the plain functions."""
    modules = ", ".join(
        f"flows.{name}" for name in ("reading", "scoring", "publishing", "quarantine", "dry_run")
    )
    code = f"import sys, {modules}, flows.overview\n"
    code += "print([name for name in ('prefect', 'torch', 'transformers', 'onnx') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
