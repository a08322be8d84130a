"""Fine-tune an encoder on labelled texts (and on a teacher's view of unlabelled ones): one loop for every recipe.

Speed on a processor decided its form. Weights and activations are bfloat16 (the matrix units of recent processors
do 2.7 times the work of float32) beside float32 master copies that the optimiser moves; attention is spelt out
(`forward.py`), because the backward pass of the fused one is 10 times slower there; nothing is dropped out inside
(drawing random numbers took 30 % of a step), tokens are left out instead.
"""

import logging
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import BertForSequenceClassification

from nlp.training.batches import Items, epoch_tokens, pad, plan, tokens_of
from nlp.training.forward import Classifier, best_device, logits_of
from nlp.training.recipe import Recipe
from nlp.training.tokens import TextTokenizer

log = logging.getLogger(__name__)


def build_model(base: Path, recipe: Recipe) -> Classifier:
    """The base with only the recipe's layers, a pooler and a head; both start at random, by the seed."""
    torch.manual_seed(recipe.seed)
    model = BertForSequenceClassification.from_pretrained(
        base,
        id2label=dict(enumerate(recipe.columns)),
        label2id={label: index for index, label in enumerate(recipe.columns)},
        problem_type="multi_label_classification",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.1,
        attn_implementation="eager",
    )
    if recipe.layers is not None:
        kept = [model.bert.encoder.layer[index] for index in recipe.layers]
        model.bert.encoder.layer = torch.nn.ModuleList(kept)
        model.config.num_hidden_layers = len(kept)
    return model


