"""BirdNET's labels → taxa."""

import re
import unicodedata
from collections.abc import Iterable

from dawn_chorus.domain.taxonomy import Taxon

NOISES = frozenset({"Engine", "Environmental", "Fireworks", "Gun", "Human non-vocal", "Noise", "Power tools", "Siren"})
"""Labels of sounds that are not animals'."""

_NAMED_MAMMALS = frozenset({"Dog", "Human vocal", "Human whistle"})
_AMPHIBIA = frozenset(
    {"Acris", "Anaxyrus", "Dryophytes", "Eleutherodactylus", "Gastrophryne", "Hyliola", "Incilius", "Lithobates"}
    | {"Pseudacris", "Scaphiopus", "Spea"}
)
_INSECTA = frozenset(
    {"Allonemobius", "Amblycorypha", "Anaxipha", "Apis", "Atlanticus", "Conocephalus", "Cyrtoxipha", "Eunemobius"}
    | {"Gryllus", "Microcentrum", "Miogryllus", "Neoconocephalus", "Neonemobius", "Oecanthus", "Orchelimum"}
    | {"Orocharis", "Phyllopalpus", "Pterophylla", "Scudderia"}
)
_MAMMALIA = frozenset({"Alouatta", "Canis", "Odocoileus", "Sciurus", "Tamias", "Tamiasciurus"})


def read_taxa(labels: Iterable[str]) -> tuple[Taxon, ...]:
    """Return the taxa of `Scientific name_Common name` labels, in the order of the model's outputs.

    The labels have no codes, so the code is derived from the scientific name: `turdus-merula`.
    """
    return tuple(_read_taxon(label) for label in labels)


def _read_taxon(label: str) -> Taxon:
    scientific_name, _, common_name = label.partition("_")
    return Taxon(code_of(scientific_name), scientific_name, common_name, _taxonomic_class(scientific_name))


def code_of(name: str) -> str:
    """Return the name in lower case, without accents, with dashes for all but Latin letters and digits.

    Empty if it has none.
    """
    letters = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")


def _taxonomic_class(scientific_name: str) -> str:
    """Return the class by genus: the labels do not contain it, but the taxa that are not birds are few and known."""
    if scientific_name in NOISES:
        return "noise"
    genus = scientific_name.split(maxsplit=1)[0]
    if genus in _MAMMALIA or scientific_name in _NAMED_MAMMALS:
        return "Mammalia"
    if genus in _AMPHIBIA:
        return "Amphibia"
    return "Insecta" if genus in _INSECTA else "Aves"
