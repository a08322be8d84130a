"""The command line: exit codes, one line for every error, every command once through."""

import os
import subprocess
import sys

import pytest

from configs.settings import PROJECT

from .night import OTHER_KEY, row
from .test_night import FEED


@pytest.fixture
def without_prefect(monkeypatch, small_room):
    """`ressenti run` with the plain night in place of Prefect's flow."""

    def plain(source, limit, config):
        assert config is None
        return small_room.night(source or (), limit).run.id

    monkeypatch.setattr("flows.cli.run._with_server", plain)


def _failed(said, code, *words):
    assert said.code == code
    assert said.err.startswith("ressenti: ")
    assert said.err.count("\n") == 1
    assert said.out == ""
    for word in words:
        assert word in said.err


# run and status


@pytest.mark.usefixtures("without_prefect")
def test_a_run_prints_what_it_did_and_the_next_one_that_nothing_is_new(ressenti, small_room):
    small_room.feed(row("a", "C'est injuste"), row("b", "Merci"))
    said = ressenti("run")
    assert (said.code, said.err) == (0, "")
    for words in ("reviews", "gratitude 1", "injustice 1", "follow-ups opened", "seconds", "Look next"):
        assert words in said.out
    said = ressenti("run")
    assert said.code == 0
    assert "Nothing new: every source was read before, every text is scored." in said.out


@pytest.mark.usefixtures("without_prefect")
def test_a_run_with_quarantined_records_ends_with_3(ressenti, small_room):
    small_room.feed(*FEED)
    said = ressenti("run")
    assert said.code == 3
    assert "id_collision 2, bad_date 1, missing_id 1" in said.out


@pytest.mark.usefixtures("without_prefect")
@pytest.mark.parametrize(("change", "code"), [({"path": "/nowhere.csv"}, 1), ({"text": "texte"}, 2)])
def test_a_run_whose_source_failed_shows_the_others_and_ends_with_1_or_2(ressenti, small_room, change, code):
    small_room.feed(*FEED)
    small_room.feed(*FEED, source="survey")
    small_room.source("survey", **change)
    said = ressenti("run")
    assert said.code == code
    assert "id_collision 2" in said.out
    assert said.err.startswith("ressenti: failed: source survey: ")
    assert said.err.count("\n") == 1


@pytest.mark.usefixtures("without_prefect")
def test_a_run_may_be_of_some_sources_and_rows(ressenti, small_room):
    small_room.feed(*FEED)
    small_room.feed(row("a", "Merci"), row("b", "Merci"), source="survey")
    said = ressenti("run", "--source", "survey", "--limit", 1)
    assert said.code == 0
    assert "reviews" not in said.out


def test_status_before_the_first_run_and_after(ressenti, small_room):
    said = ressenti("status")
    assert said.code == 0
    assert "Model none yet" in said.out
    assert "Feedback 0 (none), 0 waiting for a score" in said.out
    small_room.feed(*FEED)
    small_room.night()
    said = ressenti("status")
    assert "Feedback 4 (reviews 4), 0 waiting for a score" in said.out
    assert "Follow-ups open 1, overdue 0" in said.out
    assert (
        "Quarantine 4 waiting (reviews bad_date 1, reviews id_collision 2, reviews missing_id 1)" in said.out
    )
    assert "nightly" in said.out
    small_room.model("other", seed=1)
    assert "the settings ask for" in ressenti("status").out


def test_status_stands_a_model_that_is_not_there(ressenti, small_room):
    small_room.settings(model="/nowhere/model")
    said = ressenti("status")
    assert said.code == 0
    assert "can't be used" in said.out


# wrong use


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("run", "--nonsense"),
        ("run", "--limit", "0"),
        ("source", "check"),
        ("quarantine", "show", "x"),
    ],
)
def test_wrong_use_ends_with_2(ressenti, words):
    said = ressenti(*words)
    assert said.code == 2
    assert said.out == ""
    assert said.err


DATABASE = [
    ("status",), ("quarantine", "list"), ("quarantine", "show", "1"), ("quarantine", "replay", "--all"),
    ("run", "--dry-run"),
]  # fmt: skip


@pytest.mark.parametrize("words", DATABASE)
def test_without_a_key_it_says_how_to_make_one(ressenti, monkeypatch, words):
    monkeypatch.delenv("RESSENTI_KEY")
    _failed(ressenti(*words), 2, "configuration: RESSENTI_KEY: no key", "make one with `make key`")


@pytest.mark.parametrize("words", DATABASE)
def test_without_tables_it_says_what_to_run(ressenti, small_room, words, tmp_path):
    small_room.feed(*FEED)
    small_room.settings(database_url=f"sqlite:///{tmp_path}/new/new.db")
    _failed(ressenti(*words), 1, "failed: SQLite ", "found 'no tables'", "run `ressenti db upgrade`")
    assert not (tmp_path / "new").exists(), "looking makes nothing"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"database_url": "mysql://x/y"}, ("no such database here", "accepted: sqlite:///FILE")),
        ({"chunk_text": 3}, ("unknown setting `chunk_text`", "did you mean `chunk_texts`?")),
        ({"followup": "/nowhere.yml"}, ("no follow-up policy here",)),
        ({"sources_dir": "/nowhere"}, ("no folder of sources here", "set `sources_dir`")),
        ({"model": "/nowhere/model"}, ("/nowhere/model",)),
    ],
)
def test_wrong_settings_end_with_2(ressenti, small_room, change, words):
    small_room.feed(*FEED)
    small_room.settings(**change)
    _failed(ressenti("run", "--dry-run"), 2, "configuration: ", *words)


