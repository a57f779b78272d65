import json
from pathlib import Path

from dawn_chorus.domain.taxonomy import Taxon, select_taxa

TAXA = (
    Taxon("eurwre", "Troglodytes troglodytes", "Eurasian Wren", "Aves"),
    Taxon("comcha", "Fringilla coelebs", "Common Chaffinch", "Aves"),
    Taxon("tawowl", "Strix aluco", "Tawny Owl", "Aves"),
)


def test_taxa_are_found_by_any_of_their_names_without_regard_to_case_in_pack_order() -> None:
    assert select_taxa(TAXA, ["TAWNY owl", "Troglodytes Troglodytes"]) == [0, 2]
    assert select_taxa(TAXA, ["COMCHA"]) == [1]


def test_a_part_of_a_name_finds_nothing() -> None:
    assert select_taxa(TAXA, ["wren"]) == []


def test_human_voices_are_told_apart() -> None:
    """By the examples that the page's rule is tried on, too."""
    golden = json.loads(Path(__file__).with_name("human_voices.json").read_text())
    for expected, names in ((True, golden["voices"]), (False, golden["others"])):
        for name in names:
            assert Taxon("x", name, "", "").is_human_voice is expected, name
            assert Taxon("x", "Engine", name, "").is_human_voice is expected, name
