"""Fifty who may be heard in a May night and day in Central Europe, and when each of them sings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.taxonomy import Taxon

_TABLE = """
blkbir Turdus_merula Eurasian_Blackbird 4.3 1.1 150 0.97
eurrob Erithacus_rubecula European_Robin 4.5 1.4 130 0.96
sonthr Turdus_philomelos Song_Thrush 4.4 1.2 110 0.95
comred Phoenicurus_phoenicurus Common_Redstart 4.1 1.0 60 0.91
blared Phoenicurus_ochruros Black_Redstart 4.2 2.0 50 0.90
winwre Troglodytes_troglodytes Eurasian_Wren 5.1 2.2 90 0.94
gretit Parus_major Great_Tit 5.4 2.6 80 0.93
blutit Cyanistes_caeruleus Eurasian_Blue_Tit 5.5 2.4 60 0.88
coltit Periparus_ater Coal_Tit 5.6 2.5 30 0.84
martit Poecile_palustris Marsh_Tit 5.8 2.8 14 0.74
eurnut Sitta_europaea Eurasian_Nuthatch 6.1 2.6 30 0.86
blackc Sylvia_atricapilla Eurasian_Blackcap 5.0 3.1 110 0.95
garwar Sylvia_borin Garden_Warbler 5.4 3.4 40 0.82
whithr Curruca_communis Greater_Whitethroat 6.0 3.4 25 0.78
leswhi Curruca_curruca Lesser_Whitethroat 6.2 2.6 12 0.69
comchi Phylloscopus_collybita Common_Chiffchaff 5.6 3.8 120 0.95
wilwar Phylloscopus_trochilus Willow_Warbler 5.7 3.4 60 0.90
woowar Phylloscopus_sibilatrix Wood_Warbler 6.4 3.0 22 0.81
ictwar Hippolais_icterina Icterine_Warbler 5.2 2.0 16 0.77
marwar Acrocephalus_palustris Marsh_Warbler 3.2 2.4 30 0.83
reewar Acrocephalus_scirpaceus Common_Reed_Warbler 3.6 3.0 45 0.87
sedwar Acrocephalus_schoenobaenus Sedge_Warbler 3.3 2.2 24 0.80
grawar Locustella_naevia Common_Grasshopper_Warbler 2.4 1.8 26 0.85
savwar Locustella_luscinioides Savi's_Warbler 3.0 1.6 12 0.71
comnig Luscinia_megarhynchos Common_Nightingale 2.2 2.6 120 0.97
euroti Oriolus_oriolus Eurasian_Golden_Oriole 5.8 1.6 22 0.88
comcuc Cuculus_canorus Common_Cuckoo 4.6 2.4 70 0.96
comwoo Columba_palumbus Common_Wood-Pigeon 5.6 3.6 70 0.92
stodov Columba_oenas Stock_Dove 5.8 2.4 16 0.76
comcha Fringilla_coelebs Common_Chaffinch 6.2 4.2 160 0.97
eurgre Chloris_chloris European_Greenfinch 6.8 3.6 40 0.84
eurgol Carduelis_carduelis European_Goldfinch 7.2 3.8 24 0.79
hawfin Coccothraustes_coccothraustes Hawfinch 6.4 1.8 6 0.58
eurser Serinus_serinus European_Serin 7.0 3.2 10 0.66
yellow Emberiza_citrinella Yellowhammer 6.6 4.4 60 0.91
reebun Emberiza_schoeniclus Reed_Bunting 5.6 3.2 22 0.79
skylar Alauda_arvensis Eurasian_Skylark 4.0 2.6 50 0.90
trepip Anthus_trivialis Tree_Pipit 5.6 2.8 22 0.83
whiwag Motacilla_alba White_Wagtail 7.6 4.0 10 0.64
eursta Sturnus_vulgaris European_Starling 6.4 3.6 32 0.80
eurjay Garrulus_glandarius Eurasian_Jay 8.2 3.4 9 0.72
carcro Corvus_corone Carrion_Crow 6.6 4.8 34 0.87
grswoo Dendrocopos_major Great_Spotted_Woodpecker 7.0 3.2 26 0.89
blawoo Dryocopus_martius Black_Woodpecker 7.4 2.2 7 0.78
eurgrw Picus_viridis European_Green_Woodpecker 7.8 2.6 8 0.81
comqua Coturnix_coturnix Common_Quail 3.2 1.4 9 0.62
corncr Crex_crex Corn_Crake 1.2 2.4 40 0.93
tawowl Strix_aluco Tawny_Owl 1.6 2.4 18 0.90
eurnig Caprimulgus_europaeus European_Nightjar 2.0 1.8 28 0.92
comcra Grus_grus Common_Crane 4.6 1.2 12 0.94
"""
EVENING_H = 20.6
LAST_OF_NIGHT_H = 3.3
"""Who sings best after that hour is silent before."""


@dataclass(frozen=True, slots=True)
class Singer:
    """One taxon and how it sings."""

    taxon: Taxon
    peak_h: float
    """On the recorder's clock."""
    width_h: float
    songs_an_hour: float
    """At its best hour, of one bird; where it is common several sing."""
    best_score: float

    def expect_songs(self, hours: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return songs an hour at these hours of the day, (n,): most at dawn, fewer at dusk, few in between."""
        after_h = (hours - self.peak_h + 12.0) % 24.0 - 12.0
        begins_late = (after_h < 0) & (self.peak_h > LAST_OF_NIGHT_H)
        at_dawn = np.exp(-((after_h / np.where(begins_late, 0.5, self.width_h)) ** 2) / 2)
        at_dusk = 0.45 * np.exp(-(((hours - EVENING_H) / 0.7) ** 2) / 2)
        by_day = 0.06 * ((hours > self.peak_h) & (hours < EVENING_H))
        return np.asarray(self.songs_an_hour**1.3 * (at_dawn + at_dusk + by_day))


def _read(line: str) -> Singer:
    code, scientific, common, peak_h, width_h, songs, best = line.split()
    taxon = Taxon(code, scientific.replace("_", " "), common.replace("_", " "), "Aves")
    return Singer(taxon, float(peak_h), float(width_h), float(songs), float(best))


SINGERS = tuple(_read(line) for line in _TABLE.strip().splitlines())
