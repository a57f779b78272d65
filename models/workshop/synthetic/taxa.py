"""The taxa of the synthetic world: eight birds, two amphibians and two insects, with invented names."""

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.synthetic.voices import Phrase, Voice


def _taxon(code: str, epithet: str, name: str, taxonomic_class: str) -> Taxon:
    return Taxon(code, f"Vox {epithet}", name, taxonomic_class)


TAXA = (
    _taxon("rispip", "ascendens", "Rising Piper", "Aves"),
    _taxon("falpip", "descendens", "Falling Piper", "Aves"),
    _taxon("drytri", "arida", "Dry Trill", "Aves"),
    _taxon("swetri", "dulcis", "Sweet Trill", "Aves"),
    _taxon("lowhoo", "gravis", "Low Hooter", "Aves"),
    _taxon("warble", "undulata", "Warbler of Waves", "Aves"),
    _taxon("needle", "acuta", "Needle Tit", "Aves"),
    _taxon("raspcr", "rauca", "Rasping Crow", "Aves"),
    _taxon("ticfro", "pulsans", "Ticking Frog", "Amphibia"),
    _taxon("crofro", "crocitans", "Croaking Frog", "Amphibia"),
    _taxon("buzcri", "stridens", "Buzzing Cricket", "Insecta"),
    _taxon("chicri", "tinniens", "Chiming Cricket", "Insecta"),
)

VOICES = (
    Voice("rispip", Phrase("chirp", 1900, 3600, 0.28, 2.2, (3, 6)), Phrase("chirp", 2100, 3000, 0.12, 3.0, (2, 4))),
    Voice("falpip", Phrase("chirp", 3700, 1800, 0.30, 2.0, (3, 6)), Phrase("chirp", 3200, 2200, 0.14, 2.6, (2, 4))),
    Voice(
        "drytri", Phrase("trill", 4300, 3900, 0.04, 16.0, (14, 34)), Phrase("trill", 4300, 4000, 0.04, 12.0, (6, 10))
    ),
    Voice("swetri", Phrase("trill", 2500, 3100, 0.09, 8.0, (7, 16)), Phrase("trill", 2700, 3100, 0.09, 6.0, (4, 7))),
    Voice("lowhoo", Phrase("chirp", 430, 380, 0.42, 1.4, (2, 5)), Phrase("chirp", 480, 390, 0.30, 1.6, (2, 3))),
    Voice(
        "warble",
        Phrase("chirp", 2600, 2500, 0.85, 1.0, (1, 3), 0.16),
        Phrase("chirp", 2500, 2600, 0.5, 1.2, (1, 3), 0.16),
    ),
    Voice("needle", Phrase("chirp", 6700, 6300, 0.10, 4.5, (5, 12)), Phrase("chirp", 6900, 6600, 0.08, 3.5, (3, 5))),
    Voice("raspcr", Phrase("croak", 620, 560, 0.33, 1.8, (2, 5)), Phrase("croak", 700, 600, 0.25, 2.0, (2, 3))),
    Voice(
        "ticfro", Phrase("pulses", 1250, 1250, 0.05, 7.0, (10, 30)), Phrase("pulses", 1300, 1250, 0.05, 5.0, (6, 10))
    ),
    Voice("crofro", Phrase("croak", 190, 230, 0.55, 1.2, (2, 5)), Phrase("croak", 200, 220, 0.35, 1.4, (2, 3))),
    Voice(
        "buzcri",
        Phrase("stridulation", 5200, 7400, 0.30, 2.6, (4, 12)),
        Phrase("stridulation", 5200, 7400, 0.2, 2.2, (3, 5)),
    ),
    Voice("chicri", Phrase("trill", 4900, 4950, 0.16, 4.0, (8, 20)), Phrase("trill", 4900, 4950, 0.16, 3.0, (4, 7))),
)
"""In the order of TAXA. The songs of neighbors in this list differ in one respect only: direction, tempo or pitch."""
