"""Taxa: what the output columns of a model mean."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_VOICES = re.compile(r"(human (vocal|whistle|voice|speech)|homo sapiens|speech)\b", re.IGNORECASE | re.ASCII)
"""BirdNET's labels have "Human vocal" and "Human whistle", others the species. The page has the same rule."""


@dataclass(frozen=True, slots=True)
class Taxon:
    """An output column; not "species": insects, sonotypes and noises are taxa too."""

    code: str
    """Unique within a pack."""
    scientific_name: str
    common_name: str
    taxonomic_class: str

    @property
    def is_human_voice(self) -> bool:
        """Return whether these are people, whom lists leave out on request; `human_voices.json` has examples."""
        return any(_VOICES.match(name) for name in (self.scientific_name, self.common_name))


def select_taxa(taxa: Sequence[Taxon], wanted: Iterable[str]) -> list[int]:
    """Return the columns whose code, scientific or common name is wanted, ignoring case, in pack order."""
    names = {name.casefold() for name in wanted}
    return [
        column
        for column, taxon in enumerate(taxa)
        if names & {taxon.code.casefold(), taxon.scientific_name.casefold(), taxon.common_name.casefold()}
    ]
