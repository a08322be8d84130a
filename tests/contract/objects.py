"""The contract's records as a CSV in an object store: fsspec's own in memory, and an S3 server that speaks HTTP."""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path

import fsspec

from flows.sources.registry import parse_source, reader

_BUCKET = "feeds"


@cache
def s3_server() -> str:
    """Address of a real HTTP server that answers as S3 does (moto's server), one for the session."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://127.0.0.1:{port}" if host in ("0.0.0.0", "127.0.0.1") else f"http://{host}:{port}"
    use(address)
    fsspec.filesystem("s3").mkdir(_BUCKET)
    return address


def use(address: str) -> None:
    os.environ |= {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "key-of-the-tests",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def _prefix(protocol: str, folder: Path) -> str:
    """A place of its own for each test."""
    return f"{protocol}://{_BUCKET}/{sha256(str(folder).encode()).hexdigest()[:16]}"


def objects(protocol: str, write, mapping):
    def serve(folder: Path, records, **told):
        if protocol == "s3":
            use(s3_server())
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "export.csv", records)
        place = f"{_prefix(protocol, folder)}/export.csv"
        with fsspec.open(place, "wb") as stream:
            stream.write((folder / "export.csv").read_bytes())
        return reader(parse_source({"path": place} | mapping | told, "feed.yml", "feed"), folder)

    return serve


def taker(protocol: str):
    def take_away(folder: Path) -> None:
        store, place = fsspec.core.url_to_fs(f"{_prefix(protocol, folder)}/export.csv")
        store.rm(place)

    return take_away
