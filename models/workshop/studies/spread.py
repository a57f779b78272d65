"""How a mean over worlds or folds is written in the studies' tables."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def mean_and_spread(values: Sequence[float] | NDArray[np.float64], sign: str = "", digits: int = 3) -> str:
    """Return mean ± standard deviation (n - 1) of the values that are no NaN, or a dash; `sign` may be "+"."""
    known = np.asarray(values)[~np.isnan(values)]
    if not len(known):
        return "–"
    spread = f" ± {known.std(ddof=1):.{digits}f}" if len(known) > 1 else ""
    return f"{known.mean():{sign}.{digits}f}{spread}".replace("-", "−")
