"""The relay's settings, from `CHORUS_…` variables. The relay reads the environment nowhere else."""

import os
import socket

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _name_self() -> str:
    return f"relay {socket.gethostname()}:{os.getpid()}"


class RelaySettings(BaseSettings):
    """Every value has a default that suits one machine; deployments set the URLs.

    Secrets can be kept out of the environment: they are read from files named like the variables, in the folder
    CHORUS_SECRETS_DIR.
    """

    model_config = SettingsConfigDict(
        env_prefix="CHORUS_", frozen=True, extra="ignore", secrets_dir=os.environ.get("CHORUS_SECRETS_DIR")
    )

    database_url: str = "postgresql:///chorus"
    broker_url: str = "amqp://guest:guest@127.0.0.1:5672/"

    poll_s: float = Field(default=5.0, gt=0)
    """How often to poll the outbox without a notification; a lost notification delays a job by at most this."""
    measure_every_s: float = Field(default=10.0, gt=0)
    """How often the metrics of outbox and backlog are updated."""
    recover_every_s: float = Field(default=300.0, gt=0)
    """How often to look for segments that the broker lost."""
    recover_after_s: float = Field(default=3600.0, gt=0)
    """A segment untouched for this long while the queues are empty counts as lost by the broker."""
    keep_published_s: float = Field(default=86_400.0, ge=0)
    """How long published rows stay in the outbox, for investigating incidents."""

    relay_name: str = Field(default_factory=_name_self)
    """The name of the relay's connections in RabbitMQ's management UI."""
    status_host: str = "127.0.0.1"
    status_port: int = Field(default=9102, ge=0, le=65535)
    """The port of health checks and metrics."""
    log_level: str = "INFO"
