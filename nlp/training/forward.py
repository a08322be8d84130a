"""The classifier's forward pass, spelt out for training on a processor: same numbers as the model's own, less work.

The head reads only the first token, so the last layer computes only that one (a sixth of the work of 6 layers, forth
and back), and attention is three plain operations, whose backward pass is fast in bfloat16.
"""

from typing import Any, TypeAlias

import torch

# A `BertForSequenceClassification` or a part of one: transformers types them too loosely to be of help.
Classifier: TypeAlias = Any


def best_device() -> torch.device:
    """The GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def logits_of(model: Classifier, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """What `model(ids, mask).logits` gives: [texts, labels].

    Args:
        model: the classifier, in any precision.
        ids: int64 [texts, tokens].
        mask: int64 [texts, tokens], 0 on padding.
    """
    bert = model.bert
    x = bert.embeddings(input_ids=ids)
    hidden_places = (1 - mask)[:, None, None, :].to(x.dtype) * torch.finfo(x.dtype).min
    *layers, last = bert.encoder.layer
    for layer in layers:
        x = _layer(layer, x, x, hidden_places)
    x = _layer(last, x, x[:, :1], hidden_places)
    pooled = bert.pooler(x)
    logits: torch.Tensor = model.classifier(model.dropout(pooled))
    return logits


def _layer(
    layer: Classifier, x: torch.Tensor, asked: torch.Tensor, hidden_places: torch.Tensor
) -> torch.Tensor:
    """One encoder layer over `x` [texts, tokens, hidden], computed for the tokens `asked` [texts, some, hidden]."""
    attention = layer.attention.self
    heads, size = attention.num_attention_heads, attention.attention_head_size

    def split(part: torch.Tensor) -> torch.Tensor:
        return part.view(len(part), -1, heads, size).transpose(1, 2)

    query = split(attention.query(asked) * size**-0.5)
    key, value = split(attention.key(x)), split(attention.value(x))
    weights = torch.softmax(query @ key.transpose(-1, -2) + hidden_places, dim=-1)
    seen = (weights @ value).transpose(1, 2).reshape(asked.shape)
    attended = layer.attention.output(seen, asked)
    out: torch.Tensor = layer.output(layer.intermediate(attended), attended)
    return out
