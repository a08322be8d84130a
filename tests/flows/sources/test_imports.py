"""The sources' room knows no flow, no database, no model, and a description alone loads fast."""

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[3] / "flows" / "sources"
MODULES = [
    "flows.sources." + ".".join(file.relative_to(SOURCES).with_suffix("").parts)
    for file in sorted(SOURCES.rglob("*.py"))
    if file.stem != "__init__"
]


def loaded_by(*modules):
    program = f"import sys, {', '.join(modules)}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_no_source_knows_what_happens_to_its_records():
    assert not loaded_by(*MODULES) & {"prefect", "storage", "torch", "nlp", "pandas"}


def test_a_database_library_is_for_queries_alone():
    assert "sqlalchemy" not in loaded_by(*(name for name in MODULES if ".sql." not in name))


def test_libraries_of_formats_wait_for_a_file():
    assert not loaded_by("flows.sources.registry") & {
        "pyarrow",
        "python_calamine",
        "ijson",
        "dateparser",
        "httpx",
        "jmespath",
        "sqlalchemy",
    }
