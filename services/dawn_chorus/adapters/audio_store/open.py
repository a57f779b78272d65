"""Opens the audio store that a URL names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from dawn_chorus.adapters.audio_store.download_cache import DownloadCache
from dawn_chorus.adapters.audio_store.local_files import LocalFiles
from dawn_chorus.adapters.audio_store.object_errors import first_line
from dawn_chorus.adapters.audio_store.store import ObjectAudioStore
from dawn_chorus.adapters.logs import redact
from dawn_chorus.domain.errors import PermanentError


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """Where downloads from S3 are kept for the next segment of the same recording; a store in a folder needs none."""

    folder: Path
    max_bytes: int = 20 * 1024**3
    """Exceeded only while all files are in use."""


def open_audio_store(
    url: str, *, cache: CacheOptions | None = None, credentials: Mapping[str, str] | None = None
) -> ObjectAudioStore:
    """Open `file:///folder` or `s3://bucket/prefix?endpoint=http://…&region=…`; does not use the network yet.

    Keys of the query and of `credentials` are those of obstore's S3Config (`access_key_id`, `secret_access_key`,
    `endpoint`, `region`, …), also as environment variables spell them (`AWS_ACCESS_KEY_ID`); the query takes
    precedence. Without access keys, AWS's own chain applies (environment, instance, web identity). Without `cache`,
    `local_copy` of an S3 store is refused. Raises PermanentError for a URL that names no store.
    """
    try:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise PermanentError(f"audio store {redact(url)!r}: {error}") from error
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        root = Path(unquote(parts.path))
        return ObjectAudioStore(_open_folder(root), LocalFiles(root), "on disk")
    if parts.scheme == "s3" and parts.netloc:
        bucket = _open_bucket(parts.netloc, parts.path.strip("/"), {**(credentials or {}), **query})
        downloads = DownloadCache(bucket, cache.folder, cache.max_bytes) if cache else None
        return ObjectAudioStore(bucket, downloads, f"s3://{parts.netloc}{parts.path}")
    raise PermanentError(f"audio store {redact(url)!r}: use file:///absolute/folder or s3://bucket/prefix?endpoint=…")


def _open_folder(root: Path) -> LocalStore:
    try:
        root.mkdir(parents=True, exist_ok=True)
        return LocalStore(root, automatic_cleanup=True)
    except (BaseError, OSError) as error:
        raise PermanentError(f"audio store, folder {root}: {first_line(error)}") from error


def _open_bucket(bucket: str, prefix: str, options: Mapping[str, str]) -> S3Store:
    config: Any = {key.lower().removeprefix("aws_"): value for key, value in options.items()}
    config["endpoint"] = config.pop("endpoint_url", config.get("endpoint"))
    plain = str(config["endpoint"]).startswith("http://")
    config = {key: value for key, value in config.items() if value is not None}
    try:
        # The callers retry as well: the API answers 503, a worker queues the segment again.
        return S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={"allow_http": plain},
            retry_config={"max_retries": 3},
        )
    except BaseError as error:
        raise PermanentError(f"audio store, bucket {bucket}: {first_line(error)}") from error
