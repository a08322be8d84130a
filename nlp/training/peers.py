"""What stands beside our model: plain methods that learnt from the very same texts, and a lexicon.

Every peer scores texts in 0..1 by labels of ours, so that it is measured as our model is.
"""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from tokenizers import Tokenizer
from transformers import BertModel

from configs.errors import ConfigError
from configs.taxonomy import load_taxonomy
from nlp.evaluation import Scorer, logit
from nlp.thresholds import Thresholds
from nlp.training.batches import pad, plan, tokens_of
from nlp.training.calibrate import fit_affine, fit_thresholds
from nlp.training.data import Example, Matrix, read_examples, targets
from nlp.training.forward import best_device
from nlp.training.gather import labelled_examples
from nlp.training.progress import bar
from nlp.training.recipe import Recipe
from nlp.training.runs import find_base

FROZEN_BASE = "base12"
_ENCODER_TOKENS = 128  # where most texts end: a peer is worth minutes, not an hour
_ENCODER_BATCH = 8192
# FEEL's emotions that mean one of ours; of its sixth, disgust, we have no label.
_FEEL = {
    "joy": "joy",
    "fear": "anxiety",
    "sadness": "disappointment",
    "anger": "anger",
    "surprise": "surprise",
}
NAMES = {
    "tfidf": "TF-IDF and logistic regression",
    "frozen": "frozen embeddings of the base (first 128 tokens) and logistic regression",
    "lexicon": "FEEL, a French lexicon",
}


def open_peers(
    names: Iterable[str], *, recipe: Recipe, data: Path, state: Path, lexicon: Path | None = None
) -> "dict[str, Fitted]":
    """Peers by what they are, fitted on the recipe's dev as our model is.

    Args:
        names: which ones, of `NAMES`.
        recipe: names the labelled texts that they learn from, and dev.
        data: the folder that the recipe's file names start from.
        state: where bases stand, and peers' scores are kept.
        lexicon: the word list, for the peer of this name.

    Raises:
        ConfigError: no such peer, or what it needs is not there.
    """
    wanted = list(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in NAMES]:
        raise ConfigError("no such peer", place="--peer", found=unknown[0], accepted=NAMES)
    learners = [name for name in wanted if name != "lexicon"]
    dev = read_examples(data / recipe.dev)
    examples = labelled_examples(recipe, data) if learners else []
    known, labels = [(example.text, sorted(example.labels)) for example in examples], recipe.columns

    def learn(name: str) -> Scorer:
        if name == "tfidf":
            return TfidfPeer(examples, labels)
        return FrozenPeer(examples, labels, find_base(FROZEN_BASE, state))

    peers: dict[str, Scorer] = {
        name: Kept(name, labels, partial(learn, name), known, state / "peers") for name in learners
    }
    if "lexicon" in wanted:
        if lexicon is None:
            raise ConfigError("no word list", place="--lexicon", accepted="a file as FEEL comes")
        peers["lexicon"] = LexiconPeer(lexicon)
    return {NAMES[name]: Fitted(peers[name], dev) for name in wanted}


class _OneByOne:
    """The same classifier learnt for each label by itself; a label that no text carries scores 0."""

    def __init__(self, classifier: Any, found: Any, goal: Matrix) -> None:  # noqa: ANN401
        self._learnt = []
        with bar("learning labels", goal.shape[1]) as advance:
            for column in goal.T:
                fits = column.any() and not column.all()
                self._learnt.append(clone(classifier).fit(found, column) if fits else None)
                advance(1)

    def __call__(self, found: Any) -> Matrix:  # noqa: ANN401
        """float32 [texts, labels] in 0..1."""
        nothing = np.zeros(found.shape[0])
        scores = [one.predict_proba(found)[:, 1] if one else nothing for one in self._learnt]
        return np.stack(scores, axis=1).astype(np.float32)


class TfidfPeer:
    """TF-IDF of words (1 to 2) and characters (3 to 5) with one logistic regression a label."""

    def __init__(self, examples: Sequence[Example], labels: tuple[str, ...]) -> None:
        """Learn from labelled texts; about three minutes of one core on 14,000 of them."""
        self.labels = labels
        self._features = make_union(
            TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, strip_accents="unicode"),
            TfidfVectorizer(
                analyzer="char_wb", ngram_range=(3, 5), min_df=5, sublinear_tf=True, max_features=150_000
            ),
        )
        found = self._features.fit_transform([example.text for example in examples])
        regression = LogisticRegression(C=4.0, class_weight="balanced", solver="liblinear")
        self._labels = _OneByOne(regression, found, targets(examples, labels))

    def score(self, texts: Sequence[str]) -> Matrix:
        """float32 [texts, labels] in 0..1."""
        return self._labels(self._features.transform(texts))


