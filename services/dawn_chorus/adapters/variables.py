"""Reads settings from `CHORUS_…` variables; one that cannot be followed is named in one line, without a traceback."""

from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from dawn_chorus.domain.errors import PermanentError

Settings = TypeVar("Settings", bound=BaseSettings)


def read_settings(kind: type[Settings], **options: Any) -> Settings:
    """Return what the environment says; options override. Raises PermanentError that names an invalid variable."""
    try:
        return kind(**options)
    except ValidationError as error:
        first = error.errors()[0]
        variable = f"CHORUS_{first['loc'][0]}".upper()  # what follows is of pydantic: which of several types it is not
        raise PermanentError(f"{variable}: {first['msg'].removeprefix('Value error, ')}") from error
