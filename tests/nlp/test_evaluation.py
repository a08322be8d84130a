"""Figures are right on cases small enough to count by hand, and say how sure they are."""

import math

import numpy as np
import pytest

from nlp.evaluation import Report, brier_skill, calibration_error, evaluate, f1, intervals, overview
from nlp.training.calibrate import best_threshold, cross_fit, fit_affine, fit_thresholds, precise_threshold
from nlp.training.data import Example

GOAL = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], bool)
TAGGED = np.array([[1, 0], [0, 0], [1, 1], [0, 0]], bool)


def test_f1_precision_and_recall_are_those_counted_by_hand():
    found = f1(GOAL, TAGGED, [0, 1])
    assert found.macro == pytest.approx((0.5 + 1) / 2)
    assert found.micro == pytest.approx(2 * 2 / (3 + 3))
    assert (found.precision, found.recall) == pytest.approx((2 / 3, 2 / 3))


def test_a_label_without_cases_is_left_out_of_the_macro_average():
    goal = np.array([[1, 0], [0, 0]], bool)
    assert f1(goal, goal, [0, 1]).macro == 1
    assert math.isnan(f1(goal, goal, [1]).macro)


def test_the_interval_holds_the_figure_and_is_the_same_every_time():
    rng = np.random.default_rng(0)
    goal = rng.random((300, 2)) < 0.3
    tagged = goal ^ (rng.random((300, 2)) < 0.1)
    first, second = (intervals(goal, tagged, [0, 1])["macro"] for _ in range(2))
    assert first == second
    assert first.low < first.value < first.high


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
    assert f1(goal > 0, fitted.tagged, [0]).micro < 0.45
    assert 0.1 < fitted.scores.mean() < 0.3


class Peer:
    """Says joy of everything with an exclamation mark."""

    labels = ("anger", "joy")

    def score(self, texts):
        return np.array([[0.1, 0.9 if "!" in text else 0.1] for text in texts], np.float32)


def test_a_users_own_file_is_evaluated_with_any_model(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("text,labels\nSuper !,joy\nNul,anger\nBien,\n", encoding="utf-8")
    report = evaluate(Peer(), path)
    assert report.tagged.tolist() == [[False, True], [False, False], [False, False]]
    assert f1(report.goal, report.tagged, [1]).micro == 1


def test_the_overview_stands_even_on_a_handful_of_texts():
    examples = [Example("x", frozenset(), "fr", "review") for _ in GOAL]
    labels = ("quality", "experience")
    report = Report(labels, examples, GOAL, TAGGED.astype(float), TAGGED, TAGGED)
    assert overview(report)["quality and experience"] == pytest.approx(0.75)