class FrozenPeer:
    """A base encoder left as it is: the mean of its last layer, with one logistic regression a label."""

    def __init__(self, examples: Sequence[Example], labels: tuple[str, ...], base: Path) -> None:
        """Learn from labelled texts; `base` is a folder with an encoder of the E5 kind and its tokenizer."""
        self.labels, self._base = labels, base
        found = self._embeddings([example.text for example in examples])
        regression = LogisticRegression(C=0.05, class_weight="balanced", max_iter=500)
        self._labels = _OneByOne(
            make_pipeline(StandardScaler(), regression), found, targets(examples, labels)
        )

    @torch.inference_mode()
    def _embeddings(self, texts: Sequence[str]) -> Matrix:
        """float32 [texts, hidden]."""
        encoder: Any = BertModel.from_pretrained(self._base, add_pooling_layer=False)
        encoder = encoder.to(best_device(), torch.bfloat16).eval()
        tokenizer = Tokenizer.from_file(str(self._base / "tokenizer.json"))
        # "query: " stood before every text that E5 was trained on
        ids = tokens_of([f"query: {text}" for text in texts], tokenizer, _ENCODER_TOKENS)
        found = np.zeros((len(texts), encoder.config.hidden_size), np.float32)
        with bar("embedding texts", len(texts)) as advance:
            for rows in plan(list(map(len, ids)), _ENCODER_BATCH, "embed"):
                tokens, mask = (
                    part.to(encoder.device)
                    for part in pad([ids[row] for row in rows], encoder.config.pad_token_id)
                )
                hidden = encoder(input_ids=tokens, attention_mask=mask).last_hidden_state.float()
                weights = mask[:, :, None].float()
                found[rows] = ((hidden * weights).sum(1) / weights.sum(1)).cpu().numpy()
                advance(len(rows))
        return found

    def score(self, texts: Sequence[str]) -> Matrix:
        """float32 [texts, labels] in 0..1."""
        return self._labels(self._embeddings(texts))


class LexiconPeer:
    """A word list that says which emotions a word goes with, such as FEEL (French); it learns nothing.

    A text's score for a label is n / (n + 1), n being how many of its words go with it.
    """

    def __init__(self, file: Path) -> None:
        """Read a list as FEEL comes: columns `word`, `joy`, `fear`, `sadness`, `anger`, `surprise`, parted by `;`.

        Raises:
            ConfigError: the file cannot be read or lacks a column.
        """
        present = set(_FEEL.values())
        self.labels = tuple(label for label in load_taxonomy().ids if label in present)
        try:
            self._words = _lexicon(file)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ConfigError("the lexicon cannot be read", place=file, found=str(error)) from None

    def score(self, texts: Sequence[str]) -> Matrix:
        """float32 [texts, labels] in 0..1."""
        counts = np.zeros((len(texts), len(self.labels)), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", _folded(text)):
                for label in self._words.get(word, ()):
                    counts[row, self.labels.index(label)] += 1
        return np.asarray(counts / (counts + 1), np.float32)


def _lexicon(file: Path) -> dict[str, list[str]]:
    """Each word's labels; `|` parts the forms of one word."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, delimiter=";")
        wanted = ("word", *_FEEL)
        if not set(wanted) <= set(rows.fieldnames or ()):
            raise ConfigError("columns are missing", place=file, found=rows.fieldnames, accepted=wanted)
        found = {row["word"]: [label for name, label in _FEEL.items() if row[name] == "1"] for row in rows}
    return {_folded(form): labels for word, labels in found.items() if labels for form in word.split("|")}


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")


class Kept:
    """A peer that learns when first asked and keeps its scores in a folder, as learning takes minutes."""

    def __init__(
        self, name: str, labels: tuple[str, ...], learn: Callable[[], Scorer], known: object, folder: Path
    ) -> None:
        """`known` is what it learns from: it stands in the name of what is kept."""
        self.labels, self._learn, self._folder = labels, learn, folder
        self._name, self._known = name, known
        self._learnt: Scorer | None = None

    def score(self, texts: Sequence[str]) -> Matrix:
        """float32 [texts, labels] in 0..1."""
        key = hashlib.sha256(repr((self._known, self.labels, list(texts))).encode()).hexdigest()[:16]
        file = self._folder / f"{self._name}-{key}.npy"
        if not file.exists():
            self._learnt = self._learnt or self._learn()
            self._folder.mkdir(parents=True, exist_ok=True)
            np.save(file, self._learnt.score(texts))
        return np.asarray(np.load(file), np.float32)


class Fitted:
    """A peer calibrated and cut on labelled texts that it did not learn from, as our model is on dev."""

    def __init__(self, peer: Scorer, dev: Sequence[Example]) -> None:
        self.labels, self._peer = peer.labels, peer
        goal = targets(dev, load_taxonomy().ids)[:, [load_taxonomy().ids.index(one) for one in peer.labels]]
        logits = logit(peer.score([example.text for example in dev]).astype(np.float64))
        self._affine = fit_affine(logits, goal.astype(np.float64))
        self.thresholds: Thresholds = fit_thresholds(
            self._affine(logits), goal.astype(np.float64), peer.labels
        )

    def score(self, texts: Sequence[str]) -> Matrix:
        """float32 [texts, labels] in 0..1."""
        return self._affine(logit(self._peer.score(texts).astype(np.float64))).astype(np.float32)
