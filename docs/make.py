"""Writes the parts of the documentation that the code knows better: commands, settings, tables, source keys.

A page marks such a part with `<!-- made: NAME -->` and `<!-- end -->`. `make docs` fills it in; a test fails when
what stands there is no longer what the code says.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import typer.main
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from typer import Context
from typer.core import TyperCommand, TyperGroup

from docs import contract
from docs.dashboard import files as dashboards

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
Command = TyperCommand | TyperGroup
KINDS = {
    "text": "text",
    "whole": "whole number",
    "number": "number",
    "flag": "0 or 1",
    "day": "date",
    "moment": "timestamp (UTC)",
}
PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def commands() -> str:
    """The help of every command, as it prints it."""
    blocks = []
    for name, command, context in _walk(_root(), "ressenti"):
        summary = command.get_short_help_str(90)
        blocks.append(
            f"<details><summary><code>{name}</code> — {summary}</summary>\n\n"
            f"```text\n{command.get_help(context).strip()}\n```\n\n</details>\n"
        )
    return "\n".join(blocks)


def _walk(
    command: Command, name: str, parent: Context | None = None
) -> Iterator[tuple[str, Command, Context]]:
    context = Context(command, info_name=name.rpartition(" ")[2], parent=parent, terminal_width=100)
    yield name, command, context
    if isinstance(command, TyperGroup):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert isinstance(found, TyperCommand | TyperGroup)
            yield from _walk(found, f"{name} {child}", context)


def _root() -> Command:
    from flows.cli import app

    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return root


def settings() -> str:
    """Every setting: its name in the file, in the environment, its default, its meaning."""
    from configs.settings import Settings

    rows = ["| `configs/ressenti.yml` | environment | default | what it is |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = ", ".join(field.default) if isinstance(field.default, tuple) else field.default
        rows.append(f"| `{name}` | `RESSENTI_{name.upper()}` | `{default}` | {field.description} |")
    return "\n".join(rows) + "\n"


def views() -> str:
    """Every view of BI and its columns, from what the contract says."""
    from configs.taxonomy import load_taxonomy
    from storage.views import all_views
    from storage.views.contract import VERSION

    parts = [f"Version {VERSION} of the contract.\n"]
    for view in all_views(load_taxonomy()):
        rows = [
            f"### bi.{view.name}\n",
            f"{view.meaning}\n",
            "| column | type | unit | may be null | what it is | from |",
            "|---|---|---|---|---|---|",
        ]
        rows += [
            f"| `{column.name}` | {KINDS[column.kind]} | {column.unit} | {_yes(column.nullable)} "
            f"| {column.meaning} | {column.source} |"
            for column in view.columns
        ]
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def tables() -> str:
    """Every table and column, from the schema's own comments."""
    from storage.schema import metadata

    parts = []
    for table in metadata.sorted_tables:
        rows = [
            f"### {table.name}\n",
            f"{table.comment}; from: {table.info['source']}\n",
            "| column | type | may be null | what it is |",
            "|---|---|---|---|",
        ]
        rows += [
            f"| `{column.name}` | {_type_name(column.type)} | {_yes(column.nullable)} | {column.comment} |"
            for column in table.columns
        ]
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _yes(value: bool | None) -> str:
    return "yes" if value else "no"


def _type_name(kind: object) -> str:
    return {"Utc": "timestamp (UTC)", "BigId": "whole number", "BigInteger": "whole number"}.get(
        type(kind).__name__, type(kind).__name__.lower()
    )


def source_keys() -> str:
    """Every key of a source's YAML, block by block: those of all kinds, then those of each."""
    from flows.sources.config import SourceConfig
    from flows.sources.registry import KINDS

    seen: set[type] = set()
    parts = list(_block("### A source", "", SourceConfig, seen))
    for name, kind in KINDS.items():
        parts += _block(f"### `kind: {name}`", "", kind, seen, known=frozenset(SourceConfig.model_fields))
    return "\n".join(parts)


def _block(
    title: str, prefix: str, model: type[BaseModel], seen: set[type], known: frozenset[str] = frozenset()
) -> Iterator[str]:
    seen.add(model)
    yield f"{title}\n\n{(model.__doc__ or '').strip()}\n\n| key | default | what it says |\n|---|---|---|"
    inner = []
    for name, field in model.model_fields.items():
        if name in known:
            continue
        key = field.alias or name
        default = (
            "" if field.default in (PydanticUndefined, None, (), {}, "") else f"`{_plain(field.default)}`"
        )
        told = "required" if field.is_required() else default
        yield f"| `{prefix}{key}` | {told} | {field.description} |"
        inner += [(f"{prefix}{key}.", each) for each in _models_in(field.annotation) if each not in seen]
    yield ""
    for place, found in inner:
        if found not in seen:
            yield from _block(f"### `{place.rstrip('.')}`", place, found, seen)


def _plain(value: object) -> str:
    if isinstance(value, BaseModel):
        return str(value.model_dump(exclude_defaults=True) or "as below")
    return str(value)


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)


MAKERS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": settings,
    "views": views,
    "tables": tables,
    "source_keys": source_keys,
}


def filled(page: str) -> str:
    """`page` with its marked parts as the code has them now."""
    return PART.sub(lambda found: found[1] + MAKERS[found[2]]() + found[3], page)


def main() -> None:
    """Write the contract with BI and its dashboards, rewrite every page that changed."""
    contract.write()
    dashboards.write()
    for path in PAGES:
        before = path.read_text(encoding="utf-8")
        after = filled(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            sys.stdout.write(f"rewrote {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
