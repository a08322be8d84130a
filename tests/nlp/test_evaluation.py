"""Figures are right on cases small enough to count by hand, and say how sure they are."""

import json
import math

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.taxonomy import load_taxonomy
from nlp.evaluation import (
    NEIGHBOURS,
    Report,
    as_data,
    confusion,
    evaluate,
    french_and_english,
    overview,
    per_label,
    slices,
)
from nlp.figures import brier_skill, calibration_error, figures
from nlp.thresholds import Cut, Thresholds
from nlp.training.calibrate import best_threshold, cross_fit, fit_affine, fit_thresholds, precise_threshold
from nlp.training.data import Example, read_examples

GOAL = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], bool)
TAGGED = np.array([[1, 0], [0, 0], [1, 1], [0, 0]], bool)


def values(goal, tagged, columns):
    return [figure.value for figure in figures(goal, tagged, columns)]


def test_f1_precision_and_recall_are_those_counted_by_hand():
    macro, micro, precision, recall = values(GOAL, TAGGED, [0, 1])
    assert macro == pytest.approx((0.5 + 1) / 2)
    assert micro == pytest.approx(2 * 2 / (3 + 3))
    assert (precision, recall) == pytest.approx((2 / 3, 2 / 3))


def test_a_label_without_cases_is_left_out_of_the_macro_average():
    goal = np.array([[1, 0], [0, 0]], bool)
    assert figures(goal, goal, [0, 1]).macro.value == 1
    assert math.isnan(figures(goal, goal, [1]).macro.value)


def test_the_interval_holds_the_figure_and_is_the_same_every_time():
    rng = np.random.default_rng(0)
    goal = rng.random((300, 2)) < 0.3
    tagged = goal ^ (rng.random((300, 2)) < 0.1)
    first, second = (figures(goal, tagged, [0, 1]).macro for _ in range(2))
    assert first == second
    assert first.low < first.value < first.high


def test_an_interval_of_few_texts_is_wider():
    rng = np.random.default_rng(0)
    goal = rng.random((2000, 1)) < 0.3
    tagged = goal ^ (rng.random(goal.shape) < 0.1)
    many, few = (figures(goal[:n], tagged[:n], [0]).macro for n in (2000, 100))
    assert few.high - few.low > 2 * (many.high - many.low)


def test_scores_that_mean_what_they_say_have_no_calibration_error():
    rng = np.random.default_rng(1)
    scores = rng.random(20_000)
    goal = rng.random(20_000) < scores
    assert calibration_error(scores, goal) < 0.02
    assert calibration_error(scores**3, goal) > 0.15


def test_the_base_rate_has_no_skill_and_the_truth_has_all():
    goal = np.array([1, 0, 0, 0], bool)
    assert brier_skill(np.full(4, 0.25), goal) == pytest.approx(0)
    assert brier_skill(goal.astype(float), goal) == 1
    assert math.isnan(brier_skill(np.zeros(4), np.zeros(4, bool)))


def test_the_best_threshold_parts_what_can_be_parted():
    scores, goal = np.array([0.9, 0.8, 0.3, 0.1]), np.array([1.0, 1, 0, 0])
    assert 0.3 < best_threshold(scores, goal) < 0.8
    assert best_threshold(scores, np.zeros(4)) == 0.5


def test_a_few_right_answers_are_not_yet_sure():
    scores, goal = np.array([0.9, 0.8, 0.7]), np.ones(3)
    assert precise_threshold(scores, goal, 0.5, precision=0.9) > 0.9


def test_calibration_mends_logits_that_are_too_bold():
    rng = np.random.default_rng(2)
    true = rng.normal(size=(20_000, 1))
    goal = (rng.random(true.shape) < 1 / (1 + np.exp(-true))).astype(float)
    affine = fit_affine(true * 3 + 1, goal)
    assert affine.scale[0] == pytest.approx(1 / 3, abs=0.02)
    assert affine.offset[0] == pytest.approx(-1 / 3, abs=0.05)


def test_labels_with_few_cases_are_experimental():
    goal = np.zeros((100, 2))
    goal[:30, 0], goal[:5, 1] = 1, 1
    fitted = fit_thresholds(goal * 0.8 + 0.1, goal, ("anger", "joy"))
    assert fitted.experimental == {"joy"}


def test_cross_fitting_promises_nothing_where_scores_know_nothing():
    rng = np.random.default_rng(3)
    goal = (rng.random((400, 1)) < 0.2).astype(float)
    fitted = cross_fit(rng.normal(size=(400, 1)), goal, ("anger",))
    assert figures(goal > 0, fitted.tagged, [0]).micro.value < 0.45
    assert 0.1 < fitted.scores.mean() < 0.3


class Peer:
    """Says joy of everything with an exclamation mark."""

    labels = ("anger", "joy")

    def score(self, texts):
        return np.array([[0.1, 0.9 if "!" in text else 0.1] for text in texts], np.float32)


