"""The command line's settings, from `CHORUS_…` variables; command-line options override them."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dawn_chorus.adapters.variables import read_settings


def _default_data_dir() -> Path:
    """Return the XDG data directory of Dawn Chorus, which `up` and `analyze` share with the installed packs.

    For root it is not in the home directory: PostgreSQL refuses to run as root, and the account it runs under could not
    enter root's home.
    """
    if os.geteuid() == 0 and "XDG_DATA_HOME" not in os.environ:
        return Path("/var/lib/dawn-chorus")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "dawn-chorus"


def _default_state_dir() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "dawn-chorus"


class CliSettings(BaseSettings):
    """`CHORUS_…` variables, all optional; also read from files of the same names in the folder CHORUS_SECRETS_DIR."""

    model_config = SettingsConfigDict(
        env_prefix="CHORUS_", frozen=True, extra="ignore", secrets_dir=os.environ.get("CHORUS_SECRETS_DIR")
    )

    data_dir: Path = _default_data_dir()
    """Where the embedded service keeps its database, recordings and packs."""
    packs_dir: Path | None = None
    """Where model packs are installed; unset: `packs` in the data directory."""
    cache_dir: Path | None = None
    """Where the embedded service keeps what it can make again; unset: `cache` in the data directory."""
    default_pack: str = "birdnet"
    """The pack used when a command names none."""
    device: Literal["cpu", "cuda"] = "cpu"
    """`cpu` or `cuda`; there is no fallback from one to the other."""
    url: str = "http://127.0.0.1:8000"
    """The service that `submit`, `status` and `timeline` use."""
    key: str | None = None
    """The API key they send."""
    state_dir: Path = _default_state_dir()
    """Where `submit` remembers which uploads it began, so that the same command goes on after a stop."""
    database_url: str | None = None
    """The database of `keys`, `retention`, `migrate` …; unset: the embedded service's, in the data directory."""
    store_url: str | None = None
    """The audio store of `retention`, the same as the API's; unset: the embedded service's."""
    broker_url: str | None = None
    """The broker that `doctor` looks at, the same as the relay's and the workers'."""
    alerts_to: str | None = None
    """Whom Alertmanager tells, which `doctor` looks at; empty: nobody; unset: not known here."""
    status_host: str = "127.0.0.1"
    """Where `up` listens with its metrics, if it is asked for them."""
    status_port: int | None = Field(default=None, ge=0, le=65535)
    """The port of the metrics of `up`; unset: it has none."""
    log_level: str = "WARNING"
    """For `up`; the API, relay and worker have their own default."""

    @property
    def database_url_file(self) -> Path:
        """The file in which a running embedded service stores the URL of its database."""
        return self.data_dir / "database-url"

    @property
    def embedded_store_url(self) -> str:
        return (self.data_dir.absolute() / "audio").as_uri()

    @property
    def cache_path(self) -> Path:
        return (self.cache_dir or self.data_dir / "cache").absolute()

    @property
    def packs_path(self) -> Path:
        return self.packs_dir or self.data_dir / "packs"

    @property
    def packs_places(self) -> tuple[Path, ...]:
        """Where packs are looked for: first in those of the data folder, then where `models install` puts them."""
        return tuple(dict.fromkeys((self.packs_path, load_settings().packs_path)))


def environment_with(**changes: str) -> dict[str, str]:
    """Return the environment of a process to start: this one's, with changes."""
    return os.environ | changes


def load_settings(**options: Any) -> CliSettings:
    """Return the settings; options that are not None override. Raises PermanentError that names an invalid variable."""
    return read_settings(CliSettings, **{name: value for name, value in options.items() if value is not None})
