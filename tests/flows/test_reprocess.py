"""Reprocessing: beside what stands there, told before and after, safe to kill, never at the cost of a person's work."""

from datetime import UTC, date, datetime

import pytest
import yaml
from sqlalchemy import update

from configs.errors import ConfigError
from flows.choosing import Choice, make_plan
from flows.difference import LARGEST, compare
from flows.report import as_markdown
from nlp.model import Model
from storage import schema
from storage.database import reading, writing
from storage.registry import DEFAULT, active

from .night import TABLES, Killed, current, killed_in_transaction, reprocess, row, rows, summary_of

FEED = [
    row("a", "Merci, écrivez à ana@exemple.fr", customer="ana"),
    row("b", "C'est injuste", customer="bob"),
    row("c", "bof"),
    row("d", "rien à dire"),
]
LESS = {"disappointment": 0.4}


@pytest.fixture
def told(room):
    """A night over two batches was run; W12 holds all but one feedback."""
    room.settings(chunk_texts=2)
    room.source("reviews", batch={"constant": "W12"})
    room.feed(*FEED)
    room.feed(row("e", "bof"), source="survey")
    room.night()
    return room


def _thresholds(room, cuts=LESS):
    file = room.folder / "thresholds.yml"
    file.write_text(yaml.safe_dump({"cuts": {label: {"tag": tag} for label, tag in cuts.items()}}))
    room.settings(thresholds=str(file))


def _everything(work):
    return [rows(work.engine, table) for table in TABLES]


def _shown(work, scope=DEFAULT):
    with reading(work.engine) as connection:
        return active(connection).get(scope)


def _followups(work):
    return rows(work.engine, schema.followup)


def _correct(work, external_id, label, present):
    feedback = {each["id"]: each["external_id"] for each in rows(work.engine, schema.feedback)}
    number = next(
        each["id"]
        for each in rows(work.engine, schema.revision)
        if feedback[each["feedback_id"]] == external_id
    )
    said = {"revision_id": number, "label": label, "present": present, "author": "lea", "origin": "a test"}
    with writing(work.engine) as connection:
        connection.execute(schema.correction.insert(), said | {"corrected_at": datetime.now(UTC)})


# What is chosen


def test_another_model_scores_what_is_chosen_beside_the_old_and_shows_nothing(told):
    with told.open() as work:
        before, shown = rows(work.engine, schema.prediction), _shown(work)
        seen = current(work.engine)
    told.model("other", seed=1)
    with told.open() as work:
        run_id, found = reprocess(work, batch="W12")
        assert summary_of(work.engine, run_id).total("scored") == found.compared == 4
        after = rows(work.engine, schema.prediction)
        assert after[: len(before)] == before
        assert len(after) == len(before) + 4
        assert (_shown(work), current(work.engine)) == (shown, seen)
        run_id, found = reprocess(work, batch="W12")
        assert summary_of(work.engine, run_id).total("scored") == 0
        assert found.compared == 4


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        ({"batch": "W12"}, 4),
        ({"source": "survey"}, 1),
        ({"where_tag": "injustice"}, 1),
        ({"where_tag": "gratitude", "batch": "W12"}, 1),
        ({"language": "fr"}, 5),
        ({"since": date(2026, 1, 1), "until": date(2099, 1, 1)}, 5),
        ({}, 5),
    ],
)
def test_it_says_first_how_many_it_takes(told, choice, chosen):
    told.model("other", seed=1)
    with told.open() as work:
        before = _everything(work)
        plan = make_plan(work, Choice(**choice))
        assert (plan.chosen, plan.to_score) == (chosen, chosen)
        assert f"{chosen} feedback chosen ({plan.choice}), {chosen} to score" in str(plan)
        assert f"as a probe of {chosen} texts says" in str(plan)
        assert _everything(work) == before


def test_how_long_it_takes_is_known_from_earlier_runs(told, monkeypatch):
    monkeypatch.setattr("storage.speed.LEAST", 1)
    with told.open() as work:
        with writing(work.engine) as connection:
            connection.execute(update(schema.run_stage), {"seconds": 0.05})
        told.feed(row("new", "Merci"), file="new.csv")
        _read_in(told)
        plan = make_plan(work, Choice())
        assert (plan.chosen, plan.to_score, round(plan.texts_per_second)) == (6, 1, 100)
        assert "100 texts a second, as in earlier runs" in str(plan)