def test_a_users_own_file_is_evaluated_with_any_model(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("text,labels\nSuper !,joy\nNul,anger\nBien,\n", encoding="utf-8")
    report = evaluate(Peer(), read_examples(path))
    assert report.tagged.tolist() == [[False, True], [False, False], [False, False]]
    assert figures(report.goal, report.tagged, [1]).micro.value == 1


@pytest.mark.parametrize("head", ["text;labels", "\ufefftext\tlabels\tlang"])
def test_a_spreadsheets_own_separators_are_understood(tmp_path, head):
    path = tmp_path / "mine.csv"
    separator = ";" if ";" in head else "\t"
    path.write_text(f"{head}\nSuper{separator}joy trust\n", encoding="utf-8")
    (example,) = read_examples(path)
    assert (example.text, example.labels) == ("Super", {"joy", "trust"})


def test_labels_in_one_list_are_read_from_json_lines(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"text": "a", "labels": ["joy"]}\n{"text": "b", "labels": "joy, anger"}\n')
    assert [example.labels for example in read_examples(path)] == [{"joy"}, {"joy", "anger"}]


def test_too_few_texts_are_refused_with_how_many_are_needed():
    with pytest.raises(ConfigError, match="accepted: 1 or more"):
        evaluate(Peer(), [])
    with pytest.raises(ConfigError, match=r"found 3\); accepted: 50 or more"):
        evaluate(Peer(), [Example("x", frozenset())] * 3, cross_fitted=True)


def made_report(labels, goal, tagged, examples=None, scores=None):
    examples = examples or [Example("x", frozenset(), "fr", "review") for _ in goal]
    scores = tagged.astype(float) if scores is None else scores
    return Report(labels, examples, goal, scores, tagged, tagged)


def test_the_overview_stands_even_on_a_handful_of_texts():
    facts = overview(made_report(("quality", "experience"), GOAL, TAGGED))
    assert facts["quality and experience"] == pytest.approx(0.75)
    assert math.isnan(facts["emotions"]["tag"].macro.value)


def test_a_peer_without_a_label_is_measured_on_those_it_has():
    facts = overview(made_report(("anger", "joy"), GOAL, TAGGED))
    assert math.isnan(facts["quality and experience"])


def test_thresholds_and_a_fixed_half_are_told_apart():
    scores = np.array([[0.4], [0.6], [0.45], [0.1]])
    goal = np.array([[1], [1], [0], [0]], bool)
    report = Report(("anger",), [Example("x", frozenset())] * 4, goal, scores, scores >= 0.4, scores >= 0.6)
    (anger,) = per_label(report)
    assert anger.at["tag"].recall.value == 1
    assert anger.at["tag"].precision.value == pytest.approx(2 / 3)
    assert anger.at["sure"].precision.value == anger.at["0.5"].precision.value == 1


@pytest.mark.parametrize("cross_fitted", [True, False])
def test_an_experimental_label_is_measured_and_marked_but_out_of_the_averages(cross_fitted):
    examples = [Example("Super !", frozenset({"joy"})), Example("Nul", frozenset({"anger"}))] * 30
    cuts = Thresholds(
        cuts={"anger": Cut(tag=0.5, sure=0.8), "joy": Cut(tag=0.5, sure=0.8, experimental=True)}
    )
    report = evaluate(Peer(), examples, thresholds=cuts, cross_fitted=cross_fitted)
    anger, joy = per_label(report)
    assert (anger.experimental, joy.experimental) == (False, True)
    assert joy.at["tag"].micro.value == 1
    assert overview(report)["emotions"]["tag"].macro.value == anger.at["tag"].macro.value < 0.9


def test_slices_hold_the_texts_of_a_language_channel_and_length_and_leave_out_what_is_unknown():
    examples = [
        Example("x" * 50, frozenset(), "fr", "review"),
        Example("x" * 100, frozenset(), "en", "ticket"),
        Example("x" * 800, frozenset(), "de", "ticket"),
        Example("x" * 800, frozenset()),
    ]
    found = {
        name: part.texts
        for name, part in slices(made_report(("anger", "joy"), GOAL, TAGGED, examples)).items()
    }
    assert found == {
        "language fr": 1, "language en": 1, "other languages": 1, "channel review": 1, "channel ticket": 2,
        "0 to 99 characters": 1, "100 to 299 characters": 1, "700 characters and more": 2,
    }  # fmt: skip


def test_languages_are_compared_over_the_labels_that_both_have_cases_of():
    examples = [Example("x", frozenset(), lang) for lang in ["fr"] * 20 + ["en"] * 20]
    goal = np.zeros((40, 2), bool)
    goal[:10, 0] = goal[20:30, 0] = goal[:10, 1] = True  # the second label has no English case
    tagged = goal.copy()
    tagged[20:25, 0] = False
    french, english = french_and_english(made_report(("anger", "joy"), goal, tagged, examples))
    assert french == 1
    assert english == pytest.approx(2 * 5 / 15)


def test_neighbours_are_counted_by_what_is_tagged_instead_and_what_besides():
    labels = ("joy", "enthusiasm")
    goal = np.array([[1, 0], [1, 0], [0, 1], [1, 1], [1, 0]], bool)
    tagged = np.array([[0, 1], [1, 1], [1, 0], [0, 1], [1, 0]], bool)
    (pair,) = confusion(made_report(labels, goal, tagged))
    assert pair == ("joy", "enthusiasm", 1, 1, 1, 0)


def test_every_neighbour_is_a_label():
    assert {label for pair in NEIGHBOURS for label in pair} <= set(load_taxonomy().ids)


def test_figures_go_into_json_and_what_has_no_value_is_null():
    told = json.loads(json.dumps(as_data(made_report(("anger", "joy"), GOAL, TAGGED)), allow_nan=False))
    assert told["labels"]["joy"]["at"]["tag"]["micro"]["value"] == 1
    assert told["overview"]["signals"]["tag"]["macro"] == {"value": None, "low": None, "high": None}


def test_a_report_of_some_labels_is_the_same_report_for_those():
    report = made_report(
        ("anger", "joy", "trust"), np.hstack([GOAL, GOAL[:, :1]]), np.hstack([TAGGED, GOAL[:, :1]])
    )
    assert overview(report.only(("trust", "anger")))["texts"] == 4
    assert report.only(("joy",)).tagged.tolist() == TAGGED[:, 1:].tolist()
