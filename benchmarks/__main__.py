"""Run every benchmark: `make bench`. Each can be run alone: `python -m benchmarks.NAME --help`."""

import importlib

from configs.settings import PROJECT

NAMES = ("nightly", "text", "redaction", "language")


def main() -> None:
    """All of them, one after the other, with what they print."""
    labelled = PROJECT.parent / "shared" / "data" / "labelled"
    for name in NAMES:
        print(f"\n## {name}\n")
        module = importlib.import_module(f"benchmarks.{name}")
        if name == "language":
            module.main(labelled)
        else:
            module.main()


if __name__ == "__main__":
    main()