def _read_in(room):
    from flows.reading import clean_and_store, open_sources, read

    with room.open() as work:
        run_id = rows(work.engine, schema.run)[0]["id"]
        for source in open_sources(work, ())[0]:
            for chunk in read(work, source, None):
                clean_and_store(work, run_id, chunk)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"batch": "w21"}, ("no such batch", "did you mean `W12`?")),
        ({"batch": "autumn"}, ("no such batch", "accepted: W12")),
        ({"source": "revews"}, ("no such source", "did you mean `reviews`?")),
        ({"where_tag": "injustise"}, ("no such label", "did you mean `injustice`?")),
        ({"batch": "W12", "language": "de"}, ("nothing is chosen", "batch W12 holds 4 feedback")),
        ({"until": date(2001, 1, 1)}, ("nothing is chosen", "the database holds 5 feedback")),
    ],
)
def test_what_chooses_nothing_is_refused_and_leaves_no_run(told, choice, words):
    with told.open() as work:
        before = _everything(work)
        with pytest.raises(ConfigError) as caught:
            reprocess(work, **choice)
        for word in words:
            assert word in str(caught.value)
        assert _everything(work) == before


# What is shown


def test_a_batch_is_shown_anew_by_one_row_and_the_rest_stays(told):
    told.model("other", labels=("gratitude", "anger"))
    with told.open() as work:
        old = _shown(work)
        reprocess(work, batch="W12", activate=True)
        assert (_shown(work), _shown(work, "batch:W12")) == (old, work.configured)
        assert current(work.engine) == {"a": {"gratitude"}, "e": {"unclear"}}


def test_what_would_hide_other_feedback_is_refused_before_anything_is_done(told):
    told.model("other", seed=1)
    with told.open() as work:
        before = _everything(work)
        for choice in ({"source": "reviews"}, {"batch": "W12", "where_tag": "injustice"}):
            with pytest.raises(ConfigError, match="would lose their tags"):
                reprocess(work, **choice, activate=True)
        assert _everything(work) == before
        reprocess(work, activate=True)
        assert _shown(work) == work.configured


def test_other_thresholds_score_nothing_and_tag_old_and_new(told, monkeypatch):
    calls = []
    score = Model.score
    monkeypatch.setattr(Model, "score", lambda self, texts: calls.append(len(texts)) or score(self, texts))
    _thresholds(told)
    with told.open() as work:
        _, found = reprocess(work, batch="W12", activate=True)
        assert calls == []
        assert (found.compared, found.changed) == (4, 1)
        assert found.gained == {"disappointment": 1}
        assert found.lost == {"unclear": 1}
        assert current(work.engine)["c"] == {"disappointment"}
        assert current(work.engine)["e"] == {"unclear"}


def test_what_is_shown_beside_the_choice_is_counted_first(told):
    _thresholds(told)
    with told.open() as work:
        for choice, beside in (({"source": "survey"}, 4), ({"batch": "W12", "where_tag": "injustice"}, 3)):
            plan = make_plan(work, Choice(**choice), activate=True)
            assert f"what is shown changes for {beside} others too" in str(plan)
            assert "others" not in str(make_plan(work, Choice(**choice)))
        assert "others" not in str(make_plan(work, Choice(batch="W12"), activate=True))


def test_a_person_s_choice_outlives_the_night(told):
    told.settings(chunk_texts=2)
    _thresholds(told)
    with told.open() as work:
        reprocess(work, activate=True)
        shown = _shown(work)
    told.settings(thresholds=None)
    told.night()
    with told.open() as work:
        assert _shown(work) == shown != work.configured


# The difference


def test_the_difference_counts_labels_and_shows_the_largest_changes_masked(told):
    told.model("other", labels=("anger", "injustice", "disappointment"))
    with told.open() as work:
        _, found = reprocess(work)
    assert (found.compared, found.changed, found.unscored) == (5, 1, 0)
    assert found.unknown == ["gratitude"]
    assert found.before == {"gratitude": 1, "injustice": 1, "unclear": 2}
    assert found.after == {"injustice": 1, "unclear": 2}
    [change] = found.largest
    assert (change.source, change.external_id, change.gained, change.lost) == (
        "reviews",
        "a",
        [],
        ["gratitude"],
    )
    assert change.text == "Merci, écrivez à [EMAIL]"
    page = as_markdown("Reprocess", [], found, texts=True)
    assert "| gratitude | 1 | 0 | 0 | 1 | 20.0 % | 0.0 % |" in page
    assert "écrivez" in page
    assert "has no gratitude: such tags go" in page
    assert "écrivez" not in as_markdown("Reprocess", [], found, texts=False)
    assert "reviews/a" not in as_markdown("Reprocess", [], found, texts=False)


