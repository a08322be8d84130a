"""Cut a base encoder's vocabulary to the pieces that our texts use, and keep some of its layers.

A multilingual base spends 96 million of its 117 million weights on 250,000 word pieces. Customer feedback in the
languages we serve uses a tenth of them, so the rest is dropped: 20,000 pieces cover 99.5 % of our texts' tokens, and
what is dropped is spelt with shorter pieces, since every character that our texts hold stays.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import BertModel, PreTrainedTokenizerFast

from nlp.training.data import read_examples, read_raw
from nlp.training.recipe import BaseRecipe, read_base_recipe
from nlp.training.runs import find_base
from nlp.training.spelling import write_accents

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_BATCH = 4096


def count_pieces(tokenizer_file: Path, texts: Iterable[str]) -> Counter[int]:
    """How often each piece id of the tokenizer occurs in `texts`."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    counts: Counter[int] = Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH:
            counts.update(piece for item in tokenizer.encode_batch(batch) for piece in item.ids)
            batch = []
    counts.update(piece for item in tokenizer.encode_batch(batch) for piece in item.ids)
    return counts


def choose(vocabulary: Sequence[Sequence[Any]], counts: Counter[int], size: int) -> list[int]:
    """The ids to keep, in the order of the base: special pieces, characters that matter, then the most frequent.

    Args:
        vocabulary: the tokenizer's own list of [piece, log-probability].
        counts: how often each id occurs in our texts.
        size: how many pieces to keep in all.
    """
    kept = {
        index for index, (piece, _) in enumerate(vocabulary) if piece in SPECIAL or _needed_character(piece)
    }
    for index, _ in counts.most_common():
        if len(kept) >= size:
            break
        if index < len(vocabulary):
            kept.add(index)
    return sorted(kept)


def _needed_character(piece: str) -> bool:
    """Is this a single Latin letter, digit, punctuation mark, symbol or emoji (with or without the word mark)?"""
    bare = piece.removeprefix("▁")
    if len(bare) != 1:
        return piece == "▁"
    if unicodedata.category(bare)[0] in "NPS":
        return ord(bare) < 0x2E80 or ord(bare) >= 0x1F000
    return ord(bare) < 0x0250


def cut_tokenizer(tokenizer_file: Path, kept: Sequence[int]) -> dict[str, Any]:
    """The tokenizer's own JSON with only the kept pieces, renumbered from 0 in their order."""
    data: dict[str, Any] = json.loads(tokenizer_file.read_text(encoding="utf-8"))
    data["model"]["vocab"] = [data["model"]["vocab"][index] for index in kept]
    renumbered = {old: new for new, old in enumerate(kept)}
    for token in data["added_tokens"]:
        token["id"] = renumbered[token["id"]]
    for special in data["post_processor"]["special_tokens"].values():
        special["ids"] = [renumbered[index] for index in special["ids"]]
    data["model"]["unk_id"] = renumbered[data["model"]["unk_id"]]
    return data


def cut_model(model: BertModel, kept: Sequence[int], layers: Sequence[int]) -> BertModel:
    """The same encoder with only the kept rows of its word embeddings and only the named layers."""
    words = model.embeddings.word_embeddings
    rows = torch.nn.Embedding(len(kept), words.embedding_dim, padding_idx=kept.index(words.padding_idx))
    rows.weight = torch.nn.Parameter(words.weight[torch.tensor(kept)].detach().clone())
    model.embeddings.word_embeddings = rows
    model.encoder.layer = torch.nn.ModuleList([model.encoder.layer[index] for index in layers])
    model.config.vocab_size, model.config.num_hidden_layers = len(kept), len(layers)
    return model


def cut(recipe_file: Path, *, data: Path, state: Path) -> Path:
    """Make the base that a recipe describes; returns its folder, `state/<recipe name>`."""
    recipe = read_base_recipe(recipe_file)
    texts, target = read_texts(recipe, data), state / recipe.name
    cut_base(find_base(recipe.base, state), target, texts, size=recipe.pieces, layers=recipe.layers)
    write_accents(target, texts)
    return target


def read_texts(recipe: BaseRecipe, data: Path) -> list[str]:
    """The texts whose words count."""
    labelled = [
        e.text for name in recipe.labelled for e in read_examples(data / name, leave_out=recipe.leave_out)
    ]
    return labelled + read_raw(data / recipe.raw, leave_out=recipe.leave_out)


def cut_base(
    base: Path, target: Path, texts: Iterable[str], *, size: int, layers: Sequence[int] | None = None
) -> None:
    """Write `target`: the encoder of folder `base` with a vocabulary chosen on `texts` and only `layers`."""
    tokenizer_file = base / "tokenizer.json"
    vocabulary = json.loads(tokenizer_file.read_text(encoding="utf-8"))["model"]["vocab"]
    kept = choose(vocabulary, count_pieces(tokenizer_file, texts), size)
    whole = BertModel.from_pretrained(base, add_pooling_layer=False)
    model = cut_model(whole, kept, layers if layers is not None else range(whole.config.num_hidden_layers))
    model.save_pretrained(target)
    (target / "tokenizer.json").write_text(
        json.dumps(cut_tokenizer(tokenizer_file, kept), ensure_ascii=False), encoding="utf-8"
    )
    tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call, unused-ignore]
        tokenizer_file=str(target / "tokenizer.json"),
        model_max_length=model.config.max_position_embeddings,
        bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", mask_token="<mask>",
    )  # fmt: skip
    tokenizer.save_pretrained(target)
