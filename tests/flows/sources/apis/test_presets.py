"""Presets of APIs: each reads what its vendor documents, asks the next night for what is new, and bears faults."""

import pytest

from configs.errors import ConfigError
from flows.sources.preview import outcome
from tests.flows.sources.apis.helpers import done, items, reader_of, records, texts
from tests.flows.sources.apis.server import Faults, mount
from tests.flows.sources.apis.vendors import freshdesk, surveymonkey, trustpilot

PATIENT = {"tries": 6, "first_wait": 0.01}


def ticket(number, day=1, **more):
    return {
        "id": number,
        "subject": "Facture",
        "description": f"<div>texte {number}</div>",
        "description_text": f"texte {number}",
        "status": 2,
        "priority": 1,
        "source": 1,
        "type": None,
        "spam": False,
        "tags": ["retard", "vip"],
        "custom_fields": {"cf_product": "Box"},
        "requester": {"id": 9, "email": "lea@exemple.fr"},
        "created_at": f"2025-01-{day:02}T08:00:00Z",
        "updated_at": f"2025-01-{day:02}T08:{number % 60:02}:00Z",
    } | more


def answered(number, day=1, words="Livraison en retard"):
    question = {"id": "987", "answers": [{"text": words, "simple_text": words}]}
    choices = {
        "id": "988",
        "answers": [{"choice_id": "1", "simple_text": "Prix"}, {"choice_id": "2", "simple_text": "Délai"}],
    }
    at = f"2025-01-{day:02}T08:{number % 60:02}:00+00:00"
    return {
        "id": str(number),
        "date_created": at,
        "date_modified": at,
        "pages": [{"questions": [question, choices]}],
    }


def review(number, day=1, **more):
    return {
        "id": f"r{number}",
        "stars": 1 + number % 5,
        "title": f"Titre {number}",
        "text": f"texte {number}",
        "language": "fr",
        "createdAt": f"2025-01-{day:02}T08:{number % 60:02}:00Z",
        "consumer": {"id": "c1", "displayName": "Léa"},
    } | more


def opened(preset, answer, faults=None, **told):
    api = mount(answer, faults)
    return reader_of(**{"preset": preset, "base": api.base, "retry": PATIENT} | told), api


def test_freshdesk_gives_the_message_that_opened_a_ticket():
    tickets = [ticket(1), ticket(2, source=10), ticket(3, spam=True)]
    rows, api = opened("freshdesk", freshdesk(tickets), attributes={"product": "custom_fields.cf_product"})
    rows.check()
    found = items(rows)
    assert [outcome(item) for item in found] == ["record", "skipped:company_reply", "skipped:spam"]
    [record] = records(found)
    assert (record.external_id, record.text, record.customer) == ("1", "Facture\ntexte 1", "lea@exemple.fr")
    assert record.attributes == {
        "product": "Box",
        "status": "2",
        "priority": "1",
        "tags": "retard, vip",
        "source": "1",
    }
    tickets.append(ticket(4, 3))
    assert texts(items(rows, done(found))) == ["Facture\ntexte 1", "Facture\ntexte 4"]
    assert api.asked[-1].query["updated_since"] == "2024-12-31T00:00:00Z"


def test_freshdesk_has_more_tickets_than_one_query_gives():
    tickets = [ticket(number, 1 + number // 10) for number in range(120)]
    told = {"query": {"per_page": 10}, "paging": {"size": 10, "most": 3}}
    rows, _ = opened("freshdesk", freshdesk(tickets, most=3), **told)
    assert {record.external_id for record in records(items(rows))} == {str(number) for number in range(120)}


def test_surveymonkey_gives_answers_by_question():
    responses = [answered(number, 1 + number // 100) for number in range(250)]
    told = {"fill": {"survey": "123"}, "text": "answers.987", "attributes": {"why": "answers.988"}}
    rows, api = opened("surveymonkey", surveymonkey(responses), **told)
    rows.check()
    found = items(rows)
    assert len(records(found)) == 250
    assert records(found)[0].attributes == {"why": "Prix, Délai"}
    responses.append(answered(999, 4, words="Toujours rien"))
    assert "Toujours rien" in texts(items(rows, done(found)))
    assert api.asked[-1].query["start_modified_at"] == "2025-01-02T00:00:00"


def test_trustpilot_is_read_back_to_the_reviews_that_are_known():
    reviews = [review(number, 1 + number % 28) for number in range(250)]
    rows, api = opened(
        "trustpilot", trustpilot(reviews), fill={"business": "46d6"}, since={"lookback": "2 days"}
    )
    rows.check()
    found = items(rows)
    assert len(records(found)) == 250
    assert records(found)[0].rating_scale == (1, 5)
    assert records(found)[0].language == "fr"
    asked = len(api.asked)
    reviews.append(review(999, 28, text="Jamais livré"))
    assert "Titre 999\nJamais livré" in texts(items(rows, done(found)))
    assert len(api.asked) - asked <= 2


FAULTY = {
    "freshdesk": (freshdesk, ticket, {"query": {"per_page": 3}, "paging": {"size": 3}}),
    "surveymonkey": (
        surveymonkey,
        answered,
        {"fill": {"survey": "123"}, "text": "answers.987", "query": {"per_page": 3}},
    ),
    "trustpilot": (trustpilot, review, {"fill": {"business": "46d6"}, "query": {"perPage": 3}}),
}


@pytest.mark.parametrize("preset", FAULTY)
def test_a_fifth_of_the_requests_may_fail(preset):
    vendor, made, told = FAULTY[preset]
    faults = Faults(seed=2, kinds=("429", "500", "cut", "drop"))
    rows, _ = opened(preset, vendor([made(number, 1 + number % 28) for number in range(60)]), faults, **told)
    assert len({record.external_id for record in records(items(rows))}) == 60
    assert faults.met


@pytest.mark.parametrize(
    ("preset", "variable"),
    [
        ("freshdesk", "FRESHDESK_KEY"),
        ("surveymonkey", "SURVEYMONKEY_TOKEN"),
        ("trustpilot", "TRUSTPILOT_KEY"),
    ],
)
def test_a_wrong_secret_names_its_variable(preset, variable, monkeypatch):
    monkeypatch.setenv(variable, "wrong")
    vendor, _, told = FAULTY[preset]
    rows, _ = opened(preset, vendor([]), **told)
    with pytest.raises(ConfigError, match=rf"\(found 401\); set {variable} to a secret that may read this"):
        rows.check()
