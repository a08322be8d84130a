"""`ressenti classify`: texts in, one JSON object a line out, by the nightly run's own way."""

import json

import pytest

from flows.classification import rows

from .night import row


def _told(said):
    assert said.err == ""
    assert said.code == 0
    return [json.loads(line) for line in said.out.splitlines()]


def _jsonl(*objects):
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects)


def test_lines_from_standard_input(ressenti):
    told = _told(ressenti("classify", "--language", "fr", stdin="Merci\n\nbof\n"))
    assert [each["text"] for each in told] == ["Merci", "bof"]
    assert told[0]["tags"] == told[0]["sure"] == ["gratitude"]
    assert told[0]["language"] == "fr"
    assert 0.9 < told[0]["scores"]["gratitude"] <= 1
    assert (told[1]["tags"], told[1]["unclear"]) == ([], True)


def test_a_file_of_json_lines_gives_its_fields_back(ressenti, tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text(_jsonl({"id": 7, "text": "Je suis déçu", "language": "fr", "more": {"a": [1]}}))
    [told] = _told(ressenti("classify", file))
    assert told["id"] == 7
    assert told["more"] == {"a": [1]}
    assert told["tags"] == ["disappointment"]


def test_every_line_has_the_same_keys_and_the_model_that_spoke(ressenti, cheap_model):
    from nlp.identity import identify

    told = _told(ressenti("classify", stdin=_jsonl({"text": "Merci", "language": "fr"}, {"text": "ok"})))
    assert list(told[0]) == ["text", "language", "model_version", "scores", "tags", "sure"]
    assert list(told[1]) == ["text", "language", "model_version", "refused"]
    assert {each["model_version"] for each in told} == {identify(str(cheap_model)).version}


def test_tags_of_experimental_labels_are_named_as_such(ressenti, tmp_path, monkeypatch):
    (tmp_path / "cuts.yml").write_text("cuts: {gratitude: {experimental: true}}\n")
    monkeypatch.setenv("RESSENTI_THRESHOLDS", str(tmp_path / "cuts.yml"))
    [told] = _told(ressenti("classify", "--language", "fr", stdin="Merci mais je suis furieux\n"))
    assert set(told["tags"]) == {"gratitude", "anger"}
    assert told["experimental"] == ["gratitude"]
    assert "gratitude (experimental)" in ressenti("explain", "--text", "Merci").out.splitlines()


def test_what_is_not_scored_says_why(ressenti):
    told = _told(
        ressenti(
            "classify",
            stdin=_jsonl(
                {"text": "dank u wel", "language": "nl"},
                {"text": "ok"},
                {"text": "  "},
                {"text": "Réponse automatique : je suis absent, en cas d'urgence appelez-moi.", "lang": "fr"},
            ),
        )
    )
    assert [each["refused"] for each in told] == [
        "unsupported_language", "unknown_language", "empty", "auto_reply",
    ]  # fmt: skip
    assert not any("scores" in each for each in told)


def test_a_forced_language_is_scored_and_flagged(ressenti):
    told = _told(
        ressenti(
            "classify", "--force-language",
            stdin=_jsonl({"text": "merci", "language": "nl"}, {"text": "Merci", "language": "fr"}, {"text": ""}),
        )
    )  # fmt: skip
    assert (told[0]["tags"], told[0]["forced_language"]) == (["gratitude"], True)
    assert "forced_language" not in told[1]
    assert told[2]["refused"] == "empty"


def test_texts_are_masked_before_they_are_scored(ressenti, monkeypatch):
    seen = []
    from nlp.model import Model

    original = Model.score
    monkeypatch.setattr(Model, "score", lambda self, texts: (seen.extend(texts), original(self, texts))[1])
    ressenti("classify", "--language", "fr", stdin="Écrivez à jean@exemple.fr\n")
    assert seen == ["Écrivez à [EMAIL]"]


def test_it_needs_neither_key_nor_database(ressenti, monkeypatch, small_room):
    monkeypatch.delenv("RESSENTI_KEY")
    small_room.settings(database_url="postgresql://nobody@nowhere.invalid/none")
    [told] = _told(ressenti("classify", "--language", "fr", stdin="Merci"))
    assert told["tags"] == ["gratitude"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"text": "b"', "not a line of JSON"),
        ('{"words": "b"}', 'no text here; accepted: an object with a string field "text"'),
        ('{"text": 3}', "no text here"),
        ("plain words", "not a line of JSON"),
    ],
)
def test_a_broken_line_stops_with_its_place_and_what_came_before_is_told(ressenti, tmp_path, line, sentence):
    file = tmp_path / "texts.jsonl"
    file.write_text(_jsonl({"text": "Merci", "language": "fr"}) * 300 + line + "\n")
    said = ressenti("classify", file)
    assert said.code == 2
    assert said.err.startswith(f"ressenti: configuration: {file}:301: {sentence}")
    assert said.err.count("\n") == 1
    assert len(said.out.splitlines()) == 300


def test_a_file_that_is_not_there_is_refused(ressenti):
    said = ressenti("classify", "/nowhere/texts.txt")
    assert said.code == 2
    assert said.err == (
        "ressenti: configuration: /nowhere/texts.txt: no such file; "
        "accepted: a file of lines or JSONL, or - for standard input\n"
    )


def test_bytes_and_code_points_that_are_no_text_stop_nothing(ressenti):
    told = _told(ressenti("classify", "--language", "fr", stdin="Merci \udce9\udce8\nMerci\n"))
    assert [each["tags"] for each in told] == [["gratitude"]] * 2
    told = _told(ressenti("classify", stdin='{"text": "Merci \\ud83d", "language": "fr"}\n'))
    assert told[0]["tags"] == ["gratitude"]


def test_nothing_in_is_nothing_out(ressenti):
    assert _told(ressenti("classify", stdin="")) == []


def test_a_byte_order_mark_and_windows_line_ends_are_no_text():
    assert [each.text for each in rows(["Merci\r\n", "bof\r\n"], "-")] == ["Merci", "bof"]


def test_the_nightly_run_says_the_same(ressenti, small_room):
    texts = ["Merci", "bof", "C'est injuste, je pars", "dank u wel", "Je suis déçu par jean@exemple.fr"]
    languages = ["fr", "fr", "fr", "nl", "fr"]
    told = _told(ressenti("classify", stdin=_jsonl(*(
        {"text": text, "language": language} for text, language in zip(texts, languages, strict=True)
    ))))  # fmt: skip
    small_room.feed(*(row(n, text, lang=languages[n]) for n, text in enumerate(texts)))
    small_room.night()
    from storage import schema

    from .night import rows as stored

    with small_room.open() as work:
        predictions = stored(work.engine, schema.prediction)
    assert [found["scores"] for found in predictions] == [each.get("scores") for each in told]
    assert [found["reason"] for found in predictions] == [each.get("refused") for each in told]
