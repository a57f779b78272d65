"""What the relay reads from the environment, all of it `CHORUS_…`; nowhere else is the environment read."""

import os
import socket

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _name_self() -> str:
    return f"relay {socket.gethostname()}:{os.getpid()}"


class RelaySettings(BaseSettings):
    """Every value has a default that suits one machine; deployments set the URLs.

    What must not stand in the environment is read from files of the same name in the folder CHORUS_SECRETS_DIR.
    """

    model_config = SettingsConfigDict(
        env_prefix="CHORUS_", frozen=True, extra="ignore", secrets_dir=os.environ.get("CHORUS_SECRETS_DIR")
    )

    database_url: str = "postgresql:///chorus"
    broker_url: str = "amqp://guest:guest@127.0.0.1:5672/"

    poll_s: float = Field(default=5.0, gt=0)
    """How often to look without being called: a call that was lost costs as much."""
    measure_every_s: float = Field(default=10.0, gt=0)
    """How often the metrics of what waits are brought up to date."""
    recover_every_s: float = Field(default=300.0, gt=0)
    recover_after_s: float = Field(default=3600.0, gt=0)
    """A segment that nobody has touched for so long, while the queues are empty, was lost with its broker."""
    keep_published_s: float = Field(default=86_400.0, ge=0)
    """How long published rows of the outbox are kept, for whoever looks into what happened."""

    relay_name: str = Field(default_factory=_name_self)
    """The name of its connections in RabbitMQ's management UI."""
    status_host: str = "127.0.0.1"
    status_port: int = Field(default=9102, ge=0, le=65535)
    """Health and metrics."""
    log_level: str = "INFO"
