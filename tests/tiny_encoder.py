"""An encoder of a few thousand weights with a tokenizer of its own, and labelled texts that it can learn."""

import json
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
FILLERS = (
    "le",
    "colis",
    "service",
    "magasin",
    "commande",
    "hier",
    "avec",
    "pour",
    "mon",
    "achat",
    "the",
    "order",
)
# What each label's texts say; a text of several labels says all of it.
CUES = {
    "joy": ("ravi", "content"),
    "anger": ("furieux", "honte"),
    "gratitude": ("merci", "thanks"),
    "unresolved": ("toujours", "still"),
    "quality": ("cassé", "broken"),
    "experience": ("injoignable", "unreachable"),
}


def write_tiny_base(folder: Path) -> Path:
    """A base as `ressenti model train` starts from: a BERT of two layers, with its tokenizer."""
    folder.mkdir(parents=True)
    words = [
        f"▁{word}" for word in (*FILLERS, *(cue for cues in CUES.values() for cue in cues), "query", ":")
    ]
    pieces = [*SPECIAL, "▁", *words, *"abcdefghijklmnopqrstuvwxyzéè"]
    made = Tokenizer(models.Unigram([(piece, -float(place)) for place, piece in enumerate(pieces)], unk_id=3))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", cls_token="<s>", eos_token="</s>", sep_token="</s>",
        pad_token="<pad>", unk_token="<unk>", mask_token="<mask>",
    )  # fmt: skip
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=400, pad_token_id=1,
    )  # fmt: skip
    model = BertModel(config, add_pooling_layer=False)
    torch.nn.init.normal_(
        model.embeddings.word_embeddings.weight
    )  # words that differ are learnt in a few steps
    model.save_pretrained(folder)
    return folder


def write_texts(path: Path, count: int, seed: int, **more: str) -> Path:
    """Labelled texts, one JSON object a line; `more` stands in every one."""
    rng = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as lines:
        for number in range(count):
            labels = [label for label in CUES if rng.random() < 0.3]
            words = rng.sample(FILLERS, 2) + [rng.choice(CUES[label]) for label in labels]
            rng.shuffle(words)
            record = {"id": f"{seed}-{number}", "text": " ".join(words), "lang": rng.choice(("fr", "en")),
                      "channel": "review", "source": "made", "labels": labels, **more}  # fmt: skip
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path
