import hashlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp.cleaning import clean
from nlp.intake import mask_attribute, prepare
from nlp.redaction import PLACEHOLDER, Redactor


def pseudonym(reference):
    return hashlib.sha256(reference.encode()).hexdigest()[:10]


REDACTOR = Redactor(pseudonym)

PIECES = st.sampled_from(
    (
        "<p>",
        "</div>",
        "<br>",
        "&lt;",
        "&amp;",
        "&#64;",
        "&nbsp;",
        "\u00ad",
        "\u200b",
        "\ufeff",
        "Ã©",
        "â€™",
        "06 12 34 56 78",
        "０６１２３４５６７８",
        "jean@exemple.fr",
        "FR76",
        "3000 6000 0112 3456 7890 189",
        "4970 1012 3456 7893",
        "> ",
        "\n",
        "\n-- \n",
        "Cordialement,\nJeanne Petit",
        "Le 3 mars 2025 à 10:12, X a écrit :",
        "De : x\nEnvoyé : y\nObjet : z\n",
        "commande n° ",
        "AB-123-CD",
        "12 rue Victor Hugo",
        "[EMAIL]",
        "[ORDER:abc]",
        "[",
        "@",
        "1",
        " ",
        "é",
        "Envoyé de mon iPhone",
        "<3",
        "!!!",
        "😀",
        "\ud83d",
        "\x00",
        "Réponse automatique :",
        "https://t.co/a1",
        "né le 3/4/1980",
        "=C3=A9",
        "\\u00e9",
        "%C3%A9",
    )
)
MESSY = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=14).map("".join))


@given(MESSY)
@settings(max_examples=150, deadline=None)
@example("a&#38;#64;b.fr 06&shy;12345678")
def test_nothing_makes_it_fail_and_a_second_pass_finds_nothing(text):
    once = prepare(text, REDACTOR)
    again = prepare(once.masked, REDACTOR)
    assert again.masked == once.masked
    assert clean(once.clean).text == once.clean or once.skip
    assert REDACTOR.mask(once.clean).text == once.clean


@pytest.mark.parametrize(
    ("hidden", "kind", "gone"),
    [
        ("jean&#64;exemple.fr", "EMAIL", "exemple"),
        ("jean&amp;#64;exemple&#46;fr", "EMAIL", "exemple"),
        ("<a href='mailto:jean@exemple.fr'>jean<b>@</b>exemple.fr</a>", "EMAIL", "exemple"),
        ("06\u00ad12\u200b34\u206056\u00ad78", "PHONE", "12"),
        ("０６ １２ ３４ ５６ ７８", "PHONE", "１２"),
        ("06&nbsp;12&nbsp;34&nbsp;56&nbsp;78", "PHONE", "12"),
        ("FR76&#32;3000&#32;6000&#32;0112&#32;3456&#32;7890&#32;189", "IBAN", "3456"),
        ("4970\u202f1012\u202f3456\u202f7893", "CARD", "3456"),
        ("<td>06 12</td><td>34 56 78</td>", "PHONE", "34"),
        ("0\U000e00316\u200b12345678", "PHONE", "345"),
        ("jean＠exemple．fr", "EMAIL", "exemple"),
        ("j\u0301ean.d\u00e9p\u00f4t@exemple.fr", "EMAIL", "exemple"),
    ],
)
def test_no_disguise_saves_an_identifier_in_either_form(hidden, kind, gone):
    made = prepare(f"Écrivez-moi : {hidden}, merci", REDACTOR)
    for form in (made.masked, made.clean):
        assert f"[{kind}]" in form
        assert gone not in form
    assert made.counts == {kind: 1}


def test_mojibake_does_not_hide_a_birth_date():
    assert prepare("nÃ©e le 12/03/1985", REDACTOR).masked == "née le [DOB]"


def test_the_masked_original_keeps_what_cleaning_drops():
    made = prepare("Toujours rien.\n\nCordialement,\nJeanne Petit\n06 12 34 56 78", REDACTOR)
    assert made.masked == "Toujours rien.\n\nCordialement,\nJeanne Petit\n[PHONE]"
    assert made.clean == "Toujours rien."
    assert made.flags == ("signature",)


def test_references_can_be_joined_in_the_masked_original_and_are_equal_in_the_scored_text():
    first, second = (prepare(f"commande n° {n} perdue", REDACTOR) for n in ("AB-123456", "ab123456"))
    other = prepare("commande n° 7654321 perdue", REDACTOR)
    assert first.masked == second.masked != other.masked
    assert first.clean == other.clean == "commande n° [ORDER] perdue"


def test_halves_of_a_number_that_cleaning_brings_together_are_masked():
    made = prepare("mon numéro 06 12 34\n> a\n> b\n56 78 90 merci", REDACTOR)
    assert "56 78" not in made.clean


def test_without_a_redactor_only_cleaning_is_done():
    made = prepare("Écrivez à jean@exemple.fr &amp; merci", None)
    assert (made.masked, made.counts) == ("Écrivez à jean@exemple.fr & merci", {})


def test_attributes_are_masked_by_the_same_rules():
    assert (
        mask_attribute("Re: commande&nbsp;n°&nbsp;1234567 (06 12 34 56 78)", Redactor())
        == "Re: commande n° [ORDER] ([PHONE])"
    )


def test_a_machine_text_is_masked_and_not_cut():
    made = prepare("Réponse automatique : absent. Urgences : 06 12 34 56 78", REDACTOR)
    assert (made.skip, made.clean) == ("auto_reply", "Réponse automatique : absent. Urgences : [PHONE]")


def test_what_is_left_of_a_masked_text_may_be_nothing():
    assert prepare("06 12 34 56 78", REDACTOR).skip == "empty"


def test_no_placeholder_holds_a_digit():
    made = prepare("commande n° 1234567, contrat 99887766, jean@exemple.fr", REDACTOR)
    assert len(PLACEHOLDER.findall(made.masked)) == 3
    assert not any(char.isdigit() for char in made.masked)
