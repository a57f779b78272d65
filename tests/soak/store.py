"""Where recordings are kept: on a disk, or in a bucket behind a gate that refuses, fails and loses answers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from tests.integration.api_checks import stored_files
from tests.servers.gate import Gate, open_gate
from tests.servers.seaweedfs import BUCKET, S3Server, run_seaweedfs


class Kept(Protocol):
    """What is really in a store, by an opinion of its own."""

    @property
    def url(self) -> str:
        """Of the store, past what faults do to it."""

    def keys(self) -> set[str]: ...

    def read(self, key: str) -> bytes: ...

    def count_unfinished(self) -> int: ...


@dataclass(frozen=True)
class OnDisk:
    folder: Path

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def keys(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in stored_files(self.folder)}

    def read(self, key: str) -> bytes:
        return (self.folder / key).read_bytes()

    def count_unfinished(self) -> int:
        return 0


@dataclass(frozen=True)
class InBucket:
    server: S3Server
    url: str

    @property
    def _prefix(self) -> str:
        return urlsplit(self.url).path.strip("/") + "/"

    def keys(self) -> set[str]:
        pages = self.server.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=self._prefix)
        return {each["Key"].removeprefix(self._prefix) for page in pages for each in page.get("Contents", [])}

    def count_unfinished(self) -> int:
        """Count multipart uploads that nobody ended: a rule of the bucket removes them, as deploy/README.md says."""
        listed = self.server.client.list_multipart_uploads(Bucket=BUCKET, Prefix=self._prefix)
        return len(listed.get("Uploads", []))

    def read(self, key: str) -> bytes:
        content: bytes = self.server.client.get_object(Bucket=BUCKET, Key=self._prefix + key)["Body"].read()
        return content


@contextmanager
def open_bucket() -> Iterator[tuple[InBucket, Gate, str]]:
    """Yield a bucket, the gate before it, and the store's URL through the gate."""
    with ExitStack() as opened:
        server = opened.enter_context(run_seaweedfs())
        port = urlsplit(server.endpoint).port
        assert port is not None
        gate = opened.enter_context(open_gate(port))
        url = server.make_store_url()
        yield InBucket(server, url), gate, url.replace(f"%3A{port}", f"%3A{gate.port}")
