"""The worker's settings, from `CHORUS_…` variables. The worker reads the environment nowhere else."""

import os
import socket
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dawn_chorus.adapters.available_cores import count_available_cores
from dawn_chorus.domain.analysis import MAX_DURATION_S, MAX_SEGMENTS


def _name_self() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


class WorkerSettings(BaseSettings):
    """Every value has a default that suits one machine; deployments set the URLs and the packs' folder.

    Secrets can be kept out of the environment: they are read from files named like the variables, in the folder
    CHORUS_SECRETS_DIR.
    """

    model_config = SettingsConfigDict(
        env_prefix="CHORUS_", frozen=True, extra="ignore", secrets_dir=os.environ.get("CHORUS_SECRETS_DIR")
    )

    database_url: str = "postgresql:///chorus"
    broker_url: str = "amqp://guest:guest@127.0.0.1:5672/"
    store_url: str = "file:///var/lib/chorus/audio"
    """`file:///folder` or `s3://bucket/prefix?…`."""
    cache_dir: Path | None = None
    """Where recordings from a remote store are cached; unset: in the system's temporary folder."""
    cache_bytes: int = Field(default=20 * 2**30, ge=1)
    """Size limit of the cache, which all workers of the machine share."""

    packs_dir: Path = Path("/var/lib/chorus/packs")
    """One folder per pack; all of them can be used."""
    default_pack: str = "birdnet"
    """Opened and verified before the worker is ready."""
    open_packs: int = Field(default=2, ge=1)
    """How many packs stay open; the least recently used is closed first."""

    device: Literal["cpu", "cuda"] = "cpu"
    """Where networks run. There is no fallback: a worker whose device does not work does not start."""
    sessions: int = Field(default_factory=count_available_cores, ge=1)
    """How many segments are scored at once; unset: the cores that affinity and quota allow. On a GPU, 1 or 2."""
    threads_per_session: int = Field(default=1, ge=1)
    batch_windows: int | None = Field(default=None, ge=1)
    """Windows per batch of a network; unset: few on a CPU, many on a GPU."""
    segments_in_flight: int | None = Field(default=None, ge=1)
    """Segments processed at once; unset: two more than sessions, so that meanwhile one is decoded and one saved."""
    decoders: int | None = Field(default=None, ge=1)
    """Child processes that decode; unset: as many as sessions."""

    max_duration_s: float = Field(default=MAX_DURATION_S, gt=0)
    """Audio beyond this is not analyzed where a file turns out longer than its header says; as in the API."""
    max_segments: int = Field(default=MAX_SEGMENTS, ge=1)
    """Likewise what would be more segments than this."""
    max_attempts: int = Field(default=5, ge=1)
    """After this many attempts that ended with a transient error, a segment fails for good."""
    retry_first_s: float = Field(default=5.0, gt=0)
    """Delay before the second attempt; it doubles with each further one."""
    retry_most_s: float = Field(default=300.0, gt=0)
    """The longest delay."""
    grace_s: float = Field(default=60.0, ge=0)
    """How long a stopping worker may go on with the segments it has started."""

    worker_name: str = Field(default_factory=_name_self)
    """Stored with the segments that it analyzed."""
    status_host: str = "127.0.0.1"
    status_port: int = Field(default=9101, ge=0, le=65535)
    """The port of health checks and metrics."""
    log_level: str = "INFO"

    @property
    def in_flight(self) -> int:
        return self.segments_in_flight or self.sessions + 2
