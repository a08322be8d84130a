"""The contract with BI is what was written down, and nothing that breaks it passes without a new version."""

import copy
import re

from docs.contract import breaks, missing_version, offered, promised
from docs.make import ROOT
from storage.views.contract import VERSION


def test_what_is_written_down_is_what_the_code_offers():
    assert promised() == offered(), "run `make docs`"


def test_the_changelog_names_the_contract_s_version():
    assert f"contract {VERSION} with BI" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.fullmatch(r"\d+\.\d+", VERSION)


def _changed(change, version=None):
    after = copy.deepcopy(promised())
    change(after["views"])
    return after | {"version": version or after["version"]}


def test_a_column_that_goes_asks_for_a_new_first_number():
    before = promised()
    major, minor = map(int, before["version"].split("."))

    def gone(views):
        del views["tags"]["sure"]

    assert breaks(before["views"], _changed(gone)["views"]) == ["tags.sure is gone"]
    for version in (before["version"], f"{major}.{minor + 1}"):
        assert "raise the first number" in missing_version(before, _changed(gone, version))
    assert missing_version(before, _changed(gone, f"{major + 1}.0")) is None


def test_a_column_that_may_become_null_breaks_and_one_that_no_longer_is_does_not():
    before = promised()["views"]
    looser, stricter = copy.deepcopy(before), copy.deepcopy(before)
    looser["tags"]["label"] = "text or null"
    stricter["tags"]["score"] = "number"
    assert breaks(before, looser) == ["tags.label was text, is text or null"]
    assert breaks(before, stricter) == []


def test_a_view_more_asks_for_a_new_second_number():
    before = promised()
    major, minor = map(int, before["version"].split("."))

    def more(views):
        views["moods"] = {"mood": "text"}

    assert "raise the second number" in missing_version(before, _changed(more))
    assert missing_version(before, _changed(more, f"{major}.{minor + 1}")) is None


def test_the_page_says_what_every_view_is_for():
    page = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    assert [name for name in promised()["views"] if f"`{name}`" not in page] == []
