"""What the command line reads from the environment; flags win over it."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dawn_chorus.domain.errors import PermanentError


def _default_data_dir() -> Path:
    """Return the place that the XDG specification has for data: `up` and `analyze` then share installed packs.

    Root's own home stays closed: PostgreSQL refuses to run as root, and its account could not reach in there.
    """
    if os.geteuid() == 0 and "XDG_DATA_HOME" not in os.environ:
        return Path("/var/lib/dawn-chorus")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "dawn-chorus"


class CliSettings(BaseSettings):
    """`CHORUS_…` variables, all optional; in the folder CHORUS_SECRETS_DIR, files of the same name do as well."""

    model_config = SettingsConfigDict(
        env_prefix="CHORUS_", frozen=True, extra="ignore", secrets_dir=os.environ.get("CHORUS_SECRETS_DIR")
    )

    data_dir: Path = _default_data_dir()
    """Where the embedded service keeps its database, recordings and packs."""
    packs_dir: Path | None = None
    """Where model packs are installed; unset: `packs` in the data directory."""
    default_pack: str = "birdnet"
    device: Literal["cpu", "cuda"] = "cpu"
    """`cpu` or `cuda`; there is no fallback from one to the other."""
    url: str = "http://127.0.0.1:8000"
    """The service that `submit`, `status` and `timeline` talk to."""
    key: str | None = None
    """The API key they show."""
    database_url: str | None = None
    """The database of operations (`keys`, `retention`, `migrate` …); unset: the embedded one in the data directory."""
    store_url: str | None = None
    """The audio store of `retention`, as the API has it; unset: the embedded service's."""
    log_level: str = "WARNING"
    """Of `up`; the deployables have their own default."""

    @property
    def database_note(self) -> Path:
        """Where a running embedded service notes how its database is reached."""
        return self.data_dir / "database-url"

    @property
    def embedded_store_url(self) -> str:
        return (self.data_dir.absolute() / "audio").as_uri()

    @property
    def packs_path(self) -> Path:
        return self.packs_dir or self.data_dir / "packs"


def load_settings(**flags: Any) -> CliSettings:
    """Read the environment; flags that are not None win. Raises PermanentError that names what makes no sense."""
    try:
        return CliSettings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        variable = "CHORUS_" + "_".join(map(str, first["loc"])).upper()
        raise PermanentError(f"{variable}: {first['msg']}") from error
