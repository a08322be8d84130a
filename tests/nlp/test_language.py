import subprocess
import sys

import pytest

from nlp.language import UNKNOWN, Detector, Language


@pytest.fixture(scope="module")
def detector():
    return Detector(("fr", "en", "es", "de", "it"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("La livraison était en retard et personne ne répond", "fr"),
        ("The delivery was late and nobody answers", "en"),
        ("La entrega llegó tarde y nadie contesta", "es"),
        ("Die Lieferung kam zu spät und niemand antwortet", "de"),
        ("La consegna era in ritardo e nessuno risponde", "it"),
        ("De levering was te laat en niemand antwoordt mij", "nl"),
        ("Dostawa się spóźniła i nikt nie odpowiada na wiadomości", "pl"),
        ("Leveransen kom för sent och ingen svarar på mina frågor", "sv"),
    ],
)
def test_sentences_are_told_apart_whether_supported_or_not(detector, text, code):
    found = detector.detect(text)
    assert (found.code, found.source) == (code, "detected")
    assert 0.7 <= found.confidence <= 1


def test_the_declared_language_comes_first(detector):
    assert detector.detect("The delivery was late", declared="fr-FR") == Language("fr", 1.0, "declared")


@pytest.mark.parametrize("declared", [None, "", "unknown", "und", "  ", "français de France"])
def test_what_declares_nothing_is_detected(detector, declared):
    assert detector.detect("The delivery was late and nobody answers", declared=declared).source == "detected"


@pytest.mark.parametrize(
    "text", ["", "ok", "nul", "👍👍", "[EMAIL] [ORDER:abcdef]", "12345 !!!", "@Marque #honte", "\ud800"]
)
def test_too_little_is_unknown_or_what_the_source_usually_holds(detector, text):
    assert detector.detect(text) == Language(UNKNOWN, 0.0, "unknown")
    assert detector.detect(text, otherwise="fr") == Language("fr", 0.0, "otherwise")


def test_placeholders_links_mentions_and_emojis_do_not_count(detector):
    text = "@TheBestBrand #customer https://example.com/the/best [PHONE] 😀😀 livraison encore retardée, merci bien"
    assert detector.detect(text).code == "fr"


def test_many_texts_at_once_give_the_same(detector):
    texts = ["La livraison était en retard", "ok"]
    assert detector.detect_all(texts, otherwise="fr") == [
        detector.detect(text, otherwise="fr") for text in texts
    ]


def test_importing_the_three_modules_loads_no_tables_and_no_torch():
    code = (
        "import sys, nlp.intake, nlp.language;"
        "assert not {'torch', 'transformers', 'py3langid', 'prefect', 'sqlalchemy'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
