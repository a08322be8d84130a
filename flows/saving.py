"""Files that the program writes for people: whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from configs.errors import RessentiError


@contextlib.contextmanager
def saved(file: Path) -> Iterator[TextIO]:
    """A text file to write into, in UTF-8, readable by its owner alone; it takes its name when the block ends well.

    Raises:
        RessentiError: the folder can't be written, or the disk is full; nothing is left of it.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
                yield stream
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RessentiError(
            "the file can't be written",
            place=file,
            found=error.strerror,
            fix="free some room or name another place",
        ) from error
