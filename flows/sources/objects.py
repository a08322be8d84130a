"""Files in an object store (S3 and what speaks like it, Google Cloud Storage, Azure…), through fsspec.

Each object is fetched into a temporary folder, is read there as a file is, and is deleted before the next one comes.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from configs.errors import ConfigError, RessentiError, SourceUnavailable
from flows.sources.config import FilesConfig
from flows.sources.files import FilePart, FilesReader, belongs
from flows.sources.reader import START, Part, Position
from flows.sources.record import Item

_TAGS = ("ETag", "etag", "md5Hash", "content_md5")  # what stores call a digest of the content
_EXTRAS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}


def is_object(path: str) -> bool:
    """Whether a source's `path` is a URL of an object store, and no path of this machine."""
    return "://" in path


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPart(Part):
    """One object as it was listed. Its key is of its content's digest and the mapping."""

    name: str  # in the store, bucket included
    version: str  # the store's digest of the content; that of our own where it gives none


class ObjectsReader:
    """Reads a source's objects as files are read; arguments as FilesReader takes them.

    Credentials, the region and the address of a store of one's own come from the environment, under the names that
    the store's own tools use (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`…).
    """

    def __init__(self, config: FilesConfig, root: Path, zone: ZoneInfo, key: bytes = b"") -> None:
        self.config = config
        self._files = FilesReader(config, root, zone, key)
        self._folder = tempfile.TemporaryDirectory(prefix="ressenti-object-")
        self._here: tuple[str, str, Path] | None = (
            None  # name, version and local path of the one that is here
        )

    def check(self) -> None:
        """Look at all names and sizes, and into the newest object.

        The others are looked into before the first row of each is read: fetching every one each night would cost
        more than the night.

        Raises:
            SourceUnavailable: not reached, no such object, an empty one.
            ConfigError: no driver, no right, a wrong encoding, an unknown column, sheet or list.
        """
        found = self._listed()
        for info in found:
            if not info["size"] and self.config.format_of(PurePosixPath(info["name"])) != "jsonl":
                place = PurePosixPath(info["name"]).name
                raise SourceUnavailable("the file is empty, without even a header", place=place)
        newest = max(found, key=lambda info: str(info.get("LastModified") or info.get("mtime") or ""))
        self._files.check_file(self._fetched(newest["name"], self._version(newest)))

    def parts(self) -> list[ObjectPart]:
        """The objects as they are now, by name.

        Raises:
            SourceUnavailable, ConfigError: as `check`.
        """
        return [self._part(info) for info in self._listed()]

    def read(self, part: Part, first_seen: datetime, after: Position = START) -> Iterator[Item]:
        """As `FilesReader.read`, of the object; what does not fit the description stops it before its first row.

        Raises:
            SourceUnavailable: the object changed or went away since `parts`.
            ConfigError: as `check`.
        """
        assert isinstance(part, ObjectPart)
        path = self._fetched(part.name, part.version)
        self._files.check_file(path)
        stat = path.stat()
        local = FilePart(
            key=part.key, file=part.file, bytes=stat.st_size, path=path, modified=stat.st_mtime_ns
        )
        yield from self._files.read(local, first_seen, after)

    def _listed(self) -> list[dict[str, Any]]:
        with self._told():
            store, path = self._store()
            store.invalidate_cache()
            if store.isdir(path):
                found = [info for info in store.ls(path, detail=True) if self._belongs(info)]
            else:
                found = list(store.glob(path, detail=True).values())
        found = [info for info in found if info["type"] == "file"]
        if not found:
            fix = f"mend `path` of source {self.config.name}, or put the file there"
            raise SourceUnavailable("no such file", place=self.config.path, fix=fix)
        return sorted(found, key=lambda info: (PurePosixPath(info["name"]).name, info["name"]))

    def _belongs(self, info: dict[str, Any]) -> bool:
        return belongs(self.config, PurePosixPath(info["name"]))

    def _part(self, info: dict[str, Any]) -> ObjectPart:
        version = self._version(info)
        key = hashlib.sha256(f"{version}:{self.config.fingerprint()}".encode()).hexdigest()
        name = str(info["name"])
        return ObjectPart(key=key, file=PurePosixPath(name).name, name=name, version=version)

    def _version(self, info: dict[str, Any]) -> str:
        told = next((str(info[tag]) for tag in _TAGS if info.get(tag)), None)
        if told is not None:
            return told.strip('"')
        with self._told():
            store, _ = self._store()
            with store.open(info["name"], "rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()

    def _fetched(self, name: str, version: str) -> Path:
        """The object's local copy; that of the object before it is deleted."""
        if self._here is not None:
            if self._here[:2] == (name, version):
                return self._here[2]
            self._here[2].unlink(missing_ok=True)
            self._here = None
        path = Path(self._folder.name) / PurePosixPath(name).name
        with self._told():
            store, _ = self._store()
            store.invalidate_cache()
            store.get_file(name, str(path))
            info = store.info(name)
        if self._version(info) != version:
            raise SourceUnavailable("the file changed while it was read", place=path.name, fix="run again")
        self._here = (name, version, path)
        return path

    def _store(self) -> tuple[Any, str]:
        import fsspec

        return fsspec.core.url_to_fs(self.config.path)  # type: ignore[no-any-return]

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What a store's library raises, in our words; each has errors of its own, so all of them are meant."""
        try:
            yield
        except RessentiError:
            raise
        except FileNotFoundError:
            fix = f"mend `path` of source {self.config.name}, or put the file there"
            raise SourceUnavailable("no such file", place=self.config.path, fix=fix) from None
        except (ImportError, ValueError) as error:
            raise self._no_driver(error) from None
        except Exception as error:
            raise self._as_ours(error) from None

    def _no_driver(self, error: Exception) -> ConfigError:
        protocol = self.config.path.split("://", 1)[0]
        extra = _EXTRAS.get(protocol)
        if isinstance(error, ImportError) and extra:
            fix = f"`pip install {extra}`"
            return ConfigError(
                "the store's driver is not installed", place=self.config.path, found=protocol, fix=fix
            )
        accepted = "s3://, gs://, abfs://… that fsspec knows"
        found = " ".join(str(error).split())[:120]
        return ConfigError("the path can't be used", place=self.config.path, found=found, accepted=accepted)

    def _as_ours(self, error: Exception) -> RessentiError:
        kind = type(error).__name__
        if isinstance(error, PermissionError) or "Credentials" in kind or "Forbidden" in kind:
            fix = "set the store's credentials in the environment, with the right to list and to read"
            return ConfigError("the store refused us", place=self.config.path, found=kind, fix=fix)
        fix = "run again when the store is back, or correct its address in the environment"
        return SourceUnavailable("the store can't be reached", place=self.config.path, found=kind, fix=fix)
