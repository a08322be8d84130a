"""Let the last layer start as what it has to become: the mean of all tokens, gathered on the first one.

The head of a standard BERT classifier reads the first token. In an encoder that was trained on means (E5), that token
is a sink that holds next to nothing, and learning to gather there takes a run most of its time. So the last layer is
set, before training, to attend evenly, to carry what it sees, and to standardise it; from there on every weight of it
is free.
"""

import torch

from nlp.training.batches import pad, tokens_of
from nlp.training.forward import Classifier, logits_of
from nlp.training.tokens import TextTokenizer

_LOUDNESS = 8.0  # of the mean, beside what the first token held itself
_SAMPLE = 384


@torch.no_grad()
def start_from_means(model: Classifier, texts: list[str], tokenizer: TextTokenizer) -> None:
    """Set the last layer of a float32 model so, and begin its head anew.

    Args:
        model: the classifier.
        texts: what the standard values are taken from; the first few hundred are read.
        tokenizer: the model's.
    """
    last = model.bert.encoder.layer[-1]
    _gather_evenly(last)
    seen: list[torch.Tensor] = []
    norm = last.attention.output.LayerNorm
    hook = norm.register_forward_hook(lambda _module, _inputs, output: seen.append(output[:, 0]))
    ids, mask = pad(tokens_of(texts[:_SAMPLE], tokenizer, 96), model.config.pad_token_id)
    model.eval()
    for start in range(0, len(ids), 64):
        logits_of(model, ids[start : start + 64], mask[start : start + 64])
    hook.remove()
    spread, mean = torch.std_mean(torch.cat(seen), dim=0)
    norm.weight.copy_(1 / spread.clamp_min(1e-3))
    norm.bias.copy_(-mean / spread.clamp_min(1e-3))
    pooler = model.bert.pooler.dense
    pooler.weight.normal_(0, 0.02).add_(0.5 * torch.eye(len(pooler.weight)))
    pooler.bias.zero_()
    model.classifier.weight.normal_(0, 0.02)
    model.classifier.bias.zero_()


def _gather_evenly(last: Classifier) -> None:
    """Even attention, values passed on as they are, nothing added by the feed-forward part."""
    attention, out = last.attention.self, last.attention.output.dense
    for module in (attention.query, attention.value, out, last.output.dense):
        module.weight.zero_()
        module.bias.zero_()
    attention.value.weight.fill_diagonal_(1.0)
    out.weight.fill_diagonal_(_LOUDNESS)
    for norm in (last.attention.output.LayerNorm, last.output.LayerNorm):
        norm.weight.fill_(1.0)
        norm.bias.zero_()
