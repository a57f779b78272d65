"""A table of a pack.toml: keys, their types, and the rules between them, of which all that are broken are told."""

from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

LATER = "rules are checked later"
"""As `context` of a validation: the caller asks `find_faults` itself, to go on with a table that breaks rules."""


class BrokenRules(ValueError):
    """Keys of a table that do not go together; `args`: a line each, which begins with the key."""


class Table(BaseModel):
    """A table that takes no unknown keys: a misspelled one that is ignored would change scores unnoticed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    def find_faults(self) -> Iterator[str]:
        """Yield a line for each rule between keys that is broken.

        It begins with the key, and names every other key that the rule depends on: who reads a table with a wrong key
        leaves out what only follows from that.
        """
        yield from ()

    @model_validator(mode="after")
    def _check_rules(self, info: ValidationInfo) -> Self:
        if info.context != LATER and (faults := tuple(self.find_faults())):
            raise BrokenRules(*faults)
        return self
