"""What stands beside our model: plain methods trained on the very same texts."""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union

from nlp.training.data import Example, Matrix, targets


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
        goal = targets(examples, labels)
        self._models = [
            LogisticRegression(C=4.0, class_weight="balanced", solver="liblinear").fit(found, goal[:, column])
            for column in range(len(labels))
        ]

    def score(self, texts: Sequence[str]) -> Matrix:
        """float32 [texts, labels] in 0..1."""
        found = self._features.transform(texts)
        return np.stack([model.predict_proba(found)[:, 1] for model in self._models], axis=1).astype(
            np.float32
        )
