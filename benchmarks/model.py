"""Speed of the bundled model beside RoBERTa-base through `transformers.pipeline`, on distinct texts.

    python -m benchmarks.model [TEXTS] [RUNS]   # 400 texts, 5 runs: about six minutes of two cores
    python -m benchmarks.model 40 2             # to try it out

Texts are of the real feeds, or generated where the feeds are absent; cleaned, masked, and cut to 192 tokens for all.
RoBERTa-base has random weights, which cost what trained ones cost, and our tokenizer, so that it reads the very same
tokens. It runs at batch 1 and at 32, on a tenth of the texts; the faster counts. Contenders take turns within one
run. Printed: median texts a second and the ratio, the time to load, and int8 beside float32, where
../shared/data/labelled is there with the macro-F1 of both.
"""

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from benchmarks.text import FEEDS, feed_texts, made_texts
from configs.settings import PROJECT
from nlp.evaluation import evaluate, overview
from nlp.figures import Figures
from nlp.model import BUNDLED, Model, load
from nlp.training.data import prepare, read_examples

CUT = 192
BAR, LOAD_BAR, F1_BAR = 15, 1.5, 0.01
DEV = PROJECT.parent / "shared" / "data" / "labelled" / "real.dev.jsonl"
LOAD = (
    "import time; t = time.perf_counter(); from nlp.model import load; load(); print(time.perf_counter() - t)"
)


def chosen_texts(count: int) -> list[str]:
    """So many distinct texts as they are scored, cut to `CUT` tokens."""
    texts = sorted(set(feed_texts(FEEDS) or made_texts(4 * count)))
    random.Random(7).shuffle(texts)
    tokenizer = Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))
    tokenizer.no_truncation()
    cut: dict[str, None] = {}
    for text in texts:
        clean = prepare(text)
        ends = [end for _, end in tokenizer.encode(clean, add_special_tokens=False).offsets[: CUT - 2]]
        if ends:
            cut[clean[: ends[-1]]] = None
        if len(cut) == count:
            break
    return list(cut)


def pipeline() -> Any:  # noqa: ANN401
    """RoBERTa-base for text classification, as `transformers.pipeline` runs it."""
    from transformers import (
        PreTrainedTokenizerFast,
        RobertaConfig,
        RobertaForSequenceClassification,
        TextClassificationPipeline,
    )

    shape = RobertaConfig(vocab_size=50265, max_position_embeddings=514, num_labels=27, type_vocab_size=1)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(BUNDLED / "tokenizer.json"), pad_token="<pad>")
    return TextClassificationPipeline(
        model=RobertaForSequenceClassification(shape).eval(), tokenizer=tokenizer, top_k=None
    )


def contenders(
    ours: Model, exact: Model, texts: Sequence[str]
) -> dict[str, tuple[int, Callable[[], object]]]:
    """Name -> number of texts, and what scores them."""
    # every tenth by length, in random order: as long in the mean as all of them
    few = sorted(texts, key=len)[:: max(1, len(texts) // max(32, len(texts) // 10))]
    random.Random(7).shuffle(few)
    theirs = pipeline()

    def roberta(batch: int) -> Callable[[], object]:
        return lambda: theirs(few, batch_size=batch, truncation=True, max_length=CUT)

    return {
        "ours, int8": (len(texts), lambda: ours.score(texts)),
        "ours, float32 (torch)": (len(texts), lambda: exact.score(texts)),
        "RoBERTa-base, batch 1": (len(few), roberta(1)),
        "RoBERTa-base, batch 32": (len(few), roberta(32)),
    }


def rates(all_of_them: dict[str, tuple[int, Callable[[], object]]], runs: int) -> dict[str, float]:
    """Name -> median texts a second; each takes its turn in every run, after one run that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in all_of_them}
    for _ in range(runs + 1):
        for name, (_, score) in all_of_them.items():
            start = time.perf_counter()
            score()
            seconds[name].append(time.perf_counter() - start)
    return {name: count / statistics.median(seconds[name][1:]) for name, (count, _) in all_of_them.items()}


def load_seconds(runs: int) -> float:
    """Median time to load the model in a new process, imports included."""
    told = [subprocess.run([sys.executable, "-c", LOAD], cwd=PROJECT, capture_output=True, text=True, check=True)
            for _ in range(runs)]  # fmt: skip
    return statistics.median(float(one.stdout) for one in told)


def macro_f1(model: Model) -> float:
    """Of the emotions on `real.dev`, at the shipped thresholds."""
    figures: Figures = overview(evaluate(model, read_examples(DEV)))["emotions"]["tag"]
    return figures.macro.value


def main(count: int = 400, runs: int = 5) -> None:
    """Print the figures."""
    texts = chosen_texts(count)
    ours, exact = load(), load(engine="torch")
    found = rates(contenders(ours, exact, texts), runs)
    tokens = sum(ours.count_tokens(texts)) / len(texts)
    print(
        f"{len(texts)} distinct texts, {tokens:.0f} tokens each, {os.cpu_count()} cores, median of {runs} runs"
    )
    for name, rate in found.items():
        print(f"  {name:<24} {rate:>8.1f} texts/s")
    peer = max(rate for name, rate in found.items() if name.startswith("RoBERTa"))
    print(f"  {found['ours, int8'] / peer:.1f} times the faster of RoBERTa-base's (bar: {BAR})")
    print(f"loads in {load_seconds(runs):.2f} s, imports included (bar: {LOAD_BAR})")
    apart = np.abs(ours.score(texts) - exact.score(texts))
    print(f"int8 beside float32: scores differ by {apart.mean():.4f} in the mean, {apart.max():.3f} at most")
    if DEV.is_file():
        both = macro_f1(ours), macro_f1(exact)
        print(f"  macro-F1 of emotions on real.dev {both[0]:.4f} and {both[1]:.4f} (bar: within {F1_BAR})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
