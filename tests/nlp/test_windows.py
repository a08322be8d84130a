"""How a text is read: sentences in capitals like any other sentence."""

import pytest

from nlp.windows import calm


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("C'EST UNE HONTE ! JE RÉSILIE DEMAIN.", "C'est une honte ! Je résilie demain."),
        ("Merci. RÉPONSE TOUJOURS ATTENDUE\nCordialement", "Merci. Réponse toujours attendue\nCordialement"),
        ("  10 APPELS SANS RÉPONSE", "  10 appels sans réponse"),
    ],
)
def test_a_shouted_sentence_is_read_in_sentence_case(written, read):
    assert calm(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "La SNCF et la RATP m'ont répondu",
        "NUL !",
        "SNCF",
        "Merci BEAUCOUP à toute l'équipe",
        "漢字とかな 123",
    ],
)
def test_names_short_cries_and_other_texts_are_read_as_written(written):
    assert calm(written) == written
