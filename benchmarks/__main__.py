"""Run every benchmark: `make bench`. One: `python -m benchmarks NAME`; with its size: `python -m benchmarks.NAME`.

Those over a million feedback take an hour and are run by name only: `million`, `bi`, `erasure`.
"""

import importlib
import sys

from configs.settings import PROJECT

NAMES = ("model", "nightly", "writing", "reprocess", "text", "redaction", "language")


def main() -> None:
    """Those named, or all of them, one after the other, with what they print."""
    labelled = PROJECT.parent / "shared" / "data" / "labelled"
    for name in sys.argv[1:] or NAMES:
        print(f"\n## {name}\n")
        module = importlib.import_module(f"benchmarks.{name}")
        if name == "language":
            module.main(labelled)
        else:
            module.main()


if __name__ == "__main__":
    main()
