"""Zendesk: the incremental export of tickets, and whose words a ticket begins with."""

import pytest

from configs.errors import ConfigError
from flows.sources.preview import outcome
from tests.flows.sources.apis.helpers import behind, done, items, reader_of, records, texts
from tests.flows.sources.apis.server import Faults, mount
from tests.flows.sources.apis.vendors import Zendesk

AGENT, LEA = 1, 2
OWN = {
    "preset": "zendesk",
    "subdomain": "acme",
    "auth": {"user": "nuit@acme.fr/token"},
    "retry": {"tries": 6, "first_wait": 0.01},
}


@pytest.fixture
def desk():
    account = Zendesk()
    account.user(AGENT, "agent")
    account.user(LEA, email="lea@exemple.fr")
    return account


def opened(desk, faults=None, **told):
    api = mount(desk, faults)
    return reader_of(**OWN | {"base": api.base} | told), api


def comment(author, body, public=True):
    return {"author_id": author, "body": body, "plain_body": body, "public": public}


def test_a_ticket_becomes_a_record_with_what_stands_beside_it(desk):
    desk.ticket(
        35436, LEA, "Mon colis n'est jamais arrivé", subject="Colis", satisfaction_rating={"score": "bad"}
    )
    rows, api = opened(desk, attributes={"product": "fields.360", "choices": "fields.361"})
    rows.check()
    [record] = records(items(rows))
    assert record.external_id == "35436"
    assert record.text == "Colis\nMon colis n'est jamais arrivé"
    assert record.customer == "lea@exemple.fr"
    assert (record.rating, record.rating_scale) == (0, (0, 1))
    assert record.written.at.isoformat() == "2025-01-01T00:01:00+00:00"
    assert record.attributes == {
        "status": "open",
        "type": "problem",
        "tags": "retard, vip",
        "satisfaction": "bad",
        "via": "email",
        "organization": "Boulangerie Martin",
        "product": "Livraison",
        "choices": "a, b",
    }
    assert api.asked[0].query == {
        "per_page": "10",
        "include": "users,organizations",
        "start_time": "1262304000",
    }


def test_only_the_requesters_first_public_comment_counts(desk):
    desk.ticket("phoned", LEA, "Appel de Léa, rappeler", submitter=AGENT)
    desk.comments["phoned"] = [
        comment(AGENT, "Appel de Léa, rappeler"),
        comment(LEA, "note interne", public=False),
        comment(AGENT, "Bonjour, pouvez-vous préciser ?"),
        comment(LEA, "Toujours rien reçu"),
        comment(LEA, "Et maintenant ?"),
    ]
    desk.ticket("proactive", LEA, "Votre contrat arrive à échéance", submitter=AGENT)
    desk.comments["proactive"] = [comment(AGENT, "Votre contrat arrive à échéance")]
    desk.ticket("internal", AGENT, "Imprimante en panne")
    desk.ticket("vanished", LEA, "…", submitter=AGENT)
    rows, _ = opened(desk)
    found = items(rows)
    assert [outcome(item) for item in found] == [
        "record", "skipped:no_customer_words", "skipped:company_reply", "skipped:no_customer_words",
    ]  # fmt: skip
    assert texts(found) == ["Toujours rien reçu"]


def test_the_export_goes_on_at_its_cursor_and_a_changed_ticket_comes_again(desk):
    for number in range(7):
        desk.ticket(number, LEA, f"texte {number}")
    rows, api = opened(desk, page_size=3)
    first = items(rows)
    assert texts(first) == [f"texte {number}" for number in range(7)]
    assert len(api.asked) == 3
    assert items(rows, done(first)) == []
    desk.ticket(2, LEA, "texte 2", status="solved", satisfaction_rating={"score": "good"})
    desk.ticket(8, LEA, "texte 8")
    again = items(rows, done(first))
    assert texts(again) == ["texte 2", "texte 8"]
    assert records(again)[0].rating == 1
    assert records(again)[0].attributes["status"] == "solved"
    assert "start_time" not in api.asked[-1].query


def test_a_deleted_ticket_says_that_its_feedback_is_gone(desk):
    desk.ticket(1, LEA, "texte 1")
    rows, api = opened(desk)
    first = items(rows)
    desk.ticket(1, LEA, "SCRUBBED", submitter=AGENT, status="deleted")
    [gone] = items(rows, done(first))
    assert (outcome(gone), gone.external_id) == ("deleted", "1")
    assert not [request for request in api.asked if "comments" in request.path]


def test_a_reading_cut_behind_any_ticket_goes_on_there(desk):
    for number in range(8):
        desk.ticket(number, LEA, f"texte {number}")
    rows, _ = opened(desk, page_size=3)
    for number, item in enumerate(items(rows), 1):
        assert texts(items(rows, behind(item))) == [f"texte {n}" for n in range(number, 8)]


def test_a_fifth_of_the_requests_may_fail(desk):
    for number in range(60):
        submitter = AGENT if number % 4 == 0 else LEA
        desk.ticket(number, LEA, f"texte {number}", submitter=submitter)
        desk.comments[str(number)] = [comment(AGENT, "Bonjour"), comment(LEA, f"texte {number}")]
    faults = Faults(seed=4, late=1.2)
    rows, _ = opened(desk, faults, page_size=5, timeout=1)
    assert texts(items(rows)) == [f"texte {number}" for number in range(60)]
    assert len(faults.met) > 3


def test_a_wrong_token_names_its_variable(desk, monkeypatch):
    monkeypatch.setenv("ZENDESK_TOKEN", "wrong")
    rows, _ = opened(desk)
    with pytest.raises(ConfigError, match=r"\(found 401\); set ZENDESK_TOKEN to a secret that may read this"):
        rows.check()


def test_a_custom_field_that_is_not_there_is_told_with_those_there_are(desk):
    desk.ticket(1, LEA, "texte")
    rows, _ = opened(desk, attributes={"product": "fields.306"})
    with pytest.raises(ConfigError, match=r"no such column \(found 'fields.306'\).*did you mean `fields.36"):
        rows.check()
