"""Long work is seen to move, and being watched changes nothing of it."""

import numpy as np

from nlp.training.progress import Shown, bar


def test_where_no_terminal_looks_on_lines_say_how_far_the_work_has_come(monkeypatch, caplog):
    monkeypatch.setattr("nlp.training.progress.LOG_EVERY", 0)
    caplog.set_level("INFO", "nlp")
    with bar("reading texts", 40) as advance:
        advance(10)
        advance(30)
    assert [line.split(",")[0] for line in caplog.messages] == [
        "reading texts: 10 of 40",
        "reading texts: 40 of 40",
    ]


class Lengths:
    """Scores a text by its length."""

    labels = ("joy",)

    def score(self, texts):
        return np.array([[len(text) / 1000] for text in texts], np.float32)


def test_a_model_that_is_watched_scores_as_alone():
    texts = ["x" * (number % 900) for number in range(600)]
    assert np.array_equal(Shown(Lengths(), "scoring").score(texts), Lengths().score(texts))
    assert Shown(Lengths(), "scoring").score([]).shape == (0, 1)
