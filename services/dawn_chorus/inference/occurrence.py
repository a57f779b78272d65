"""Which taxa occur at a place in a given week, for packs that have an occurrence model."""

import numpy as np

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.recording import WHOLE_YEAR
from dawn_chorus.domain.timeline import Scores
from dawn_chorus.inference.packs.network_file import NetworkFile
from dawn_chorus.inference.session import ORT_ERRORS, Network, SessionOptions


class OccurrenceModel:
    """An opened occurrence model; small enough to always run on the CPU. Safe to use from many threads."""

    INPUTS = ("latitude", "longitude", "week")

    def __init__(self, file: NetworkFile, n_taxa: int) -> None:
        """Raise InvalidPack if the network has other inputs or outputs."""
        self._network = Network(file, SessionOptions())
        where = f"{file.name}: occurrence.file"
        if set(self._network.inputs) != set(self.INPUTS) or "probs" not in self._network.outputs:
            raise InvalidPack(
                f"{where}: takes {sorted(self._network.inputs)} and gives {self._network.outputs}; "
                f"it must take {sorted(self.INPUTS)} and give probs"
            )
        try:
            shape = self._run(0.0, 0.0, WHOLE_YEAR).shape
        except ORT_ERRORS as error:
            raise InvalidPack(f"{where}: fails on float32 inputs of one number each: {error}") from error
        if shape != (1, n_taxa):
            raise InvalidPack(f"{where}: probs: is {list(shape)}, but the taxa table has {n_taxa} taxa")

    def probabilities(self, latitude: float, longitude: float, week: int) -> Scores:
        """Return the probability that each taxon occurs, (n_taxa,)."""
        probabilities: Scores = self._run(latitude, longitude, week)[0]
        return probabilities

    def _run(self, *values: float) -> Scores:
        feeds = {name: np.array([value], np.float32) for name, value in zip(self.INPUTS, values, strict=True)}
        [probabilities] = self._network.run(feeds, ["probs"])
        return probabilities