def weighted_loss(
    logits: torch.Tensor, goal: torch.Tensor, pos: torch.Tensor, neg: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy a label, weighted; every tensor float32 [texts, labels]. The mean over texts and labels."""
    softplus = torch.nn.functional.softplus
    return (pos * goal * softplus(-logits) + neg * (1 - goal) * softplus(logits)).mean()


class Loop:
    """One training run: model, float32 masters, optimiser and where it stands; on the GPU where there is one."""

    def __init__(self, model: Classifier, recipe: Recipe, items: Items, tokenizer: TextTokenizer) -> None:
        self.device = best_device()
        self.model = model.to(self.device, torch.bfloat16).train()
        self.recipe, self.items, self.tokenizer = recipe, items, tokenizer
        self.pad_id: int = model.config.pad_token_id
        named = list(model.named_parameters())
        if recipe.embedding_rate == 0:
            model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        self.names = [name for name, parameter in named if parameter.requires_grad]
        self.parameters = [parameter for _, parameter in named if parameter.requires_grad]
        self.masters = [parameter.detach().float().clone() for parameter in self.parameters]
        self.optimiser = torch.optim.AdamW(self._groups(), fused=True, betas=(0.9, 0.98), eps=1e-6)
        self.step = 0

    def _groups(self) -> list[dict[str, object]]:
        """One optimiser group a tensor: its peak rate by where it stands, no decay for biases and norms."""
        groups: list[dict[str, object]] = []
        for name, master in zip(self.names, self.masters, strict=True):
            rate = self.recipe.learning_rate
            if "word_embeddings" in name:
                rate *= self.recipe.embedding_rate
            elif name.startswith("bert.pooler"):
                rate *= self.recipe.pooler_rate
            elif name.startswith("classifier"):
                rate *= self.recipe.head_rate
            decay = self.recipe.weight_decay if master.ndim > 1 and "embeddings" not in name else 0.0
            groups.append({"params": [master], "lr": rate, "peak": rate, "weight_decay": decay})
        return groups

    def learn(self, rows: list[int], ids: list[list[int]], progress: float) -> float:
        """One step on these rows; `progress` (0..1) sets the rate. Returns the loss."""
        # The head's dropout draws from the seed and the step alone: a run that goes on draws as one never stopped.
        torch.manual_seed(1_000_003 * self.recipe.seed + self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * rate_at(progress, self.recipe.warmup)
        tokens, mask = (part.to(self.device) for part in pad([ids[row] for row in rows], self.pad_id))
        logits = logits_of(self.model, tokens, mask).float()
        goal, pos, neg = (
            torch.from_numpy(part[rows]).to(self.device)
            for part in (self.items.targets, self.items.positive, self.items.negative)
        )
        loss = weighted_loss(logits, goal, pos, neg)
        torch.autograd.backward(loss)
        self._move()
        self.step += 1
        return float(loss.detach())

    def _move(self) -> None:
        """Bring the gradients to the masters, move them, and bring them back to the model."""
        for parameter, master in zip(self.parameters, self.masters, strict=True):
            master.grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters, 1.0)
        self.optimiser.step()
        with torch.no_grad():
            for parameter, master in zip(self.parameters, self.masters, strict=True):
                parameter.copy_(master)

    def finished(self) -> Classifier:
        """The model in float32 with the masters' weights, ready to be saved."""
        model = self.model.float().eval()
        with torch.no_grad():
            for parameter, master in zip(self.parameters, self.masters, strict=True):
                parameter.copy_(master)
        return model.cpu()

    def save(self, folder: Path) -> None:
        """Write a checkpoint; a kill while writing leaves the one before it."""
        tensors: dict[str, torch.Tensor] = {}
        for name, master in zip(self.names, self.masters, strict=True):
            state = self.optimiser.state[master]
            tensors |= {
                f"{name}:master": master,
                f"{name}:mean": state["exp_avg"],
                f"{name}:square": state["exp_avg_sq"],
            }
        folder.mkdir(parents=True, exist_ok=True)
        told = {"step": str(self.step), "recipe": self.recipe.model_dump_json()}
        save_file(tensors, folder / "checkpoint.tmp", metadata=told)
        (folder / "checkpoint.tmp").replace(folder / "checkpoint.safetensors")

    def restore(self, folder: Path) -> None:
        """Go on from a checkpoint, where there is one; says so where it was written by another form of the recipe."""
        checkpoint = folder / "checkpoint.safetensors"
        if not checkpoint.exists():
            return
        tensors = load_file(checkpoint)
        with safe_open(checkpoint, "pt") as opened:
            told = opened.metadata()
        self.step = int(told["step"])
        if told.get("recipe") != self.recipe.model_dump_json():
            log.warning("%s: the recipe has changed since; remove the file to begin anew", checkpoint)
        with torch.no_grad():
            for name, parameter, master in zip(self.names, self.parameters, self.masters, strict=True):
                parameter.copy_(master.copy_(tensors[f"{name}:master"]))
                self.optimiser.state[master] = {
                    "step": torch.tensor(float(self.step), device=self.device),
                    "exp_avg": tensors[f"{name}:mean"].to(self.device),
                    "exp_avg_sq": tensors[f"{name}:square"].to(self.device),
                }


def rate_at(progress: float, warmup: float) -> float:
    """One cycle: the rate's share of its peak, climbing straight and falling as a cosine to nothing."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def run(loop: Loop, folder: Path, watch: Callable[[Loop], str], *, minutes_between: float = 5.0) -> None:
    """Train to the recipe's end, from the checkpoint in `folder` where there is one.

    Args:
        loop: what is trained.
        folder: where checkpoints go; git-ignored.
        watch: called at every epoch's end; its words are logged.
        minutes_between: a checkpoint at least so often.

    Raises:
        KeyboardInterrupt: after Ctrl-C, once the step is done and a checkpoint written.
    """
    loop.restore(folder)
    done, epoch, saved = 0, 0, time.monotonic()
    kept = 1 - loop.recipe.drop_tokens
    lengths = [
        int(kept * len(ids)) for ids in tokens_of(loop.items.texts, loop.tokenizer, loop.recipe.max_tokens)
    ]
    total = round(loop.recipe.epochs * len(plan(lengths, loop.recipe.batch_tokens, "size")))
    with _bar(loop.recipe.name, total) as advance, _interrupts() as interrupted:
        while done < total:
            ids = epoch_tokens(loop.items, loop.tokenizer, loop.recipe, epoch)
            batches = plan(list(map(len, ids)), loop.recipe.batch_tokens, f"{loop.recipe.seed}/{epoch}")
            for rows in batches[: total - done]:
                if done >= loop.step:
                    advance(
                        loop.learn(rows, ids, done / total), sum(len(ids[row]) for row in rows), loop.step
                    )
                    if interrupted() or time.monotonic() - saved > 60 * minutes_between:
                        loop.save(folder)
                        saved = time.monotonic()
                    if interrupted():
                        raise KeyboardInterrupt
                done += 1
            epoch += 1
            if done >= loop.step:
                log.info("%s epoch %d: %s", loop.recipe.name, epoch, watch(loop))
    loop.save(folder)


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Asks whether Ctrl-C was pressed: it waits for the step's end, as a checkpoint must not hold half of one."""
    if threading.current_thread() is not threading.main_thread():  # signals go to the main thread only
        yield lambda: False
        return
    pressed = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[float, int, int], None]]:
    """A progress bar when a terminal looks on, else a log line every 50 steps."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=total)
        losses: list[float] = []
        tokens, start = 0, time.monotonic()

        def advance(loss: float, count: int, step: int) -> None:
            nonlocal tokens
            losses.append(loss)
            tokens += count
            mean, rate = float(np.mean(losses[-50:])), tokens / (time.monotonic() - start)
            progress.update(task, completed=step, description=f"{name} loss {mean:.4f}, {rate:.0f} tokens/s")
            if step % 50 == 0:
                log.info("%s step %d of %d: loss %.4f, %.0f tokens/s", name, step, total, mean, rate)

        yield advance
