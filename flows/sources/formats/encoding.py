"""Is a text file written as its description says? If not, which encoding would fit?"""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from charset_normalizer import from_bytes

from configs.errors import ConfigError, SourceUnavailable

# What exports of this continent are written in: free guessing takes short French texts for Baltic ones.
_CANDIDATES = ["utf_8", "cp1252", "mac_roman", "cp850", "utf_16"]
_CHUNK = 2**20


@contextmanager
def open_text(file: Path, encoding: str) -> Iterator[TextIO]:
    """The file's physical lines, each with its end; bytes that don't fit survive as lone surrogates.

    Lines end at LF, or at CR in a file that has no LF. A BOM is dropped.
    """
    try:
        newline = "\n" if _has_line_feed(file) else "\r"
        name = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        with file.open(encoding=name, errors="surrogateescape", newline=newline) as stream:
            yield stream
    except OSError as error:
        raise SourceUnavailable(
            "the file can't be read", place=file.name, found=error.strerror, fix="check its rights"
        ) from None
    except UnicodeDecodeError:
        raise _wrong_encoding(file, encoding, 0, _head(file)) from None


def check_encoding(file: Path, encoding: str) -> None:
    """Read the whole file once, in chunks of 1 MiB.

    A few lines that don't fit are rows for the quarantine; a file that mostly doesn't fit stops its source.

    Raises:
        ConfigError: an unknown encoding, or one in which the file is not written; it says which would fit.
        SourceUnavailable: the file is empty or can't be opened.
    """
    try:
        decoder = codecs.lookup(encoding)
    except LookupError:
        raise ConfigError(
            "unknown encoding", place=file.name, found=encoding, accepted="utf-8, cp1252, latin-1, utf-16…"
        ) from None
    if decoder.name.startswith("utf-16") or decoder.name.startswith("utf-32"):
        with open_text(file, encoding) as stream:
            for _ in stream:
                pass
        return
    if not _fits(file, decoder):
        _refuse_when_mostly_bad(file, encoding)
    if b"\0" in _head(file).split(b"\n", 1)[0]:
        raise _wrong_encoding(file, encoding, 1, _head(file))


def _fits(file: Path, codec: codecs.CodecInfo) -> bool:
    decoder = codec.incrementaldecoder("strict")
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except OSError as error:
        raise SourceUnavailable("the file can't be read", place=file.name, found=error.strerror) from None
    return True


def _refuse_when_mostly_bad(file: Path, encoding: str) -> None:
    lines, accented, bad, first, sample = 0, 0, 0, 0, b""
    with file.open("rb") as stream:
        for line in stream:
            lines += 1
            if line.isascii():
                continue
            accented += 1
            if _bad(line, encoding):
                bad, first = bad + 1, first or lines
                sample += line if len(sample) < 2**16 else b""
    # One bad byte in a small file is a bad row; a file of another encoding fails wherever it has an accent.
    if first == 1 or (bad >= 2 and bad > accented / 2 and bad >= lines / 100):
        raise _wrong_encoding(file, encoding, first, sample)


def _bad(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return True
    return False


def _wrong_encoding(file: Path, encoding: str, line: int, sample: bytes) -> ConfigError:
    place = f"{file.name}:{line}" if line else file.name
    fitting = guess_encoding(sample)
    fix = f"it reads as {fitting}: set `format: {{encoding: {fitting}}}`" if fitting else "name its encoding"
    return ConfigError("not written in the declared encoding", place=place, found=encoding, fix=fix)


def guess_encoding(sample: bytes) -> str | None:
    """The encoding in which some bytes (at most 64 KiB are looked at) read best, or None."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in sample[:200]:
        return "utf-16" if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-16-le"
    best = from_bytes(sample[: 2**16], cp_isolation=_CANDIDATES).best()
    return best.encoding.replace("_", "-") if best else None


def _has_line_feed(file: Path) -> bool:
    """Reads on to the first one: a line of JSON may be megabytes long."""
    with file.open("rb") as stream:
        return any(b"\n" in chunk for chunk in iter(lambda: stream.read(_CHUNK), b""))


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_CHUNK)
