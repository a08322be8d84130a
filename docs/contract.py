"""The contract with BI, written down: `docs/bi/contract.yml` says which views there are, with which columns.

`make docs` writes it anew from the code. It refuses where something would break for those who read the views, until
the first number of `storage.views.contract.VERSION` is raised, and where something came to it, until the second is.
"""

from pathlib import Path
from typing import Any

import yaml

from configs.taxonomy import load_taxonomy
from storage.views import all_views
from storage.views.contract import VERSION

FILE = Path(__file__).resolve().parent / "bi" / "contract.yml"
Views = dict[str, dict[str, str]]
HEAD = """\
# What BI tools may rely on: every view with its columns, what they hold, and whether that may be NULL.
# Made by `make docs`; a test fails where the code says something else. See docs/bi.md.
"""


def offered() -> dict[str, Any]:
    """The contract as the code has it."""
    views = {
        view.name: {
            column.name: f"{column.kind} or null" if column.nullable else column.kind
            for column in view.columns
        }
        for view in all_views(load_taxonomy())
    }
    return {"version": VERSION, "views": views}


def promised() -> dict[str, Any]:
    """The contract as it was written down."""
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def breaks(before: Views, after: Views) -> list[str]:
    """What those who read the views would stumble over."""
    found = [f"view {name} is gone" for name in before if name not in after]
    for name in before.keys() & after.keys():
        for column, kind in before[name].items():
            now = after[name].get(column)
            if now is None:
                found.append(f"{name}.{column} is gone")
            elif now != kind and now != kind.removesuffix(" or null"):
                found.append(f"{name}.{column} was {kind}, is {now}")
    return sorted(found)


def missing_version(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """Why the version has to be raised first; None when it need not."""
    old, new = (tuple(map(int, one["version"].split("."))) for one in (before, after))
    broken = breaks(before["views"], after["views"])
    if broken and new[0] <= old[0]:
        return f"raise the first number of VERSION in storage/views/contract.py: {'; '.join(broken)}"
    if before["views"] != after["views"] and new <= old:
        return "raise the second number of VERSION in storage/views/contract.py: views or columns came to it"
    return None


def write() -> None:
    """Write the contract down.

    Raises:
        SystemExit: the version has to be raised first.
    """
    now = offered()
    if FILE.is_file() and (reason := missing_version(promised(), now)):
        raise SystemExit(reason)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(HEAD + yaml.safe_dump(now, sort_keys=False, allow_unicode=True), encoding="utf-8")
