"""What the workshop reads from the environment."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class XenoCantoSettings(BaseSettings):
    """`XENO_CANTO_…` variables."""

    model_config = SettingsConfigDict(env_prefix="XENO_CANTO_", frozen=True, extra="ignore")

    key: SecretStr | None = None
    """Every account has one: https://xeno-canto.org/account. Never an option: those show in process lists."""
    url: str = "https://xeno-canto.org/api/3/recordings"
    """The API, version 3."""
