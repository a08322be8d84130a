import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.redaction import measure
from nlp.redaction import Redactor
from tests.nlp.made_identifiers import card, iban, nir, texts

REDACTOR = Redactor()


def test_generated_identifiers_are_found_and_nothing_else_is():
    counts, misses = measure(texts(800, seed=7))
    for kind, row in counts.items():
        assert row["found"] / row["true"] >= 0.97, (kind, misses)
        assert row["right"] / row["masked"] >= 0.97, (kind, misses)
    found, true = (sum(row[what] for row in counts.values()) for what in ("found", "true"))
    assert found / true >= 0.99
    assert all(counts[kind]["survived"] == 0 for kind in ("IBAN", "CARD", "NIR"))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Écrivez à jean.petit@exemple.fr.", "Écrivez à [EMAIL]."),
        ("jean.petit @gmail.com ou jean@gmailcom", "[EMAIL] ou [EMAIL]"),
        ("jean [at] exemple [dot] fr", "[EMAIL]"),
        ("06 12 34 56 78 / +33 (0)6.12.34.56.78", "[PHONE] / [PHONE]"),
        ("Tél : 0612345678, le 12/03/2024", "Tél : [PHONE], le 12/03/2024"),
        ("depuis le 12/03/2024. 06.23.90.78.34, merci", "depuis le 12/03/2024. [PHONE], merci"),
        ("call me on (415) 555-2671", "call me on [PHONE]"),
        ("IBAN FR7630006000011234567890189 merci", "IBAN [IBAN] merci"),
        ("FR76 3000 6000 0112 3456 7890 188 (faux)", "[IBAN] (faux)"),
        ("payé par carte 4970 1012 3456 7890 exp 12/27", "payé par carte [CARD] exp 12/27"),
        ("carte **** **** **** 1234", "carte [CARD]"),
        ("n° sécu 1 85 05 78 006 084 99", "n° sécu [NIR]"),
        ("immatriculée AB-123-CD", "immatriculée [PLATE]"),
        ("voiture 1234 AB 75", "voiture [PLATE]"),
        ("passeport n° 12AB34567", "passeport n° [ID]"),
        ("né le 3 mars 1985 à Lille", "né le [DOB] à Lille"),
        ("12 bis rue Victor-Hugo, 75011 Paris.", "[ADDRESS]."),
        ("10 Baker Street, London NW1 6XE", "[ADDRESS]"),
        ("IP 192.168.1.20", "IP [IP]"),
        ("https://exemple.fr/r?token=abc et https://exemple.fr/aide", "[URL] et https://exemple.fr/aide"),
        ("commandes n° 1234567, 1234568 et 1234569", "commandes n° [ORDER], [ORDER] et [ORDER]"),
        ("Commande numéro 268 927 909 perdue", "Commande numéro [ORDER] perdue"),
    ],
)
def test_identifiers_become_placeholders(text, masked):
    assert REDACTOR.mask(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "payé 1 234,56 € le 12/03/2024 à 10:12",
        "commande du 12/03/2024, contrat 2023, dossier de 150 euros",
        "Commande 25 articles, facture 1500 €",
        "iPhone XS 256 GB, Galaxy A52, taille 42/44, vol AF1234",
        "spotify 8.4.15.62 sur iOS 11.0.3",
        "#B777-200ER et #B737-700",
        "2 place de parking, 3 cours de cuisine, 1 lot de livres",
        "loi n° 2020-312 du 25 mars 2020",
        "le conducteur, il y a 10 ans, voiture immatriculée en France",
        "débité de 59.90euros sur mon compte, soit 371 euros",
        "@115888 make it so",
        "ouvert 7/7 24/24, 100 % satisfait, 10/10",
        "livré entre 11h45 et 12h45",
        "mon passeport expire le 04 janvier 2027, la CNI le 12-03-2027",
        "[EMAIL] [PHONE] [ORDER:abc] [PERSON]",
    ],
)
def test_prices_dates_products_and_placeholders_stay(text):
    assert REDACTOR.mask(text) == (text, {})


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("0123456789 .-+@/:[]()FRfr°#'\n\u200b０é"), st.characters()),
        max_size=60,
    )
)
@settings(max_examples=200, deadline=None)
def test_a_second_mask_changes_nothing(text):
    once = REDACTOR.mask(text).text
    assert REDACTOR.mask(once) == (once, {})


def test_one_reference_gives_one_pseudonym_of_letters():
    redactor = Redactor(lambda reference: f"{len(reference)}{ord(reference[0])}f0")
    masked = redactor.mask("commande AB-12345 et dossier ab12345").text
    assert masked == "commande [ORDER:nmlfg] et dossier [ORDER:nmlfg]"


def test_identifiers_are_counted_by_kind():
    assert REDACTOR.mask("a@b.fr, c@d.fr ou 06 12 34 56 78").counts == {"EMAIL": 2, "PHONE": 1}


@pytest.mark.parametrize(
    "piece", ["1 ", "06 ", "FR76 ", "4970 ", "a@b.", "12 rue ", "n°1", "né le 1/", "[", "1.1.1.", "AB-123-"]
)
def test_time_is_linear_in_the_length(piece):
    def seconds(size):
        start = time.process_time()
        REDACTOR.mask(piece * (size // len(piece)))
        return time.process_time() - start

    seconds(500)
    assert seconds(30_000) < 20 * max(seconds(3_000), 0.01)


def one_character_off(value, draw):
    place = draw.randrange(1, len(value) - 1)
    before, char, after = value[:place], value[place], value[place + 1 :]
    return draw.choice(
        (
            before + "7" + after,
            f"{before}{draw.choice(' .-')}{char}{after}",
            before + after,
            f"{before}{char}3{after}",
        )
    )


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (iban, "Mon IBAN {}"),
        (iban, "remboursez-moi sur {} svp"),
        (card, "ma carte {} merci"),
        (nir, "n° sécu {}"),
    ],
)
def test_no_digit_survives_where_one_character_is_off(make, sentence):
    draw = Random(11)
    masked = [REDACTOR.mask(sentence.format(one_character_off(make(draw), draw))).text for _ in range(120)]
    assert sum(any(char.isdigit() for char in text) for text in masked) <= 1
