"""A bench for training: a data folder, a state folder with a tiny base, and recipes."""

import yaml

from tests.tiny_encoder import write_texts, write_tiny_base

RECIPE = {
    "name": "tiny", "base": "base12", "labelled": ["labelled/real.train.jsonl"], "dev": "labelled/real.dev.jsonl",
    "start_from_means": True, "epochs": 3, "learning_rate": 3.0e-4, "head_rate": 50.0, "batch_tokens": 256, "disturb": 0.0,
}  # fmt: skip


class Bench:
    """A data folder, a state folder with a base, and recipes."""

    def __init__(self, folder):
        self.folder, self.data, self.state = folder, folder / "data", folder / "state"
        write_tiny_base(self.state / "base12")
        write_texts(self.data / "labelled/real.train.jsonl", 400, seed=1)
        write_texts(self.data / "labelled/real.dev.jsonl", 120, seed=2)

    def recipe(self, **changes):
        told = RECIPE | changes
        path = self.folder / f"{told['name']}.yml"
        path.write_text(yaml.safe_dump({name: value for name, value in told.items() if value is not None}))
        return path

    @property
    def places(self):
        return ("--data", self.data, "--state", self.state)


def made(monkeypatch, bench):
    """Let this bench's recipe be the one of the shipped weights."""
    bench.recipe(name="small", pieces=1001, raw="raw", dev=None, epochs=None, learning_rate=None, head_rate=None,
                 start_from_means=None, batch_tokens=None, disturb=None, leave_out=["forbidden"])  # fmt: skip
    (bench.folder / "made.yml").write_text("recipes: [small, tiny]\n")
    write_texts(bench.data / "raw/made.jsonl", 20, seed=5)
    write_texts(bench.data / "raw/synthetic_tickets_multilang.jsonl", 5, seed=6)
    monkeypatch.setattr("nlp.training.made._MADE", bench.folder / "made.yml")
    monkeypatch.setattr("nlp.training.made.RECIPES", bench.folder)
