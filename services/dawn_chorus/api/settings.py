"""What the API reads from the environment, all of it `CHORUS_…`; nowhere else is the environment read."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Every value has a default that suits one machine; deployments set the URLs.

    What must not stand in the environment is read from files of the same name in the folder CHORUS_SECRETS_DIR.
    """

    model_config = SettingsConfigDict(
        env_prefix="CHORUS_", frozen=True, extra="ignore", secrets_dir=os.environ.get("CHORUS_SECRETS_DIR")
    )

    host: str = "127.0.0.1"
    """Address to listen on. Beyond loopback nothing is answered without a key, unless `auth` is off."""
    port: int = Field(default=8000, ge=0, le=65535)
    trusted_proxies: str = "127.0.0.1"
    """Addresses whose `X-Forwarded-For` is believed, separated by commas."""
    log_level: str = "INFO"

    database_url: str = "postgresql:///chorus"
    store_url: str = "file:///var/lib/chorus/audio"
    """`file:///folder` or `s3://bucket/prefix?…`."""
    database_connections: int = Field(default=10, ge=1)
    """The most this process holds."""
    cache_dir: Path | None = None
    """Where recordings of a remote store lie while their header is read; unset: in the system's temporary folder."""
    cache_bytes: int = Field(default=20 * 2**30, ge=1)
    """How much of them."""

    auth: Literal["on", "off"] = "on"
    """`on`: once a key is made, it is required; before that, loopback alone is served. `off`: everybody may do all."""
    requests_per_s: float = Field(default=50.0, gt=0)
    """How many requests a key, or an address without one, may make in the long run; by process."""
    request_burst: int = Field(default=500, ge=1)
    """How many it may make at once."""

    max_upload_bytes: int = Field(default=64 * 2**30, ge=1)
    """A whole request body; 24 hours of 192 kHz in 16 bit are 33 GB."""
    uploads_at_once: int = Field(default=16, ge=1)
    """More than these, by process, are asked to come again."""
    upload_idle_s: float = Field(default=60.0, gt=0)
    """An upload of which nothing comes for so long is given up."""
    probe_timeout_s: float = Field(default=90.0, gt=0)
    """How long reading a header may take before the file counts as broken."""

    default_pack: str = "birdnet"
    """Taken where an upload names none."""
    segment_s: float = Field(default=300.0, gt=0)
    """Recordings are cut into segments of this length, the unit of work."""
    idempotency_hours: float = Field(default=24.0, gt=0)
    """How long the answer to an `Idempotency-Key` is kept."""

    @property
    def is_loopback(self) -> bool:
        """Return whether only this machine can reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
