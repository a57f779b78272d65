"""A slow and literal reading of how networks take windows and what they give. Shares no code with the service."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]


def cut(waveform: Waveform, start_s: float, window_s: float, rate: int) -> NDArray[np.float64]:
    first = round(start_s * rate)
    n_samples = round(window_s * rate)
    silence = np.zeros(n_samples)
    endless = np.concatenate([silence, waveform, silence, silence])
    return endless[first + n_samples : first + 2 * n_samples]


def scale(window: NDArray[np.float64], member: dict[str, Any]) -> NDArray[np.float64]:
    """Return the window without its mean, and as loud as the member wants it."""
    if member.get("remove_mean", False):
        window = window - sum(window.tolist()) / len(window)
    loudest = max(abs(window).tolist())
    if member.get("waveform_scale", "none") == "peak" and loudest > 0:
        window = window * (float(member.get("peak", 1.0)) / loudest)
    return np.asarray(window, np.float64)


def lay_out(inputs: NDArray[np.float64], member: dict[str, Any]) -> NDArray[np.float64]:
    """Return a waveform, or an image (channels, frequencies, times), with the axes that the network takes."""
    if member["input"] == "waveform":
        axis = {"first": 0, "last": 1}.get(member.get("channel_axis", "none"))
        return inputs if axis is None else np.asarray(np.expand_dims(inputs, axis), np.float64)
    if member.get("layout", "frequency_major") == "time_major":
        inputs = np.moveaxis(inputs, 1, 2)
    where = member.get("channel_axis", "first")
    if where == "none":
        return np.asarray(inputs[0], np.float64)
    return np.moveaxis(inputs, 0, 2) if where == "last" else inputs


def activate(logits: NDArray[np.float64], activation: str) -> NDArray[np.float64]:
    """Return probabilities of logits whose last axis is the columns."""
    if activation == "softmax":
        powers = np.exp(logits - logits.max())
        softmax: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
        return softmax
    sigmoid: NDArray[np.float64] = 1 / (1 + np.exp(-logits))
    return sigmoid
