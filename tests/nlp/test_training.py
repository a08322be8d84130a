"""The training loop, the graph and the export, on a model of a few hundred weights."""

import json
from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training is an extra")
transformers = pytest.importorskip("transformers", reason="training is an extra")
pytest.importorskip("onnx", reason="training is an extra")

from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: E402

from configs.taxonomy import load_taxonomy  # noqa: E402
from nlp.engines.onnx import OnnxEngine  # noqa: E402
from nlp.training.batches import pad, plan, tokens_of  # noqa: E402
from nlp.training.data import Example  # noqa: E402
from nlp.training.forward import logits_of  # noqa: E402
from nlp.training.gather import weighted_items  # noqa: E402
from nlp.training.graph import write_graph  # noqa: E402
from nlp.training.pooling import start_from_means  # noqa: E402
from nlp.training.recipe import Recipe  # noqa: E402
from nlp.training.runs import best_f1  # noqa: E402
from nlp.training.train import Loop, rate_at, run  # noqa: E402
from nlp.training.vocabulary import choose, cut_tokenizer  # noqa: E402

WORDS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "▁", "▁merci", "▁nul", "▁colis", "▁service", "▁le", "▁un"]


@pytest.fixture
def tokenizer():
    made = Tokenizer(models.Unigram([(word, -float(place)) for place, word in enumerate(WORDS)], unk_id=3))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return made


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=64, num_labels=27, pad_token_id=1, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, classifier_dropout=0.1, attn_implementation="eager",
    )  # fmt: skip
    return transformers.BertForSequenceClassification(config).eval()


@pytest.fixture
def recipe():
    return Recipe(name="tiny", base="x", labelled=(), dev="x", epochs=2, learning_rate=3e-3, batch_tokens=64)


@pytest.fixture
def items():
    texts = ["merci le service", "nul un colis"] * 40
    return weighted_items(
        [Example(text, frozenset({"joy"} if "merci" in text else {"anger"})) for text in texts],
        6.0,
        load_taxonomy().ids,
    )


def batch(tokenizer):
    ids = tokens_of(["merci le service", "nul", "un colis nul le colis"], tokenizer, 16)
    return pad(ids, 1)


def test_the_spelt_out_forward_pass_gives_what_the_model_gives(model, tokenizer):
    ids, mask = batch(tokenizer)
    with torch.inference_mode():
        assert torch.allclose(
            logits_of(model, ids, mask), model(input_ids=ids, attention_mask=mask).logits, atol=1e-5
        )


def test_the_graph_gives_what_the_model_gives_and_int8_comes_close(model, tokenizer, tmp_path):
    ids, mask = batch(tokenizer)
    rows = [row[: int(length)] for row, length in zip(ids.tolist(), mask.sum(1), strict=True)]
    with torch.inference_mode():
        expected = model(input_ids=ids, attention_mask=mask).logits.numpy()
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    for int8, tolerance in ((False, 1e-5), (True, 0.05)):
        path = tmp_path / f"{int8}.onnx"
        write_graph(weights, model.config.to_dict(), path, int8=int8, window=64)
        engine = OnnxEngine(path, pad_id=1, threads=1)
        found = engine.logits(rows)
        assert np.abs(found - expected).max() < tolerance
        alone = np.concatenate([engine.logits([row]) for row in rows])
        assert np.abs(found - alone).max() < 1e-5


def test_training_learns_and_goes_on_from_its_checkpoint_as_if_never_stopped(
    model, tokenizer, recipe, items, tmp_path
):
    state = {name: value.clone() for name, value in model.state_dict().items()}

    def loop():
        model.load_state_dict(state)
        return Loop(model.float(), recipe, items, tokenizer)

    whole = loop()
    run(whole, tmp_path / "whole", lambda _: "")
    expected = [master.clone() for master in whole.masters]

    half = loop()
    learn, half.learn = half.learn, None
    stopped = []

    def stop_halfway(rows, ids, progress):
        if progress > 0.5:
            half.save(tmp_path / "half")
            stopped.append(progress)
            raise KeyboardInterrupt
        return learn(rows, ids, progress)

    half.learn = stop_halfway
    with pytest.raises(KeyboardInterrupt):
        run(half, tmp_path / "half", lambda _: "")
    resumed = loop()
    run(resumed, tmp_path / "half", lambda _: "")
    assert stopped
    assert all(torch.equal(a, b) for a, b in zip(resumed.masters, expected, strict=True))


def test_a_checkpoint_of_another_form_of_the_recipe_is_told(
    model, tokenizer, recipe, items, tmp_path, caplog
):
    loop = Loop(model, recipe, items, tokenizer)
    run(loop, tmp_path, lambda _: "")
    loop.restore(tmp_path)
    assert "has changed" not in caplog.text
    Loop(model, recipe.model_copy(update={"seed": 2}), items, tokenizer).restore(tmp_path)
    assert f"{tmp_path}/checkpoint.safetensors: the recipe has changed since" in caplog.text


def test_starting_from_means_gathers_all_tokens_on_the_first(model, tokenizer):
    start_from_means(model, ["merci le service", "nul un colis", "un", "le colis"], tokenizer)
    with torch.inference_mode():
        one, other = (
            logits_of(model, *pad(tokens_of([text], tokenizer, 16), 1)) for text in ("merci", "nul")
        )
    assert not torch.allclose(one, other)


def test_the_rate_climbs_then_falls_to_nothing():
    rates = [rate_at(step / 100, 0.1) for step in range(101)]
    assert rates[0] == 0
    assert max(rates) == pytest.approx(1)
    assert rates[10] == pytest.approx(1)
    assert rates[100] == pytest.approx(0, abs=1e-9)


def test_a_plan_of_training_holds_every_row_once_and_differs_by_epoch():
    lengths = list(range(3, 60)) * 3
    first, again, other = (plan(lengths, 200, seed) for seed in ("1/0", "1/0", "1/1"))
    assert first == again != other
    assert sorted(row for rows in first for row in rows) == list(range(len(lengths)))


def test_rare_labels_weigh_more_but_never_more_than_the_cap():
    labels = [{"anger"} if number % 2 else {"relief"} if number == 0 else set() for number in range(500)]
    examples = [Example(str(number), frozenset(found)) for number, found in enumerate(labels)]
    items = weighted_items(examples, 6.0, load_taxonomy().ids)
    assert items.positive[0].max() == 6.0
    assert items.positive[0].min() == 1.0


def test_the_best_f1_of_a_perfect_order_is_one():
    scores, goal = np.array([[0.9], [0.8], [0.1]], np.float32), np.array([[1], [1], [0]], np.float32)
    assert best_f1(scores, goal).tolist() == [1.0]


def test_a_cut_vocabulary_keeps_special_pieces_letters_and_what_is_frequent(tokenizer, tmp_path):
    vocabulary = [
        ["<s>", 0],
        ["<pad>", 0],
        ["</s>", 0],
        ["<unk>", 0],
        ["é", -1],
        ["▁colis", -2],
        ["▁rare", -3],
        ["漢", -4],
        ["<mask>", 0],
    ]
    kept = choose(vocabulary, Counter({5: 9, 6: 1}), 7)
    assert [vocabulary[index][0] for index in kept] == [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "é",
        "▁colis",
        "<mask>",
    ]
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    data = json.loads(path.read_text())
    data["added_tokens"] = []
    path.write_text(json.dumps(data))
    cut = Tokenizer.from_str(json.dumps(cut_tokenizer(path, [0, 1, 2, 3, 4, 5, 6])))
    assert cut.encode("merci").tokens == ["<s>", "▁merci", "</s>"]
