"""Exports in a bucket, a real SeaweedFS: made of recordings that lie there, and deleted with their time."""

import io
import zipfile
from pathlib import Path

import soundfile

from dawn_chorus.adapters.audio_store import CacheOptions, open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import row_count, wait_until
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.integration.test_api_exports import ask, ended
from tests.servers.api import run_api
from tests.servers.seaweedfs import S3Server


def test_clips_of_a_bucket_come_into_the_bucket_and_go(database: Database, s3_server: S3Server, tmp_path: Path) -> None:
    url = s3_server.make_store_url()
    store = open_audio_store(url, cache=CacheOptions(tmp_path / "cache"))
    worker = MadeUpWorker(database)
    with run_api(database, store, cache_dir=tmp_path / "cache") as one, run_api(database, store) as other:
        for seed in range(3):
            worker.finish(upload(one.client, wav_bytes(seed=seed), site=f"marsh {seed}"))
        ready = ended(one.client, ask(one.client, format="clips"))
        assert (ready["state"], ready["items_done"], ready["items_left_out"]) == ("ready", 3, 0), ready
        whole = other.client.get(ready["links"]["file"]).content
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            assert archive.testzip() is None
            clips = [name for name in archive.namelist() if name.endswith(".flac")]
            assert len(clips) == 3
            samples, _ = soundfile.read(io.BytesIO(archive.read(clips[0])))
            assert samples.any()
        part = other.client.get(ready["links"]["file"], headers={"Range": "bytes=1000-1999"})
        assert (part.status_code, part.content) == (206, whole[1000:2000])
        assert len([key for key in s3_server.list_everything(url) if "exports/" in key]) == 1
        assert one.client.delete(ready["links"]["self"]).status_code == 204
        wait_until(lambda: not [key for key in s3_server.list_everything(url) if "exports/" in key])
        wait_until(lambda: row_count(database, "audio_to_delete") == 0)
