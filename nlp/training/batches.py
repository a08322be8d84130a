"""Token batches for training: disturbed, cut, sorted by length in pools, all decided by seed and epoch."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from nlp.training.data import Matrix
from nlp.training.disturb import disturb
from nlp.training.recipe import Recipe
from nlp.training.tokens import TextTokenizer
from nlp.windows import calm

_POOL = 40  # batches that are sorted together: little padding, and still a different mix every epoch


@dataclass(frozen=True)
class Items:
    """What is learnt from; every matrix is float32 [texts, labels]."""

    texts: list[str]
    targets: Matrix  # what each label should be, 0..1
    positive: Matrix  # what being present weighs in the loss
    negative: Matrix  # what being absent weighs; both 0 where a label is unknown


def tokens_of(texts: Sequence[str], tokenizer: TextTokenizer, max_tokens: int) -> list[list[int]]:
    """Token ids of each text, shouting calmed as in `Reader`, with its two special tokens, at most `max_tokens`."""
    return [item.ids[: max_tokens - 1] + item.ids[-1:] if len(item.ids) > max_tokens else item.ids
            for item in tokenizer.encode_batch(list(map(calm, texts)))]  # fmt: skip


def epoch_tokens(items: Items, tokenizer: TextTokenizer, recipe: Recipe, epoch: int) -> list[list[int]]:
    """The epoch's token ids: some texts typed badly, some tokens left out, so that none is learnt by heart."""
    rng = random.Random(f"{recipe.seed}/{epoch}")
    texts = [disturb(text, recipe.disturb, rng) for text in items.texts]
    return [_drop(ids, recipe.drop_tokens, rng) for ids in tokens_of(texts, tokenizer, recipe.max_tokens)]


def _drop(ids: list[int], chance: float, rng: random.Random) -> list[int]:
    inner = [token for token in ids[1:-1] if rng.random() >= chance]
    return [ids[0], *inner, ids[-1]]


def plan(lengths: Sequence[int], batch_tokens: int, seed: str) -> list[list[int]]:
    """Row numbers of each batch, in the order of training; every row once."""
    rng = random.Random(seed)
    rows = list(range(len(lengths)))
    rng.shuffle(rows)
    mean = max(1, sum(lengths) // max(1, len(lengths)))
    size = max(1, _POOL * batch_tokens // mean)
    batches = [
        batch
        for start in range(0, len(rows), size)
        for batch in _fill(sorted(rows[start : start + size], key=lengths.__getitem__), lengths, batch_tokens)
    ]
    rng.shuffle(batches)
    return batches


def _fill(rows: Sequence[int], lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """Rows in rising length, cut so that rows times longest stays within `batch_tokens`."""
    batches: list[list[int]] = [[]]
    for row in rows:
        if batches[-1] and (len(batches[-1]) + 1) * lengths[row] > batch_tokens:
            batches.append([])
        batches[-1].append(row)
    return batches


def pad(ids: Sequence[Sequence[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, int64 [texts, longest]."""
    longest = max(map(len, ids))
    tensor = torch.full((len(ids), longest), pad_id, dtype=torch.long)
    mask = torch.zeros((len(ids), longest), dtype=torch.long)
    for row, tokens in enumerate(ids):
        tensor[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    return tensor, mask
