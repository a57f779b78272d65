"""What the worker reads from the environment, all of it `CHORUS_…`; nowhere else is the environment read."""

import os
import socket
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _count_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _name_self() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


class WorkerSettings(BaseSettings):
    """Every value has a default that suits one machine; deployments set the URLs and the packs' folder.

    What must not stand in the environment is read from files of the same name in the folder CHORUS_SECRETS_DIR.
    """

    model_config = SettingsConfigDict(
        env_prefix="CHORUS_", frozen=True, extra="ignore", secrets_dir=os.environ.get("CHORUS_SECRETS_DIR")
    )

    database_url: str = "postgresql:///chorus"
    broker_url: str = "amqp://guest:guest@127.0.0.1:5672/"
    store_url: str = "file:///var/lib/chorus/audio"
    """`file:///folder` or `s3://bucket/prefix?…`."""
    cache_dir: Path | None = None
    """Where recordings of a remote store are kept while they are analyzed; unset: in the system's temporary folder."""
    cache_bytes: int = Field(default=20 * 2**30, ge=1)
    """How much of them, all workers of the machine together."""

    packs_dir: Path = Path("/var/lib/chorus/packs")
    """One folder a pack; all of them are served."""
    default_pack: str = "birdnet"
    """Opened and verified before the worker is ready."""
    open_packs: int = Field(default=2, ge=1)
    """How many packs stay open; the one not used for longest is closed first."""

    device: Literal["cpu", "cuda"] = "cpu"
    """Where networks run. There is no fallback: a worker that cannot do as told does not start."""
    sessions: int = Field(default_factory=_count_cores, ge=1)
    """How many segments are scored at once; on a GPU, 1 or 2."""
    threads_per_session: int = Field(default=1, ge=1)
    batch_windows: int | None = Field(default=None, ge=1)
    """Windows a network sees at once; unset: few on a CPU, many on a GPU."""
    segments_in_flight: int | None = Field(default=None, ge=1)
    """Segments in hand; unset: two more than sessions, so that meanwhile one is decoded and one saved."""
    decoders: int | None = Field(default=None, ge=1)
    """Child processes that decode; unset: as many as sessions."""

    max_attempts: int = Field(default=5, ge=1)
    """A segment that fails as often for passing reasons fails for good."""
    retry_first_s: float = Field(default=5.0, gt=0)
    """Wait before the second attempt; it doubles with each further one."""
    retry_most_s: float = Field(default=300.0, gt=0)
    grace_s: float = Field(default=60.0, ge=0)
    """How long a worker that is told to stop may go on with what it has in hand."""

    worker_name: str = Field(default_factory=_name_self)
    """Stands beside the segments it worked on."""
    status_host: str = "127.0.0.1"
    status_port: int = Field(default=9101, ge=0, le=65535)
    """Health and metrics."""
    log_level: str = "INFO"

    @property
    def in_flight(self) -> int:
        return self.segments_in_flight or self.sessions + 2
