"""Cells of a CSV file that no spreadsheet takes for a formula, and back again without a loss.

After OWASP (CSV injection): a spreadsheet calculates a cell that begins with =, +, - or @, and what a cell is depends
on the separator that the reader chooses. So a mark, the apostrophe, is put before such a sign wherever a cell may
begin: at the start of a text, and in it after any separator, quote or line break. The full-width signs and other
look-alikes count as the sign, blanks and what can't be seen before it count as nothing. An apostrophe in these places
is marked too, which makes the marks tell themselves apart from the text: `original` takes them off.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

MARK = "'"
SIGNS = (
    "=+@\\-⁺⁻⁼₊₋₌−⩵⩶﬩﹢﹣﹦﹫＋－＝＠"  # \- for it stands in a class; all that NFKC turns into such a sign
)
BREAKS = "\\t\\n\\x0B\\f\\r\\x1C-\\x1E\\x{85}\\x{2028}\\x{2029}"
BLANKS = (
    "\\x00-\\x08\\x0E-\\x1B\\x1F\\x20\\x7F-\\x{84}\\x{86}-\\x{A0}\\x{AD}\\x{61C}\\x{1680}\\x{180E}\\x{2000}-\\x{200F}"
    "\\x{202A}-\\x{202F}\\x{205F}-\\x{206F}\\x{3000}\\x{FEFF}\\x{FFF9}-\\x{FFFB}\\x{1D173}-\\x{1D17A}"
    "\\x{E0001}\\x{E0020}-\\x{E007F}"
)
CELL_START = f'(\\A|[,;|"{BREAKS}])([{BLANKS}]*)'
TO_MARK = f"{CELL_START}([{SIGNS}{MARK}])"
LEADING_BREAK = f"\\A([{BREAKS}])"  # the eyes see nothing, and programs strip it
_MARKED = re.compile(re.sub(r"\\x\{(\w+)\}", lambda code: f"\\U{code[1]:>08}", f"{CELL_START}{MARK}"))


def formula_safe(cells: pa.StringArray) -> pa.StringArray:
    """Each text with its marks; nulls stay null."""
    marked = pc.replace_substring_regex(cells, TO_MARK, f"\\1\\2{MARK}\\3")
    return pc.replace_substring_regex(marked, LEADING_BREAK, f"{MARK}\\1")


def original(cell: str) -> str:
    """What a text was before `formula_safe`."""
    return _MARKED.sub(r"\1\2", cell)
