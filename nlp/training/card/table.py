"""A table in Markdown."""

from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The rows under the head; cells are written as `str` has them."""
    lines = [" | ".join(str(cell).replace("|", "\\|") for cell in cells) for cells in (head, *rows)]
    rule = " | ".join("---" for _ in head)
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))
