"""From a reader's items to what is stored: masked, keyed, every one accounted for."""

import json

import pytest

from configs.errors import BadRecord, ConfigError
from flows.intake import Intake, pack, read_by_row, unpack
from flows.sources.record import Duplicate, Place, Record, Rejected, Skipped
from flows.sources.registry import parse_source
from nlp.language import Detector
from storage.keys import Keys

PLACE = Place("feed.csv", 2)
KEYS = Keys(b"k" * 32)
DETECTOR = Detector(("fr", "en"))


def _intake(**told):
    described = {"path": "feed.csv", "channel": "review", "text": "text", "customer": "customer"} | told
    return Intake(parse_source(described, "feed.yml", "feed"), KEYS, DETECTOR)


def _record(text="Je suis déçu", **told):
    return Record(**({"place": PLACE, "row": 1, "external_id": "a", "text": text, "channel": "review"}
                     | {"language": "fr"} | told))  # fmt: skip


def _rejected(**raw):
    return Rejected(PLACE, 1, "bad_date", "date", "no date", raw)


def test_every_item_ends_in_one_place():
    items = [
        _record(),
        Duplicate(PLACE, 2),
        Skipped(PLACE, 3, "test_row"),
        _rejected(a="1"),
        _record(text="  "),
    ]
    made = _intake().chunk(7, "part", {"row": 5}, items)
    assert (len(made.feedback), made.duplicates, len(made.quarantined)) == (1, 1, 1)
    assert dict(made.skipped) == {"test_row": 1, "empty": 1}
    assert (made.source_id, made.part, made.position) == (7, "part", {"row": 5})


def test_a_text_is_masked_in_both_forms_and_its_hash_is_of_the_text_as_read():
    made = _intake().feedback(_record("Écrivez à jean@exemple.fr, je suis déçu"))
    assert made.masked_text == made.clean_text == "Écrivez à [EMAIL], je suis déçu"
    assert made.text_hash == KEYS.text("Écrivez à jean@exemple.fr, je suis déçu")


def test_two_texts_that_differ_only_in_what_is_masked_are_two_texts():
    one, other = (
        _intake().feedback(_record(f"Appelez le {number}")) for number in ("06 12 34 56 78", "0798765432")
    )
    assert one.masked_text == other.masked_text == "Appelez le [PHONE]"
    assert one.text_hash != other.text_hash


def test_masking_may_be_off_for_a_source_whose_owner_must_keep_the_original():
    made = _intake(masking="off").feedback(_record("Écrivez à jean@exemple.fr"))
    assert "jean@exemple.fr" in made.masked_text


def test_attributes_are_masked():
    made = _intake().feedback(_record(attributes={"subject": "Rappeler le 06 12 34 56 78", "city": "Lyon"}))
    assert made.attributes == {"subject": "Rappeler le [PHONE]", "city": "Lyon"}


def test_names_of_batches_and_surveys_are_masked():
    made = _intake().feedback(_record(batch="pour jean@exemple.fr", survey="06 12 34 56 78"))
    assert (made.batch, made.survey) == ("pour [EMAIL]", "[PHONE]")
    made = _intake().feedback(_record(batch="2026-T3", survey="NPS 2026"))
    assert (made.batch, made.survey) == ("2026-T3", "NPS 2026")


@pytest.mark.parametrize("told", ["jean@exemple.fr", "06 12 34 56 78", "ticket de jean@exemple.fr"])
def test_an_id_that_is_personal_is_kept_as_a_keyed_hash(told):
    intake = _intake()
    made = intake.feedback(_record(external_id=told))
    assert made.external_id == intake.feedback(_record(external_id=told)).external_id
    assert "jean" not in made.external_id
    assert made.external_id != told


def test_a_plain_id_stays():
    assert _intake().feedback(_record(external_id="T-1042")).external_id == "T-1042"


def test_a_customer_is_a_keyed_hash_of_this_source_unless_shared():
    own = _intake().feedback(_record(customer="Jean@Exemple.fr ")).customer
    assert own == KEYS.customer("jean@exemple.fr", "feed")
    shared = _intake(customer={"columns": ["customer"], "shared": True})
    assert shared.feedback(_record(customer="Jean@Exemple.fr ")).customer == KEYS.customer("jean@exemple.fr")
    assert _intake().feedback(_record(customer=None)).customer is None


@pytest.mark.parametrize(
    ("language", "refusal"), [("fr", None), ("nl", "unsupported_language"), (None, "unknown_language")]
)
def test_what_can_not_be_scored_says_why(language, refusal):
    assert _intake().feedback(_record("ok", language=language)).refusal == refusal


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("Réponse automatique : je suis absent du bureau, en cas d'urgence appelez-moi.", "auto_reply"),
        ("Delivery Status Notification (Failure)\nYour message wasn't delivered", "machine_written"),
    ],
)
def test_what_no_customer_wrote_is_left_out_with_the_reason(text, reason):
    assert _intake().feedback(_record(text)) == reason


def test_a_bad_row_is_sealed_whole_with_its_place_in_clear():
    made = _intake().quarantined(_rejected(id="1", text="jean@exemple.fr"))
    assert (made.file, made.line, made.field, made.reason) == ("feed.csv", 2, "date", "bad_date")
    assert b"jean" not in made.payload
    assert unpack(KEYS.open(made.payload)) == {"row": 1, "raw": {"id": "1", "text": "jean@exemple.fr"}}


def test_the_same_bad_row_has_the_same_fingerprint_and_another_has_another():
    one, same, other = (_intake().quarantined(_rejected(id=key)).fingerprint for key in "112")
    assert one == same != other


def test_bytes_that_could_not_be_read_survive_the_sealing():
    raw = {"text": b"d\xe9\xe7u".decode("utf-8", "surrogateescape"), "n": 3, "none": None}
    assert unpack(pack(_rejected(**raw)))["raw"] == raw


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"row": 1}', b"\xff"])
def test_a_payload_that_is_damaged_is_a_bad_record(payload):
    with pytest.raises(BadRecord, match="not what was packed"):
        unpack(payload)


def test_another_key_opens_nothing():
    sealed = _intake().quarantined(_rejected(a="1")).payload
    with pytest.raises(ConfigError, match=r"sealed with another key.*set the key whose id stands beside"):
        Keys(b"o" * 32).open(sealed)


def test_items_are_cut_by_number_and_by_length():
    items = [_record("a" * length) for length in (5, 5, 5, 50, 1, 1, 1, 1)]
    cut = [[len(item.text) for item in chunk] for chunk in read_by_row(items, most=3, characters=12)]
    assert cut == [[5, 5], [5], [50], [1, 1, 1], [1]]
    assert list(read_by_row([], 3, 12)) == []


def test_what_is_packed_is_plain_ascii_json():
    assert json.loads(pack(_rejected(a="é")).decode("ascii"))["raw"] == {"a": "é"}
