"""Taxa: what the output columns of a model mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taxon:
    """An output column; not "species": insects, sonotypes and noises are taxa too."""

    code: str
    """Unique within a pack."""
    scientific_name: str
    common_name: str
    taxonomic_class: str


def select_taxa(taxa: Sequence[Taxon], wanted: Iterable[str]) -> list[int]:
    """Return the columns whose code, scientific or common name is wanted, ignoring case, in pack order."""
    names = {name.casefold() for name in wanted}
    return [
        column
        for column, taxon in enumerate(taxa)
        if names & {taxon.code.casefold(), taxon.scientific_name.casefold(), taxon.common_name.casefold()}
    ]
