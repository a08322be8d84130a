"""S5: no exported cell opens as a formula, and nothing of it is lost."""

import csv
import io
import re
import shutil
import subprocess
import sys
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.exports.cells import BLANKS, BREAKS, SIGNS, formula_safe, original

LEADING = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−", "﹦", "⁺"]
SEPARATORS = [",", ";", "\t", "|", "\n", "\r\n"]
QUOTES = ["", '"', "'", '""', "\"'"]
LOOKS = ["", " ", "\u00a0", "\u200b", "\ufeff", "\x00", "\u202e"]
PAYLOAD = "1+1"
CELLS = [
    *(f"{look}{sign}{PAYLOAD}" for sign in LEADING for look in LOOKS),
    *(f"avis{cut}{quote}{look}{sign}{PAYLOAD}" for cut in SEPARATORS for quote in QUOTES for look in LOOKS for sign in LEADING),
    *(f"{quote}{sign}{PAYLOAD}{quote}" for quote in QUOTES for sign in LEADING),
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.org","x")', "'", "''", "'=1", "l'eau - oui", "", " ", "-", "5,-3",
]  # fmt: skip


def _safe(*cells):
    return formula_safe(pa.array(cells, pa.string())).to_pylist()


def _class(pattern):
    """The characters that a class of RE2 stands for, as Python's `re` knows it."""
    return re.compile("[" + re.sub(r"\\x\{(\w+)\}", lambda code: f"\\U{code[1]:>08}", pattern) + "]")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\u00a0=1", "\t=1", "\r=1", "\n=1", "\tavis"]
)
def test_what_a_spreadsheet_may_calculate_begins_with_the_mark(cell):
    assert _safe(cell)[0].lstrip().startswith("'")


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("quote", QUOTES)
def test_no_sign_begins_a_cell_after_any_separator_and_quote(separator, quote):
    for sign in "=+-@＝":
        [safe] = _safe(f"avis{separator}{quote}{sign}1+1")
        for cut in SEPARATORS:
            for cell in safe.split(cut):
                assert not cell.strip(' "').startswith(sign)


def test_ordinary_words_and_nothing_stay_as_they_are():
    words = ["Très bien, merci !", "5/5", "rendez-vous - oui", "l'attente", "a=b", ""]
    assert _safe(*words, None) == [*words, None]


def test_every_cell_comes_back_as_it_was():
    assert [original(cell) for cell in _safe(*CELLS)] == CELLS


@given(st.text(alphabet="=+-@＝−\t\r\n,;|\"' \u00a0\u200b\ufeffa\x00\x0b\u2028é", max_size=12))
def test_whatever_is_marked_is_unmarked(text):
    [safe] = _safe(text)
    assert original(safe) == text


def test_the_signs_are_all_that_unicode_takes_for_one():
    like = {
        chr(code)
        for code in range(sys.maxunicode)
        if unicodedata.normalize("NFKC", chr(code))[:1] in (*"=+-@", "−")
    }
    assert like <= set(SIGNS)


def test_every_blank_and_unseen_character_of_the_first_plane_is_known():
    known = _class(BLANKS + BREAKS)
    unseen = [chr(code) for code in range(0x3100) if unicodedata.category(chr(code)) in ("Zs", "Cc")]
    unseen += ["\u00ad", "\u200b", "\u200d", "\u200e", "\u202e", "\u2060", "\u2066", "\ufeff"]
    assert [character for character in unseen if not known.fullmatch(character)] == []


def _as_csv(cells):
    made = io.StringIO()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL)
    writer.writerows([[number, cell] for number, cell in enumerate(cells)])
    return made.getvalue()


def _formulas(folder, cells, separator):
    """How many formulas LibreOffice finds in a file opened with a separator."""
    file = folder / "cells.csv"
    file.write_text(_as_csv(cells), encoding="utf-8", newline="")
    how = f"CSV:{ord(separator)},34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", f"--infilter={how}",
         "--convert-to", "fods", "--outdir", str(folder / "out"), str(file)],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return (folder / "out" / "cells.fods").read_text(encoding="utf-8").count("table:formula=")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed on this machine")
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_libreoffice_finds_no_formula_whatever_the_separator(tmp_path, separator):
    cells = [cell for cell in CELLS if "\x00" not in cell]
    assert _formulas(tmp_path, [*cells, f"avis{separator}=1+1"], separator) > 0, "the test finds none at all"
    assert _formulas(tmp_path, _safe(*cells, f"avis{separator}=1+1"), separator) == 0
