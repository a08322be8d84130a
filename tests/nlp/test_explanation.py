"""What moves a label is found by leaving sentences, then words, out."""

from types import SimpleNamespace

import numpy as np

from nlp.explanation import MOST_CHARACTERS, MOST_SENTENCES, MOST_WORDS, explain
from nlp.thresholds import Thresholds

LABELS = ("anger", "gratitude")
CUTS = Thresholds.default(LABELS)


def cue_model(calls=None):
    """Each label has its cue word; a score is 0.9 with it, 0.45 with a faint cue, else 0.1."""

    def score(texts):
        if calls is not None:
            calls.append(list(texts))
        cues = (("furieux", "agacé"), ("merci", "sympa"))
        rows = [[0.9 if strong in text else 0.45 if faint in text else 0.1 for strong, faint in cues]
                for text in map(str.lower, texts)]  # fmt: skip
        return np.array(rows, np.float32).reshape(-1, len(LABELS))

    return SimpleNamespace(labels=LABELS, score=score)


def words(text, parts):
    return [text[part.start : part.end] for part in parts]


def test_the_sentence_and_the_word_behind_each_tag_come_first():
    text = "Merci à Léa. Mais je suis furieux contre le livreur ! Bonne journée."
    found = explain(cue_model(), text, CUTS)
    assert [tag.label for tag in found.tags] == ["anger", "gratitude"]
    anger, gratitude = found.reasons
    assert words(text, anger.sentences)[0] == "Mais je suis furieux contre le livreur !"
    assert words(text, anger.words)[0] == "furieux"
    assert (words(text, gratitude.sentences)[0], words(text, gratitude.words)[0]) == ("Merci à Léa.", "Merci")
    assert anger.words[0].moves == anger.sentences[0].moves == 0.8
    assert anger.sentences[1].moves == 0


def test_each_step_is_one_call_whatever_the_number_of_tags():
    calls = []
    explain(cue_model(calls), "Merci à Léa. Je suis furieux.", CUTS)
    assert [len(texts) for texts in calls] == [
        4,
        8,
    ]  # the text, its beginning and each sentence left out; then each word


def test_a_text_without_tags_is_explained_by_the_label_that_comes_nearest():
    found = explain(cue_model(), "Un peu agacé. Sinon rien.", CUTS)
    assert (found.tags, found.unclear) == ([], True)
    assert [reason.label for reason in found.reasons] == ["anger"]
    assert found.reasons[0].words[0].moves == 0.35


def test_a_label_that_is_asked_for_is_explained_though_it_is_no_tag():
    found = explain(cue_model(), "Je suis furieux, mais sympa.", CUTS, labels=["gratitude"])
    assert [reason.label for reason in found.reasons] == ["gratitude"]


def test_stored_scores_decide_the_tags():
    found = explain(cue_model(), "Merci.", CUTS, known={"anger": 0.2, "gratitude": 0.3})
    assert (found.tags, found.scores) == ([], {"anger": 0.2, "gratitude": 0.3})


def test_a_long_text_costs_no_more_than_its_beginning():
    calls = []
    text = "Merci. " * 5000
    found = explain(cue_model(calls), text, CUTS)
    assert found.taken_apart <= MOST_CHARACTERS < len(text)
    assert len(calls[0]) <= MOST_SENTENCES + 2
    assert len(calls[1]) <= MOST_WORDS
    assert sum(len(each) > MOST_CHARACTERS for texts in calls for each in texts) == 1


def test_texts_of_nothing_or_of_anything_are_explained():
    for text in ("", " ", "😡", "漢字", "\x00\x01", "\ud800", "a" * 100_000, "...", "\n\n"):
        assert explain(cue_model(), text, CUTS).tags == []
