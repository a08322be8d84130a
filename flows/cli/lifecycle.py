"""`ressenti erase`, `ressenti access`, `ressenti retention`: what is kept and how long, and one customer's rights."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import Config, SourceNames

if TYPE_CHECKING:
    from flows.lifecycle.erasing import Erased

Reference = Annotated[
    str,
    typer.Argument(
        metavar="CUSTOMER_REF",
        help="The customer as the source writes them; - reads it from standard input, which leaves no trace in the "
        "shell's history.",
        show_default=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would go; erase nothing.")]


def erase(
    reference: Reference, source: SourceNames = None, dry_run: DryRun = False, config: Config = None
) -> None:
    """Erase a customer: feedback with all that was made of it, follow-ups, records in quarantine.

    A proof stays that says nothing of who it was, and what is delivered again is not stored again. Exports lose the
    customer with the next `ressenti export`; backups and PostgreSQL's write-ahead log are yours to clear.
    """
    from flows.lifecycle.erasing import erase_customer
    from flows.workspace import open_database

    with open_database(config) as work:
        done = erase_customer(work, _told(reference), source or (), dry_run=dry_run)
    for line in _lines(done, dry_run=dry_run):
        typer.echo(line)


def access(
    reference: Reference,
    source: SourceNames = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; standard output if not given.", show_default=False),
    ] = None,
    config: Config = None,
) -> None:
    """Say what is held on a customer, as JSON: texts, what was said of them, follow-ups, quarantine.

    Records in quarantine are opened for it: personal data may show on your terminal.
    """
    from flows.lifecycle.access import access as held
    from flows.saving import saved
    from flows.workspace import open_database

    with open_database(config) as work:
        told = held(work, _told(reference), source or ())
    if out is None:
        typer.echo(told)
        return
    with saved(out) as stream:
        stream.write(told + "\n")
    typer.echo(f"wrote {out}")


def retention(dry_run: DryRun = False, config: Config = None) -> None:
    """Erase feedback whose customer was last heard of as long ago as its source's retention says.

    Killed, it leaves whole feedback only; the next one goes on.
    """
    from flows.lifecycle.retention import expire, overdue
    from flows.versions import person
    from flows.workspace import open_database

    with open_database(config) as work:
        if not dry_run:
            gone = expire(work, by=person())
            traces = "; files of the database keep traces of it until `ressenti db compact`" if gone else ""
            typer.echo(f"erased {_counted(gone)}{traces}")
            return
        for kept in overdue(work):
            until = f"last contact on {kept.last_day} or before" if kept.last_day else "nothing is due"
            typer.echo(
                f"{kept.source}\t{kept.period}\t{until}\tfeedback {kept.feedback:,}\tquarantine {kept.quarantine:,}"
            )


def _told(reference: str) -> str:
    if reference != "-":
        return reference
    import sys

    return sys.stdin.readline()


def _lines(done: "Erased", *, dry_run: bool) -> list[str]:
    if not done.counts:
        lines = ["nothing is held on this customer in these sources"]
    elif dry_run:
        lines = [f"would erase {_counted(done.counts)}"]
    else:
        numbers = ", ".join(map(str, done.proofs))
        lines = [
            f"erased {_counted(done.counts)}; {done.seconds:.2f} s; proof {numbers} in the table erasure",
            done.left or "no file of the database holds it any more",
            "left to you: backups, PostgreSQL's write-ahead log, exports until `ressenti export` runs again",
        ]
    if done.sealed_otherwise:
        lines.append(
            f"{done.sealed_otherwise} records in quarantine are sealed with another key: run again with that one"
        )
    if done.other_keys:
        keys = ", ".join(done.other_keys)
        lines.append(f"some customers are known by other keys ({keys}): run again with those")
    return lines


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{table} {n:,}" for table, n in sorted(counts.items()) if n) or "nothing"
