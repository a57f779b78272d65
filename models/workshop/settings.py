"""The environment variables that the workshop reads."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class XenoCantoSettings(BaseSettings):
    """`XENO_CANTO_…` variables."""

    model_config = SettingsConfigDict(env_prefix="XENO_CANTO_", frozen=True, extra="ignore")

    key: SecretStr | None = None
    """Every account has one: https://xeno-canto.org/account. Not a command option: process lists would show it."""
    url: str = "https://xeno-canto.org/api/3/recordings"
    """URL of the API, version 3."""
