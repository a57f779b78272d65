"""What makes probabilities of logits."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def sigmoid(logits: Array, temperature: float) -> Array:
    """Compute 1 / (1 + e^(−logits / temperature)) in place."""
    with np.errstate(over="ignore"):  # e^∞ correctly becomes a score of 0
        logits *= np.float32(-1.0 / temperature)
        np.exp(logits, out=logits)
        logits += 1.0
        return np.reciprocal(logits, out=logits)


def softmax(logits: Array, temperature: float) -> Array:
    """Compute e^(logits / temperature), divided by its sum over the columns, the last axis, in place."""
    with np.errstate(over="ignore"):  # e^−∞ correctly becomes a score of 0
        logits -= logits.max(axis=-1, keepdims=True)
        logits /= np.float32(temperature)
        np.exp(logits, out=logits)
    logits /= logits.sum(axis=-1, keepdims=True)
    return logits
