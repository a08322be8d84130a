"""`ressenti explain`: a stored feedback by its id or words on the command line, masked, told apart without a guess."""

import json

import pytest

from .night import row

FEED = [
    row("a-1", "Merci pour tout. C'est injuste, écrivez à ana@exemple.fr"),
    row("b-2", "C'est injuste"),
    row("c-3", "   "),
    row("d 4", "Merci"),
    row("e-5", "bof"),
]


@pytest.fixture
def told(ressenti, small_room):
    """A night was run; explains as JSON."""
    small_room.feed(*FEED)
    small_room.feed(row("b-2", "Merci"), source="other")
    small_room.night()

    def explain(*words):
        said = ressenti("explain", "--json", *words)
        assert said.code == 0, said.err
        return json.loads(said.out)

    return explain


def test_a_stored_feedback_is_explained_by_its_id_with_what_is_shown_of_it(told, small_room):
    found = told("a-1")
    with small_room.open() as work:
        shown = work.configured
    assert (found["source"], found["external_id"]) == ("reviews", "a-1")
    assert found["text"] == "Merci pour tout. C'est injuste, écrivez à [EMAIL]"
    assert (found["model_version"], found["threshold_set"]) == (shown.model_version, shown.threshold_set)
    assert {tag["label"] for tag in found["tags"]} == {"gratitude", "injustice"}
    reasons = found["reasons"]
    assert reasons["gratitude"]["sentences"][0]["text"] == "Merci pour tout."
    assert reasons["injustice"]["words"][0]["text"] == "injuste"
    assert found["thresholds"]["anger"] == {"tag": 0.5, "sure": 0.9, "band": 0.1, "experimental": False}


def test_our_own_number_of_a_feedback_names_it_too(told):
    number = told("a-1")["feedback_id"]
    assert told(f"#{number}")["external_id"] == "a-1"


def test_words_are_masked_before_they_are_explained(told):
    found = told("Je suis furieux, rappelez-moi au 06 12 34 56 78")
    assert found["text"] == "Je suis furieux, rappelez-moi au [PHONE]"
    assert [tag["label"] for tag in found["tags"]] == ["anger"]
    assert "source" not in found


def test_one_word_is_an_id_and_a_text_only_where_it_is_said(ressenti, told):
    said = ressenti("explain", "furieux")
    assert said.code == 2
    assert "no stored feedback has this id" in said.err
    assert "--text" in said.err
    assert told("--text", "furieux")["reasons"]["anger"]["words"][0]["text"] == "furieux"
    assert told("--source", "reviews", "d 4")["external_id"] == "d 4"


def test_an_id_of_several_sources_asks_which(ressenti, told):
    said = ressenti("explain", "b-2")
    assert said.code == 2
    assert "--source other, --source reviews" in said.err
    assert [tag["label"] for tag in told("b-2", "--source", "other")["tags"]] == ["gratitude"]


def test_what_is_never_scored_is_refused_with_the_reason(ressenti, told):
    for words, reason in ((["c-3"], "empty"), ([" \n "], "empty"), (["--text", "\x00"], "empty")):
        said = ressenti("explain", *words)
        assert said.code == 2, words
        assert reason in said.err or "no stored feedback" in said.err


def test_an_unknown_label_is_refused_and_a_known_one_explained_though_no_tag(ressenti, told):
    said = ressenti("explain", "e-5", "--label", "fury")
    assert said.code == 2
    assert "accepted: anger" in said.err
    found = told("e-5", "--label", "joy")
    assert (list(found["reasons"]), found["unclear"], found["tags"]) == (["joy"], True, [])


def test_a_text_that_another_model_tagged_is_explained_by_the_configured_one_and_says_so(told, small_room):
    before = told("a-1")["model_version"]
    small_room.model("other", seed=1)
    found = told("a-1")
    assert found["model_version"] != before
    assert before in found["notes"][0]


def test_the_terminal_shows_scores_thresholds_and_parts_as_plain_text_in_a_pipe(ressenti, told):
    said = ressenti("explain", "a-1")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert "tag from" in said.out
    assert "  C'est injuste, écrivez à [EMAIL]" in said.out
    assert "gratitude, injustice" in said.out or "injustice, gratitude" in said.out
