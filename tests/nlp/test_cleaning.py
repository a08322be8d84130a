import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.cleaning import clean, readable
from tests.nlp.made_texts import CLEAN

WORDS = "Toujours rien reçu, c'est honteux !"


@pytest.mark.parametrize("text", CLEAN)
def test_a_clean_text_is_not_changed(text):
    cleaned = clean(text)
    assert cleaned.text == text.replace("\u00a0", " ")
    assert (cleaned.skip, cleaned.flags) == (None, ())


@given(st.text())
@settings(max_examples=150, deadline=None)
def test_cleaning_a_cleaned_text_changes_nothing(text):
    once = clean(text)
    assert clean(once.text).text == once.text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<p>Bonjour,</p><p>je suis <b>furieux</b> !</p>", "Bonjour,\nje suis furieux !"),
        ("un<br>deux<br/>trois", "un\ndeux\ntrois"),
        ("<style>p{color:red}</style><script>x()</script><p>mot</p>", "mot"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("j'adore &lt;3 &amp; &eacute;t&eacute; &#128512;", "j'adore <3 & été 😀"),
        ("&amp;amp;eacute;", "é"),
        ("a\u00a0b\u202fc\u2003d  e\tf", "a b c d e f"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("in\u00advi\u200bsi\ufeffble\x07", "invisible"),
        ("e\u0301te\u0301", "été"),
        ("famille 👨\u200d👩\u200d👧 ❤\ufe0f", "famille 👨\u200d👩\u200d👧 ❤\ufe0f"),
        ("zé\u200dro", "zéro"),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_text_becomes_plain(written, meant):
    assert clean(written).text == meant


@pytest.mark.parametrize(
    ("below", "flag"),
    [
        (
            "Le lun. 3 mars 2025 à 10:12, SAV <sav@exemple.fr> a écrit :\n> Bonjour\n> votre colis",
            "quoted_reply",
        ),
        ("Le lun. 3 mars 2025 à 10:12, SAV <[EMAIL]>\na écrit :\nBonjour", "quoted_reply"),
        ("On Mon, Mar 3, 2025 at 10:12 AM Support <help@example.com> wrote:\n> Hello", "quoted_reply"),
        ("Am 03.03.2025 um 10:12 schrieb Support:\n> Hallo", "quoted_reply"),
        ("-----Message d'origine-----\nDe : SAV\nEnvoyé : lundi\nObjet : colis\n\nBonjour", "quoted_reply"),
        (
            "________________________________\nDe : SAV <a@b.fr>\nEnvoyé : lundi\nObjet : colis\n\nBonjour",
            "quoted_reply",
        ),
        ("From: Support\nSent: Monday\nTo: me\nSubject: parcel\n\nHello", "quoted_reply"),
        ("> Bonjour\n> votre colis est parti", "quoted_reply"),
        (
            "---------- Forwarded message ---------\nDe : X <a@b.fr>\nDate: lundi\nSubject: a\n\nBonjour",
            "forwarded",
        ),
        ("Début du message transféré :\n\nDe: X\nObjet: a\nDate: lundi\n\nBonjour", "forwarded"),
        ("-- \nJeanne Petit\nDirectrice", "signature"),
        ("Cordialement,\nJeanne PETIT\nTél. 06 12 34 56 78", "signature"),
        ("Bien à vous,\n\nJ. Petit", "signature"),
        ("Best regards,\nJane Small\nExample Ltd", "signature"),
        ("Envoyé de mon iPhone", "signature"),
        ("Sent from my Galaxy", "signature"),
        ("Envoyé à partir d’Outlook pour Android", "signature"),
        (
            "Ce message et ses pièces jointes sont confidentiels et destinés à leurs seuls destinataires. "
            "Si vous l'avez reçu par erreur, merci de le détruire.",
            "legal_footer",
        ),
        (
            "This e-mail is confidential and meant only for the recipient. If received in error, delete it.",
            "legal_footer",
        ),
        ("Pensez à l'environnement avant d'imprimer ce message.", "legal_footer"),
    ],
)
def test_what_mail_clients_add_is_cut(below, flag):
    cleaned = clean(f"{WORDS}\n\n{below}")
    assert cleaned.text == WORDS
    assert cleaned.flags == (flag,)


@pytest.mark.parametrize(
    "text",
    [
        f"{WORDS} Cordialement, Jeanne Petit",
        f"{WORDS} Cordialement, Mme Petit tél [PHONE]",
        f"{WORDS} Sent from my iPhone",
        f"{WORDS} Le 3 mars 2025 à 10:12, SAV a écrit : Bonjour votre colis",
        f"{WORDS} De : SAV Envoyé : lundi À : moi Objet : colis Bonjour",
    ],
)
def test_exports_that_lost_their_line_ends_are_cut_too(text):
    assert clean(text).text == WORDS


def test_an_answer_below_the_quote_is_kept():
    assert clean("On Mon, Mar 3, 2025, Support wrote:\n> Hello\n\nMy answer").text == "My answer"


def test_a_forwarded_message_without_a_word_above_it_is_the_feedback():
    text = (
        "---------- Message transféré ---------\nDe : X\nDate : lundi\nObjet : colis\n\nMon colis est perdu !"
    )
    assert clean(text).text == "Mon colis est perdu !"


def test_a_quoted_block_of_html_is_cut():
    assert clean(f"<div>{WORDS}</div><blockquote>Bonjour<br>votre colis</blockquote>").text == WORDS


@pytest.mark.parametrize(
    "text",
    [
        "Réponse automatique : absence du 3 au 12",
        "Objet : Absence du bureau\nBonjour",
        "Out of office: back on Monday",
        "Bonjour, je suis actuellement absente jusqu'au 12. En cas d'urgence, contactez l'accueil.",
        "I am currently out of the office and will answer upon my return.",
        "Ich bin bis Montag nicht im Büro. Ihre Nachricht wird nicht weitergeleitet.",
        "Ceci est une réponse automatique.",
    ],
)
def test_auto_replies_are_skipped(text):
    assert clean(text).skip == "auto_reply"


@pytest.mark.parametrize(
    "text",
    [
        "Undelivered Mail Returned to Sender\n\nThis is the mail system at host",
        "Échec de la remise : adresse inconnue",
        "Ticket #12345 has been closed",
        "Demande n° 4567 : « colis » a été clôturée",
        'Request #12 "colis" was closed and merged into this request.',
        "Nous avons bien reçu votre demande. Nos conseillers vous répondront dans les plus brefs délais.",
        "Ceci est un message automatique, merci de ne pas y répondre.",
        "How would you rate the support you received?",
    ],
)
def test_notices_of_machines_are_skipped(text):
    assert clean(text).skip == "machine_written"


@pytest.mark.parametrize("text", ["", "   ", "...", "\u200b", "[EMAIL]", "- / -", "<p></p>", "\ufffd"])
def test_nothing_left_is_skipped_as_empty(text):
    assert clean(text)[:2] == ("", "empty")


@pytest.mark.parametrize("text", ["👍", "!!!", ":)", "nul", "10/10", "Sooooo NUL !!!", "@Marque merci"])
def test_short_feelings_are_kept(text):
    assert clean(text)[:2] == (text, None)


def test_characters_lost_for_good_are_flagged():
    assert clean("tr\ufffds d\ufffd\ufffdu").flags == ("lost_characters",)


@pytest.mark.parametrize(
    "piece",
    [
        "<p ",
        "<div>",
        "&amp;",
        "Ã©",
        ">\n",
        "Cordialement,\nJean\n",
        "Le 3 mars 2025 à 10:12, X a écrit :\n",
        "-- \n",
        "De : a ",
    ],
)
def test_time_is_linear_in_the_length(piece):
    def seconds(size):
        start = time.process_time()
        clean(piece * (size // len(piece)))
        return time.process_time() - start

    seconds(1_000)
    assert seconds(60_000) < 20 * max(seconds(6_000), 0.01)


def test_readable_drops_no_words():
    text = "Bonjour &amp; merci\n> cité\n\nCordialement,\nJeanne"
    assert readable(text) == ("Bonjour & merci\n> cité\n\nCordialement,\nJeanne", ())
