"""How BirdNET's labels become taxa."""

import pytest

from dawn_chorus.birdnet.labels import read_taxa
from dawn_chorus.domain.taxonomy import Taxon


def test_a_label_becomes_a_taxon_with_a_code_from_its_scientific_name() -> None:
    assert read_taxa(["Turdus merula_Eurasian Blackbird"]) == (
        Taxon("turdus-merula", "Turdus merula", "Eurasian Blackbird", "Aves"),
    )


@pytest.mark.parametrize(
    ("label", "taxonomic_class"),
    [
        ("Lithobates catesbeianus_American Bullfrog", "Amphibia"),
        ("Gryllus assimilis_Gryllus assimilis", "Insecta"),
        ("Canis latrans_Coyote", "Mammalia"),
        ("Dog_Dog", "Mammalia"),
        ("Human vocal_Human vocal", "Mammalia"),
        ("Engine_Engine", "noise"),
        ("Power tools_Power tools", "noise"),
        ("Batrachostomus auritus_Large Frogmouth", "Aves"),
    ],
)
def test_labels_that_are_not_birds_get_their_class(label: str, taxonomic_class: str) -> None:
    assert read_taxa([label])[0].taxonomic_class == taxonomic_class
