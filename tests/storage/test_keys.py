import base64
import pickle

import pytest

from configs.errors import ConfigError
from storage.keys import Keys

ONE, OTHER = Keys(b"1" * 32), Keys(b"2" * 32)


def test_a_generated_key_is_read_back_from_the_environment():
    key = Keys.generate()
    assert Keys.from_environment({"RESSENTI_KEY": key}).id == Keys.from_environment({"RESSENTI_KEY": key}).id
    assert Keys.generate() != key


@pytest.mark.parametrize(
    "value", [None, "", "  ", "secret", "é" * 44, base64.urlsafe_b64encode(b"short").decode()]
)
def test_no_key_or_a_malformed_one_says_how_to_make_one(value):
    environment = {} if value is None else {"RESSENTI_KEY": value}
    with pytest.raises(ConfigError, match="make key") as caught:
        Keys.from_environment(environment)
    assert caught.value.exit_code == 2
    assert "secret" not in str(caught.value)


def test_spelling_variants_of_a_customer_are_one_customer():
    assert ONE.customer("  Jean.Dupont@Mail.FR ") == ONE.customer("jean.dupont@mail.fr")
    assert ONE.customer("ﬁn") == ONE.customer("FIN")
    assert ONE.customer("jean") != ONE.customer("jeanne")
    assert ONE.customer("12", source="shop") != ONE.customer("12", source="app") != ONE.customer("12")


def test_hashes_depend_on_the_key_and_on_the_use():
    hashes = {ONE.customer("a"), OTHER.customer("a"), ONE.text("a"), ONE.fingerprint("a"), ONE.id, OTHER.id}
    assert len(hashes) == 6
    assert all(len(value) == 32 for value in hashes - {ONE.id, OTHER.id})


def test_fingerprints_keep_parts_apart_and_take_any_text():
    assert ONE.fingerprint("ab", "c") != ONE.fingerprint("a", "bc")
    assert ONE.fingerprint({"b": 1, "a": "\x00"}) == ONE.fingerprint({"a": "\x00", "b": 1})
    assert ONE.text("\ud800") != ONE.text("?")


def test_what_is_sealed_is_opened_by_its_key_only():
    sealed = ONE.seal("Ma carte 4970…".encode())
    assert b"4970" not in sealed
    assert ONE.open(sealed).decode() == "Ma carte 4970…"
    for keys, payload in ((OTHER, sealed), (ONE, sealed[:-2] + b"xx"), (ONE, b"")):
        with pytest.raises(ConfigError, match="another key"):
            keys.open(payload)


def test_nothing_shows_the_key():
    secret = Keys.generate()
    keys = Keys.from_environment({"RESSENTI_KEY": secret})
    assert repr(keys) == f"Keys(id='{keys.id}')"
    assert base64.urlsafe_b64decode(secret).hex() not in repr(vars(keys) if hasattr(keys, "__dict__") else "")
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(keys)
