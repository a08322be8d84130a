"""The error tree, classed by what the caller must do.

    RessentiError
    ├── ConfigError         stop before anything is written; a person fixes it and starts again (exit 2)
    │   └── ModelMismatch   the model folder is not the one that was pinned (exit 2)
    ├── SourceUnavailable   retry; when it stays away, report it and go on with the other sources (exit 1)
    ├── SourcesFailed       at the end of a run: these sources were not read, all others are done (exit 1 or 2)
    ├── StorageError        the database refused or went away; whole chunks only are left (exit 1)
    └── BadRecord           one record can't be accepted: quarantine it and go on

Every message is one sentence that names the place, what was found, what would be accepted and the fix.
"""

from collections.abc import Iterable, Mapping


class RessentiError(Exception):
    """Root of every error that Ressenti raises on purpose.

    Args:
        what: what is wrong, in a few words.
        place: file, line, field or setting where it is wrong.
        found: the value that was found; never personal data.
        accepted: what would be accepted.
        fix: what the reader can do now.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        place: object | None = None,
        found: object | None = None,
        accepted: str | Iterable[object] | None = None,
        fix: str | None = None,
    ) -> None:
        self.what, self.place, self.found, self.fix = what, place, found, fix
        self.accepted = accepted if isinstance(accepted, str | None) else ", ".join(map(str, accepted))
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The facts as one line: place, what, found, accepted, fix."""
        text = f"{self.place}: {self.what}" if self.place is not None else self.what
        if self.found is not None:
            text += f" (found {self.found!r})"
        if self.accepted is not None:
            text += f"; accepted: {self.accepted}"
        return f"{text}; {self.fix}" if self.fix else text


class ConfigError(RessentiError):
    """A setting, a source's description or a command is wrong: nothing was written."""

    exit_code = 2


class ModelMismatch(ConfigError):
    """A model folder has missing, changed or forbidden parts."""


class SourceUnavailable(RessentiError):
    """A source can't be reached or read now; worth a retry."""


class SourcesFailed(RessentiError):
    """Some sources could not be read; every other one is done.

    Args:
        failures: {source: why}.
        run_id: the run that did the others; None when nothing could be read and none began.
    """

    def __init__(self, failures: Mapping[str, RessentiError], run_id: str | None = None) -> None:
        self.failures, self.run_id = dict(failures), run_id
        self.exit_code = max(error.exit_code for error in failures.values())
        super().__init__("; ".join(f"source {name}: {error}" for name, error in failures.items()))


class StorageError(RessentiError):
    """The database can't be reached, is read-only, full, or of another version."""


class BadRecord(RessentiError):
    """One record can't be accepted.

    Args:
        reason: a short code for counting, such as `bad_date`; stored in clear.
        what: the sentence for a person; never personal data.
        field: the column at fault, if one is.
    """

    def __init__(self, reason: str, what: str, *, field: str | None = None) -> None:
        self.reason, self.field = reason, field
        super().__init__(what, place=field)