def test_what_customers_wrote_is_text_in_the_report_too(room):
    nasty = "<script>alert(1)</script> [x](http://y) `z` | **merci**"
    room.feed(row("a", nasty))
    room.night()
    room.model("other", labels=("anger",))
    with room.open() as work:
        _, found = reprocess(work)
    page = as_markdown("Reprocess", [], found, texts=True)
    [quoted] = [line for line in page.splitlines() if line.startswith("   > ")]
    assert "<" not in quoted.replace("\\<", "").removeprefix("   > ")
    assert "**" not in quoted.replace("\\*", "")


def test_only_so_many_changes_are_kept(room):
    room.feed(*(row(number, f"Merci {number}") for number in range(LARGEST + 10)))
    room.night()
    room.model("other", labels=("anger",))
    with room.open() as work:
        _, found = reprocess(work)
    assert (found.changed, len(found.largest)) == (LARGEST + 10, LARGEST)


def test_what_a_person_corrected_never_differs(told):
    with told.open() as work:
        _correct(work, "b", "injustice", False)
        _correct(work, "c", "disappointment", True)
    _thresholds(told)
    with told.open() as work:
        _, found = reprocess(work, batch="W12", activate=True)
        assert found.changed == 0
        assert current(work.engine)["c"] == {"disappointment"}
        assert "b" not in current(work.engine)


def test_a_dry_run_counts_and_compares_and_writes_nothing(told):
    _thresholds(told)
    with told.open() as work:
        before = _everything(work)
        plan = make_plan(work, Choice(batch="W12"), activate=True)
        assert compare(work, plan.selection).gained == {"disappointment": 1}
        assert "tags come from stored scores" in str(plan)
        assert _everything(work) == before


# Follow-ups


RULES = [
    {"id": "injustice", "when": {"any": ["injustice"]}},
    {"id": "let_down", "when": {"any": ["disappointment"]}},
]


def test_follow_ups_are_told_and_opened_only_if_asked(told):
    told.policy(*RULES)
    _thresholds(told)
    with told.open() as work:
        before = _followups(work)
        _, found = reprocess(work)
        assert found.follow_ups.opened == {"let_down": 2}
        assert _followups(work) == before
        for _ in range(2):
            reprocess(work, open_follow_ups=True)
            opened = _followups(work)
            assert [each["rule"] for each in opened] == ["injustice", "let_down", "let_down"]
            assert opened[:1] == before


@pytest.mark.parametrize("state", ["open", "taken", "done"])
def test_follow_ups_whose_reason_is_gone_are_told_and_never_changed(told, state):
    with told.open() as work:
        taken = {"state": state, "taken_by": "max", "taken_at": datetime.now(UTC)} if state != "open" else {}
        with writing(work.engine) as connection:
            connection.execute(update(schema.followup), taken | {"state": state})
        before = _followups(work), rows(work.engine, schema.followup_feedback)
    told.model("other", labels=("anger",))
    with told.open() as work:
        _, found = reprocess(work, activate=True, open_follow_ups=True)
        assert found.follow_ups.open_without_reason == ({"injustice": 1} if state == "open" else {})
        assert found.follow_ups.taken_without_reason == ({"injustice": 1} if state == "taken" else {})
        assert (_followups(work), rows(work.engine, schema.followup_feedback)) == before


def test_what_a_person_denied_opens_nothing(told):
    told.policy(*RULES)
    with told.open() as work:
        _correct(work, "c", "disappointment", False)
    _thresholds(told)
    with told.open() as work:
        reprocess(work, batch="W12", open_follow_ups=True)
        assert [each["rule"] for each in _followups(work)] == ["injustice"]


# Killed


def test_killed_in_one_transaction_after_the_other_it_ends_with_everything_done_once(told, monkeypatch):
    told.policy(*RULES)
    told.model("other", seed=1, tag=0.4)
    with told.open() as work:
        old = _shown(work)
        for number in range(60):
            with monkeypatch.context() as patch:
                killed_in_transaction(patch, number)
                try:
                    reprocess(work, activate=True, open_follow_ups=True)
                    break
                except Killed:
                    assert _shown(work) in (old, work.configured)
        assert number > 5, "it was killed at least so often"
        assert _shown(work) == work.configured
        versions = [each["model_version"] for each in rows(work.engine, schema.prediction)]
        assert versions.count(work.version.id) == 5
        assert current(work.engine) == {
            "a": {"gratitude"},
            "b": {"injustice"},
            "c": {"disappointment"},
            "e": {"disappointment"},
        }
        assert [each["rule"] for each in _followups(work)] == ["injustice", "let_down", "let_down"]
        assert len(rows(work.engine, schema.activation)) == 2
