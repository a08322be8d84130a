"""The bundled model's figures on real feedback meet their bars; `make test-full`, where the labelled texts are."""

import pytest

from configs.settings import PROJECT
from nlp.evaluation import evaluate, overview
from nlp.model import load
from nlp.training.data import read_examples

DEV = PROJECT.parent / "shared" / "data" / "labelled" / "real.dev.jsonl"
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not DEV.is_file(), reason="real.dev is no part of the project"),
]
AT_LEAST = {
    ("emotions", "tag", "macro"): 0.72,
    ("emotions", "tag", "micro"): 0.75,
    ("emotions", "tag", "precision"): 0.68,
    ("emotions", "sure", "precision"): 0.80,
    ("emotions", "sure", "recall"): 0.45,
    ("signals", "tag", "macro"): 0.70,
}


@pytest.fixture(scope="module")
def examples():
    return read_examples(DEV)


@pytest.fixture(scope="module")
def facts(examples):
    """Cross-fitted: no text is measured with what was tuned on it."""
    return overview(evaluate(load(), examples, cross_fitted=True))


@pytest.mark.parametrize(("group", "cut", "figure"), AT_LEAST)
def test_tags_are_right_as_often_as_promised(facts, group, cut, figure):
    assert getattr(facts[group][cut], figure).value >= AT_LEAST[group, cut, figure]


def test_quality_and_experience_are_told_apart(facts):
    assert facts["quality and experience"] >= 0.79


def test_french_and_english_are_served_alike(facts):
    assert abs(facts["French"] - facts["English"]) <= 0.08


def test_probabilities_mean_what_they_say(facts):
    assert facts["worst calibration error (30 cases or more)"] <= 0.06
    assert facts["mean Brier skill"] >= 0.25


def test_8_bits_cost_no_more_than_a_hundredth_of_macro_f1(facts, examples):
    pytest.importorskip("torch", reason="the torch engine is an extra")
    pytest.importorskip("transformers", reason="the torch engine is an extra")
    exact = overview(evaluate(load(engine="torch"), examples, cross_fitted=True))
    for group in ("emotions", "signals"):
        small, whole = (told[group]["tag"].macro.value for told in (facts, exact))
        assert abs(small - whole) <= 0.01
