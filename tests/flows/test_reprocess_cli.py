"""`ressenti reprocess` as it is typed: what it prints, refuses and writes."""

import pytest
import yaml

from flows.reprocess import Reprocessed
from storage import schema

from .night import TABLES, current, reprocess, row, rows

FEED = [row("a", "Merci"), row("b", "C'est injuste"), row("c", "bof")]


@pytest.fixture
def told(small_room):
    small_room.source("reviews", batch={"constant": "W12"})
    small_room.feed(*FEED)
    small_room.night()
    file = small_room.folder / "thresholds.yml"
    file.write_text(yaml.safe_dump({"cuts": {"disappointment": {"tag": 0.4}}}))
    return file


@pytest.fixture
def without_prefect(monkeypatch, small_room):
    """The plain steps in place of Prefect's flow."""

    def plain(choice, model, thresholds, activate, open_follow_ups, report, config):
        small_room.settings(**({"model": model} if model else {}))
        small_room.settings(**({"thresholds": str(thresholds)} if thresholds else {}))
        with small_room.open() as work:
            run_id, found = reprocess(
                work, activate=activate, open_follow_ups=open_follow_ups, **vars(choice)
            )
            return Reprocessed(run_id, found, report or work.settings.state_dir / "report.md", activate)

    monkeypatch.setattr("flows.cli.reprocess._with_server", plain)


def _everything(room):
    with room.open() as work:
        return [rows(work.engine, table) for table in TABLES]


@pytest.mark.usefixtures("without_prefect")
def test_it_prints_the_difference_where_the_report_is_and_what_to_do_next(ressenti, small_room, told):
    said = ressenti("reprocess", "--batch", "W12", "--thresholds", told)
    assert (said.code, said.err) == (0, "")
    for words in ("3 feedback compared, the tags of 1 differ", "disappointment", "report.md", "reviews/c"):
        assert words in said.out
    assert "To show it: `ressenti versions activate" in said.out
    [line] = [line for line in said.out.splitlines() if line.startswith("To show it")]
    assert ressenti(*line.split("`")[1].split()[1:]).code == 0
    with small_room.open() as work:
        assert current(work.engine)["c"] == {"disappointment"}


@pytest.mark.usefixtures("without_prefect")
def test_what_was_shown_is_taken_back_by_the_command_that_it_names(ressenti, small_room, told):
    said = ressenti("reprocess", "--batch", "W12", "--thresholds", told, "--activate")
    assert "To take it back: `ressenti versions rollback --batch W12`" in said.out
    assert ressenti("versions", "rollback", "--batch", "W12").code == 0
    with small_room.open() as work:
        assert current(work.engine)["c"] == {"unclear"}


def test_a_dry_run_writes_nothing_and_needs_no_prefect(ressenti, small_room, told):
    before = _everything(small_room)
    said = ressenti("reprocess", "--thresholds", told, "--dry-run")
    assert (said.code, said.err) == (0, "")
    assert "3 feedback chosen (everything); model" in said.out
    assert "the tags of 1 differ" in said.out
    assert said.out.endswith("Nothing was written.\n")
    small_room.model("other", seed=1)
    said = ressenti("reprocess", "--dry-run", "--where-tag", "injustice")
    assert "1 feedback chosen (--where-tag injustice), 1 to score" in said.out
    assert "differ" not in said.out
    assert _everything(small_room) == before
    assert not (small_room.folder / "state" / "reports").exists()


@pytest.mark.parametrize(
    ("words", "told_words"),
    [
        (("--batch", "w13"), ("no such batch", "did you mean `W12`?")),
        (("--batch", "W12", "--language", "de"), ("nothing is chosen", "W12 holds 3")),
        (("--source", "revews"), ("no such source", "did you mean `reviews`?")),
        (("--thresholds", "nowhere.yml"), ("nowhere.yml: the thresholds cannot be read",)),
        (("--model", "nowhere/model"), ("nowhere/model",)),
    ],
)
def test_what_can_not_be_done_is_one_sentence_and_nothing_is_written(
    ressenti, small_room, told, words, told_words, monkeypatch
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    before = _everything(small_room)
    said = ressenti("reprocess", *words, "--dry-run")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("ressenti: configuration: ")
    assert said.err.count("\n") == 1
    for word in told_words:
        assert word in said.err
    assert _everything(small_room) == before


def test_a_day_that_is_none_is_wrong_use(ressenti):
    assert ressenti("reprocess", "--since", "yesterday").code == 2


@pytest.mark.usefixtures("without_prefect")
def test_a_report_that_can_not_be_written_shows_nothing(ressenti, small_room, told, monkeypatch):
    """The report comes before what it reports: a full disk under it leaves what readers see as it was."""

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    said = ressenti("reprocess", "--thresholds", told, "--activate")
    assert (said.code, said.out) == (1, "")
    assert "the file can't be written (found 'No space left on device'); free some room" in said.err
    with small_room.open() as work:
        assert len(rows(work.engine, schema.activation)) == 1