def test_an_unknown_source_ends_with_2(ressenti, small_room):
    small_room.feed(*FEED)
    _failed(
        ressenti("run", "--dry-run", "--source", "revews"), 2, "no such source", "did you mean `reviews`?"
    )


def test_settings_may_be_given_with_config(ressenti, small_room, tmp_path):
    other = tmp_path / "other.yml"
    other.write_text(small_room.config.read_text() + "nonsense: 1\n")
    _failed(ressenti("status", "--config", other), 2, "other.yml: unknown setting `nonsense`")


def test_ctrl_c_ends_with_130_and_a_sentence(ressenti, monkeypatch):
    def interrupted(_work):
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.overview.overview", interrupted)
    said = ressenti("status")
    assert said.code == 130
    assert "ressenti: interrupted; what was done is kept" in said.err


# db


def test_db_upgrade_makes_the_tables_once(ressenti, small_room, tmp_path):
    small_room.settings(database_url=f"sqlite:///{tmp_path}/deep/new.db")
    first, second = ressenti("db", "upgrade"), ressenti("db", "upgrade")
    assert first.code == second.code == 0
    assert first.out == second.out
    assert "schema 0" in first.out
    assert ressenti("db", "upgrade", "--quiet").out == ""
    assert ressenti("status").code == 0


def test_a_file_that_is_no_database_is_one_sentence(ressenti, small_room, tmp_path):
    (tmp_path / "no.db").write_bytes(b"this is no database at all" * 100)
    small_room.settings(database_url=f"sqlite:///{tmp_path}/no.db")
    _failed(ressenti("db", "upgrade"), 1, "the file is damaged or is no database")
    _failed(ressenti("status"), 1, "the file is damaged or is no database")


# source


def test_source_list_names_them(ressenti, small_room):
    small_room.feed(*FEED)
    small_room.source("survey", channel="survey")
    said = ressenti("source", "list")
    assert [line.split("\t")[:3] for line in said.out.splitlines()] == [
        ["reviews", "files", "review"], ["survey", "files", "survey"],
    ]  # fmt: skip


def test_a_draft_is_a_description_that_check_takes(ressenti, small_room):
    dates = [f"2026-01-{day:02}" for day in range(1, 26)]
    texts = [row(day, f"Je suis déçu de la livraison du {day}", date=day, rating=3) for day in dates]
    path = small_room.feed(*texts, source="drafted")
    said = ressenti("source", "draft", path)
    assert (said.code, said.err) == (0, "")
    drafted = said.out.replace("channel: ?", "channel: review")
    (small_room.folder / "sources" / "drafted.yml").write_text(drafted)
    checked = ressenti("source", "check", "drafted")
    assert (checked.code, checked.err) == (0, "")
    assert "25 rows of drafted" in checked.out


def test_a_draft_of_no_file_ends_with_1_or_2(ressenti):
    said = ressenti("source", "draft", "/nowhere.csv")
    assert said.code in (1, 2)
    assert said.err.count("\n") == 1


def test_check_of_an_unknown_source_ends_with_2(ressenti, small_room):
    small_room.feed(*FEED)
    _failed(ressenti("source", "check", "revews"), 2, "did you mean `reviews`?")


# quarantine


def test_quarantine_list_show_and_replay(ressenti, small_room):
    small_room.feed(*FEED)
    small_room.night()
    said = ressenti("quarantine", "list")
    assert said.code == 0
    assert len(said.out.splitlines()) == 5
    number = next(line for line in said.out.splitlines() if "bad_date" in line).split("\t")[0]
    assert '"date": "hier peut-être"' in ressenti("quarantine", "show", number).out
    said = ressenti("quarantine", "replay", number)
    assert said.code == 3
    assert f"{number}: refused again: bad_date" in said.out
    said = ressenti("quarantine", "replay", number, "--set", "date=2026-02-03", "--dry-run")
    assert (said.code, said.out) == (0, f"{number}: would be taken in\n")
    said = ressenti("quarantine", "replay", number, "--set", "date=2026-02-03")
    assert (said.code, said.out) == (0, f"{number}: taken in\n")
    said = ressenti("quarantine", "replay", "--all", "--discard")
    assert said.code == 0
    assert len(said.out.splitlines()) == 3
    assert len(ressenti("quarantine", "list").out.splitlines()) == 1
    assert len(ressenti("quarantine", "list", "--all").out.splitlines()) == 5


def test_replay_wants_numbers_or_all(ressenti):
    for words in ((), ("1", "--all")):
        _failed(ressenti("quarantine", "replay", *words), 2, "name records or say --all")


def test_another_key_shows_nothing(ressenti, small_room, monkeypatch):
    small_room.feed(*FEED)
    small_room.night()
    monkeypatch.setenv("RESSENTI_KEY", OTHER_KEY)
    _failed(ressenti("quarantine", "show", 1), 2, "sealed with another key, or is damaged")


@pytest.mark.parametrize("key", ["short", "not base64 !!", "YWJj"])
def test_a_key_that_is_none_is_refused_and_not_repeated(ressenti, monkeypatch, key):
    monkeypatch.setenv("RESSENTI_KEY", key)
    said = ressenti("status")
    _failed(said, 2, "RESSENTI_KEY: ", "make one with `make key`")
    assert key not in said.err


# the real thing, once


def test_the_console_script_works_from_anywhere(small_room, tmp_path):
    environment = os.environ | {"RESSENTI_CONFIG": str(small_room.config), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", "from flows.cli import main; main()"]
    words = [*command, "quarantine", "show", "1"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("ressenti: configuration: no such record in quarantine (found 1)")
    assert done.stderr.count("\n") == 1
