"""All of them."""

from tests.foreign_networks.authors.custom_classifier import CUSTOM_CLASSIFIERS
from tests.foreign_networks.authors.ensemble import ENSEMBLE
from tests.foreign_networks.authors.kaggle import KAGGLE, KAGGLE_EIGHT
from tests.foreign_networks.authors.opensoundscape import OPENSOUNDSCAPE
from tests.foreign_networks.authors.other_authors import PCEN
from tests.foreign_networks.authors.perch import PERCH
from tests.foreign_networks.authors.time_major import TIME_MAJOR
from tests.foreign_networks.foreign import Foreign

FOREIGN: tuple[Foreign, ...] = (
    PERCH,
    *OPENSOUNDSCAPE,
    KAGGLE,
    KAGGLE_EIGHT,
    *TIME_MAJOR,
    PCEN,
    *CUSTOM_CLASSIFIERS,
    ENSEMBLE,
)
