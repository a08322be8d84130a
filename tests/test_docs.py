"""What the documentation says of commands, settings, tables and files is what the code has."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from docs.make import PAGES, ROOT, filled
from flows.cli import app

FENCED = re.compile(r"```(?:sh|bash|console)\n(.*?)```", re.DOTALL)
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def _lines(page: Path) -> list[str]:
    blocks = FENCED.findall(page.read_text(encoding="utf-8"))
    return [line.removeprefix("$ ").split(" #")[0].strip() for block in blocks for line in block.splitlines()]


@pages
def test_generated_parts_are_up_to_date(page):
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, f"{page.name}: run `make docs`"


@pages
def test_links_lead_to_files_that_are_there(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pages
def test_commands_shown_exist_with_their_options(page):
    for line in _lines(page):
        for part in re.split(r"\||&&|;", line):
            words = shlex.split(part, comments=True)
            while words and ("=" in words[0] or words[0] == "env"):
                words = words[1:]
            if words and words[0].rpartition("/")[2] == "ressenti":
                _check(words[1:], line)


def _check(words: list[str], line: str) -> None:
    command = typer.main.get_command(app)
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        found = command.commands.get(words[0])
        assert found is not None, f"no command {words[0]!r}: {line}"
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, f"no option {word}: {line}"


@pages
def test_make_targets_shown_exist(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for line in _lines(page):
        if line.startswith("make "):
            assert line.split()[1] in targets, line


def test_every_make_target_is_documented_where_it_stands():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split():
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target


def test_no_page_names_a_place_outside_the_project():
    for page in PAGES:
        assert "/work/" not in page.read_text(encoding="utf-8"), page.name


def test_the_changelog_names_the_version_and_the_schema():
    from storage.upgrade import newest

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert f"## {version}" in changelog
    assert f"schema {newest()}" in changelog
