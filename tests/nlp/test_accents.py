"""Words typed without their accents are read with them, where only one word can be meant."""

import json

import pytest

from configs.errors import ModelMismatch
from nlp.accents import ACCENTS, Accents, bare, read_accents
from nlp.manifest import CONFIG, GRAPH, MANIFEST, THRESHOLDS, TOKENIZER, Manifest, write_manifest
from nlp.model import load
from nlp.training.spelling import as_written, choose_words, count_words
from tests.cheap_model import write_cheap_model

WORDS = ("très", "déçu", "problème", "été", "être", "peut", "cœur", "können")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("tres decu du probleme", "très déçu du problème"),
        ("Tres decu. Probleme d'etre, peut-etre", "Très déçu. Problème d'être, peut-être"),
        ("DECU, a TRES", "DÉÇU, a TRÈS"),
        ("le coeur", "le cœur"),
        ("\n- Tres bien", "\n- Très bien"),
    ],
)
def test_a_word_of_the_list_is_read_with_its_accents_in_the_case_it_is_written(written, read):
    assert Accents(WORDS).restore(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "très déçu, trés",
        "le cafe, a la, ou",
        "mestres tres2 tres_bien",
        "Wir haben Probleme",
        "Bonjour, Decu",
        "tReS",
        "漢字😡",
    ],
)
def test_other_words_parts_of_words_and_names_are_read_as_written(written):
    assert Accents(WORDS).restore(written) == written


def test_an_empty_list_changes_nothing():
    assert Accents().restore("tres decu") == "tres decu"


def counted(*found):
    """(text, how often, language)."""
    return count_words((language, text) for text, times, language in found for _ in range(times))


def test_what_people_nearly_always_mean_is_chosen_and_nothing_else():
    words = counted(
        ("Je suis déçu", 20, "fr"), ("Je suis decu", 2, "fr"),  # rarely without: chosen
        ("Payé hier", 20, "fr"), ("On paye payé", 20, "fr"),  # a word without as well
        ("Une règle", 20, "fr"), ("Tout réglé et réglée, ça règle", 20, "fr"), ("C'est réglé", 20, "fr"),
        ("Une rareté", 3, "fr"),
        ("Avec José", 20, "fr"), ("chez josé, avec andré", 9, "es"),  # a name; small letters all through tell nothing
        ("Le numéro", 20, "fr"), ("El numero", 3, "es"),  # another language writes it so
    )  # fmt: skip
    assert choose_words(words, ()) == ["déçu", "réglée"]
    assert choose_words(words, {"decu"}) == ["réglée"]


def test_spellings_that_stand_as_they_are_are_bare_words_in_small_letters():
    assert {"president", "livre", "speciale"} <= as_written()
    assert all(word == bare(word) == word.lower() for word in as_written())


def with_accents(folder, words):
    """The cheap model with a list of accents."""
    write_cheap_model(folder)
    manifest = Manifest.model_validate_json((folder / MANIFEST).read_text())
    (folder / ACCENTS).write_text(json.dumps(words))
    write_manifest(
        folder, [TOKENIZER, CONFIG, THRESHOLDS, GRAPH, ACCENTS], **manifest.model_dump(exclude={"files"})
    )
    return folder


def tags(model, text):
    return [tag.label for tag in model.thresholds.apply(model.score([text])).tags[0]]


def test_a_model_reads_by_its_list_and_the_list_is_part_of_its_version(tmp_path):
    plain = load(write_cheap_model(tmp_path / "plain"))
    listed = load(with_accents(tmp_path / "listed", ["déçu"]))
    other = load(with_accents(tmp_path / "other", ["déçu", "bloqué"]))
    assert tags(plain, "je suis decu") == []
    assert tags(listed, "je suis decu") == tags(listed, "JE SUIS DECU DU SERVICE") == ["disappointment"]
    assert len({plain.version, listed.version, other.version}) == 3


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_text('["déchu"]')])
def test_a_list_that_is_gone_or_changed_is_refused(tmp_path, change):
    folder = with_accents(tmp_path, ["déçu"])
    change(folder / ACCENTS)
    with pytest.raises(ModelMismatch, match=rf"{ACCENTS}.*(missing|has changed)"):
        load(folder)


def test_a_list_beside_a_manifest_that_does_not_name_it_is_not_read(tmp_path):
    folder = write_cheap_model(tmp_path)
    (folder / ACCENTS).write_text('["déçu"]')
    assert tags(load(folder), "je suis decu") == []


@pytest.mark.parametrize("told", ["{", "{}", "[1]", "\xff"])
def test_a_list_that_is_none_is_refused(tmp_path, told):
    (tmp_path / ACCENTS).write_bytes(told.encode("latin-1"))
    with pytest.raises(ModelMismatch, match=rf"{ACCENTS}.*JSON list of words"):
        read_accents(tmp_path)


def test_training_reads_by_the_list_of_the_folder_it_goes_on_from(tmp_path):
    pytest.importorskip("torch", reason="training is an extra")
    pytest.importorskip("transformers", reason="training is an extra")
    from nlp.training.batches import tokens_of
    from nlp.training.spelling import keep_accents
    from nlp.training.tokens import open_tokenizer
    from tests.tiny_encoder import write_tiny_base

    base, run = write_tiny_base(tmp_path / "base"), write_tiny_base(tmp_path / "run")
    bare_word, accented = tokens_of(["casse", "cassé"], open_tokenizer(base), 16)
    assert bare_word != accented
    (base / ACCENTS).write_text('["cassé"]')
    keep_accents(base, run)
    for folder in (base, run):
        assert tokens_of(["CASSE", "casse"], open_tokenizer(folder), 16)[1] == accented
