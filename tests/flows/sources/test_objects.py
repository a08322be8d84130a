"""Objects of a store as files: globs and folders, what is known again, what is fetched, and what is told."""

import os

import fsspec
import pytest

from configs.errors import ConfigError, SourceUnavailable
from flows.reading import open_sources, read
from flows.sources.objects import ObjectsReader
from flows.sources.registry import parse_source, reader
from tests.contract.objects import s3_server, use
from tests.flows.night import EMPTY, counts, night
from tests.flows.sources.helpers import SEEN

CSV = "id,text\n{key},{text}\n"


@pytest.fixture
def bucket(tmp_path):
    """URL of an empty folder in S3."""
    use(s3_server())
    return f"s3://feeds/{tmp_path.name}"


def put(place, text):
    with fsspec.open(place, "w", encoding="utf-8", newline="") as stream:
        stream.write(text)


def opened(path, folder, **told):
    told = {"path": path, "channel": "review", "text": "text", "id": "id"} | told
    return reader(parse_source(told, "feed.yml", "feed"), folder)


def texts(rows):
    rows.check()
    return [item.text for part in rows.parts() for item in rows.read(part, SEEN)]


def test_a_folder_and_a_glob_give_their_objects_by_name(bucket, tmp_path):
    put(f"{bucket}/b.csv", CSV.format(key=2, text="deux"))
    put(f"{bucket}/a.csv", CSV.format(key=1, text="un"))
    put(f"{bucket}/notes.txt", "no feed")
    put(f"{bucket}/sub/c.csv", CSV.format(key=3, text="trois"))
    assert texts(opened(bucket, tmp_path)) == ["un", "deux"]
    assert texts(opened(f"{bucket}/**/*.csv", tmp_path)) == ["un", "deux", "trois"]


def test_an_object_that_was_read_is_not_fetched_again(bucket, small_room, monkeypatch):
    header = ",".join(EMPTY)
    put(f"{bucket}/a.csv", f"{header}\n1,bien,,,,fr,,\n")
    put(f"{bucket}/b.csv", f"{header}\n2,mal,,,,fr,,\n")
    small_room.source(path=f"{bucket}/*.csv")
    with small_room.open() as work:
        assert counts(night(work))["new", ""] == 2
        put(f"{bucket}/c.csv", f"{header}\n3,moyen,,,,fr,,\n")
        [source] = open_sources(work)[0]
        fetched = []
        original = ObjectsReader._fetched
        monkeypatch.setattr(
            ObjectsReader,
            "_fetched",
            lambda self, name, version: fetched.append(name) or original(self, name, version),
        )
        found = [item.text for chunk in read(work, source) for item in chunk.items]
    assert found == ["moyen"]
    assert {name.rpartition("/")[2] for name in fetched} == {"c.csv"}


def test_an_object_that_changes_after_it_was_listed_is_not_read(bucket, tmp_path):
    put(f"{bucket}/a.csv", CSV.format(key=1, text="un"))
    rows = opened(f"{bucket}/a.csv", tmp_path)
    [part] = rows.parts()
    put(f"{bucket}/a.csv", CSV.format(key=1, text="autre"))
    with pytest.raises(SourceUnavailable, match=r"a\.csv: the file changed while it was read"):
        list(rows.read(part, SEEN))


def test_one_that_does_not_fit_stops_before_its_first_row(bucket, tmp_path):
    put(f"{bucket}/a.csv", "id,other\n1,x\n")
    rows = opened(f"{bucket}/a.csv", tmp_path)
    with pytest.raises(ConfigError, match=r"a\.csv: no such column \(found 'text'\)"):
        list(rows.read(rows.parts()[0], SEEN))


def test_no_copy_is_left_behind(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    put(f"{bucket}/a.csv", CSV.format(key=1, text="un"))
    rows = opened(bucket, tmp_path)
    assert texts(rows) == ["un"]
    del rows
    assert not list(tmp_path.rglob("*.csv"))


def test_a_bucket_that_is_not_there_and_a_store_that_does_not_answer_are_told(bucket, tmp_path, monkeypatch):
    with pytest.raises(SourceUnavailable, match="no such file"):
        opened("s3://no-such-bucket/*.csv", tmp_path).check()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(SourceUnavailable, match="the store can't be reached"):
        opened("s3://feeds/*.csv", tmp_path).check()
    fsspec.filesystem("s3").clear_instance_cache()


def test_a_store_that_is_not_known_or_not_installed_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"the path can't be used .*nosuch"):
        opened("nosuch://bucket/a.csv", tmp_path).check()
    with pytest.raises(ConfigError, match=r"driver is not installed .*pip install gcsfs"):
        opened("gs://bucket/a.csv", tmp_path).check()


def test_a_secret_stays_out_of_what_is_said(bucket, tmp_path):
    with pytest.raises(SourceUnavailable) as error:
        opened(f"{bucket}/none.csv", tmp_path).check()
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in str(error.value)
