"""Settings of the API, from environment variables `CHORUS_…`; no other module of `api` reads the environment."""

import os
import re
import tempfile
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dawn_chorus.domain.analysis import MAX_DURATION_S, MAX_SEGMENTS

_WEB_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?", re.IGNORECASE)
_HOST = re.compile(r"\*|\.?[^\s:/@*.]+(\.[^\s:/@*.]+)*\.?")


def _split(hosts: str) -> list[str]:
    return [host for each in hosts.split(",") if (host := each.strip())]


class ApiSettings(BaseSettings):
    """The defaults suit one machine; deployments set the URLs.

    Secrets can be kept out of the environment: files of the same name in the folder CHORUS_SECRETS_DIR are read too.
    """

    model_config = SettingsConfigDict(
        env_prefix="CHORUS_", frozen=True, extra="ignore", secrets_dir=os.environ.get("CHORUS_SECRETS_DIR")
    )

    host: str = "127.0.0.1"
    """Address to listen on. Beyond loopback, `/v1` needs a key, unless `auth` is off."""
    port: int = Field(default=8000, ge=0, le=65535)
    trusted_proxies: str = "127.0.0.1"
    """Addresses, networks and names whose `X-Forwarded-For` and `-Proto` are trusted, separated by commas."""
    status_host: str = "127.0.0.1"
    status_port: Annotated[int, Field(ge=0, le=65535)] | Literal["none"] = 9103
    """The port of metrics, and of health checks too; metrics are never on the port of the API. `none`: nowhere."""
    listen_fd: int | None = Field(default=None, ge=3)
    """Descriptor of a listening socket that the parent process hands over, rather than `host` and `port`."""
    shutdown_s: float = Field(default=10.0, ge=0)
    """How long open requests may go on at shutdown. Event streams are cut then, and clients reconnect elsewhere."""
    public_url: str = ""
    """Where people reach the service, as `https://chorus.example.org`: its host is let in, and with `https` cookies are
    never sent over HTTP."""
    runbook_url: str = "http://127.0.0.1:9090/user/runbook.html"
    """Where people on call read what an alert means, for links from dashboards."""
    allowed_hosts: str = ""
    """Further names in `Host` that are let in, separated by commas; `.example.org` with all below it, `*` for all."""
    log_level: str = "INFO"

    database_url: str = "postgresql:///chorus"
    store_url: str = "file:///var/lib/chorus/audio"
    """`file:///folder` or `s3://bucket/prefix?…`."""
    database_connections: int = Field(default=10, ge=1)
    """Maximum number of connections of this process."""
    cache_dir: Path | None = None
    """Holds copies of recordings of a remote store, and pictures of sound; unset: in the temporary folder."""
    cache_bytes: int = Field(default=20 * 2**30, ge=1)
    """Maximum size of these copies together."""
    tile_cache_bytes: int = Field(default=2 * 2**30, ge=0)
    """Maximum size of the spectrograms that are kept beside them, shared by the processes of a machine; 0: none are."""

    auth: Literal["on", "off"] = "on"
    """`on`: requires a key once one exists; before that, serves loopback only. `off`: everybody has full access."""
    requests_per_s: float = Field(default=100.0, gt=0)
    """Sustained rate of requests for a key, or for an address without one; uploads count by themselves. Per process."""
    request_burst: int = Field(default=1000, ge=1)
    """How many requests it may make in a burst."""
    connections_at_once: int = Field(default=500, ge=1)
    """Clients connected to this process, with all that wait for events; the requests of further ones get 503."""
    header_timeout_s: float = Field(default=10.0, gt=0)
    """A connection is closed when the headers of its request are not complete within this time."""
    key_cache_s: float = Field(default=5.0, ge=0)
    """How long the look-up of a key is used: a revoked key works so much longer at most."""

    max_upload_bytes: int = Field(default=64 * 2**30, ge=1)
    """Size of a whole request body; 24 hours of 192 kHz in 16 bit are 33 GB."""
    max_duration_s: float = Field(default=MAX_DURATION_S, gt=0)
    """Longest recording that is accepted; 7 days."""
    max_segments: int = Field(default=MAX_SEGMENTS, ge=1)
    """A recording of more segments is refused, whatever their length."""
    uploads_at_once: int = Field(default=16, ge=1)
    """Concurrent uploads per process; further ones get 429 and `Retry-After`, unless a slow one gives way."""
    upload_threads: int = Field(default=4, ge=1)
    """How many of them may use the database or the store at once: the other threads and connections are for reads."""
    upload_idle_s: float = Field(default=60.0, gt=0)
    """A request is aborted when no bytes of its body arrive for this long."""
    upload_floor_bytes_per_s: float = Field(default=16 * 2**10, ge=0)
    """When all places are taken, the slowest upload below this rate is aborted for the next one."""
    upload_settle_s: float = Field(default=10.0, gt=0)
    """How long the rate of an upload is measured before it can be too slow."""
    upload_expiry_h: float = Field(default=168.0, gt=0)
    """How long an upload in parts is kept after its last byte, unless it becomes a recording."""
    probe_timeout_s: float = Field(default=90.0, gt=0)
    """How long reading a header may take before the file counts as broken."""
    pictures_at_once: int = Field(default=2, ge=1)
    """Concurrent pictures and clips per process, each made by a child on a processor core of its own."""
    pictures_waiting: int = Field(default=64, ge=0)
    """How many more requests for them may wait; further ones get 503 and `Retry-After`."""
    clip_cache_bytes: int = Field(default=256 * 2**20, ge=0)
    """Maximum size of the clips that this process keeps on disk, since players ask for one several times."""

    export_max_bytes: int = Field(default=10 * 2**30, ge=1)
    """Size of one file that is made in the background: in the folder of the cache first, then in the store."""

    default_pack: str = "birdnet"
    """Used where an upload names no pack."""
    segment_s: float = Field(default=300.0, gt=0)
    """Recordings are cut into segments of this length, the unit of work."""
    idempotency_hours: float = Field(default=24.0, gt=0)
    """How long the response to an `Idempotency-Key` is stored."""

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, url: str) -> str:
        if url and not _WEB_ADDRESS.fullmatch(url):
            raise ValueError(f"{url!r} is no URL such as https://chorus.example.org")
        return url

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, hosts: str) -> str:
        for host in _split(hosts):
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host: write names without scheme and port, separated by commas")
        return hosts

    @property
    def cache_folder(self) -> Path:
        return self.cache_dir or Path(tempfile.gettempdir()) / "chorus-cache"

    @property
    def host_names(self) -> tuple[str, ...]:
        """Return the names in `Host` that the settings let in."""
        public = urlsplit(self.public_url).hostname
        return (self.host, *((public,) if public else ()), *_split(self.allowed_hosts))

    @property
    def page_url(self) -> str:
        """Return where browsers reach the page, as far as is known, without a slash at the end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def is_https(self) -> bool:
        """Return whether people reach the service over HTTPS, wherever that ends."""
        return urlsplit(self.public_url).scheme.lower() == "https"

    @property
    def is_loopback(self) -> bool:
        """Return whether only this machine can reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
