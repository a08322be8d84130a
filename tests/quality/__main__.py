"""`python -m tests.quality [CAPABILITY]`: the bundled model's pass rates in Markdown, or a capability's failures."""

import sys

from nlp.model import load
from tests.quality.judge import WHAT, judge, table
from tests.quality.pairs import pairs


def main(capability: str | None) -> str:
    judged = judge(load(), list(pairs()))
    if capability is None:
        return table(judged)
    if capability not in WHAT:
        return f"no such capability; there are: {', '.join(WHAT)}"
    failed = [one for one in judged if one.pair.capability == capability and not one.passed]
    return "\n\n".join(
        f"{sorted(one.first)} {one.pair.first}\n{sorted(one.second)} {one.pair.second}" for one in failed
    )


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1] if len(sys.argv) > 1 else None) + "\n")
