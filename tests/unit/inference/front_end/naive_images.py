"""A slow and literal reading of [member.mel]: one frame, one bin and one pixel at a time, in float64.

Shares no code with the service. Tables are dictionaries, as tomllib reads them.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.unit.inference.front_end.naive_sizes import flipped_resized_channels

Image = NDArray[np.float64]
DEFAULTS: dict[str, Any] = {
    "scale": "mel", "n_frames": None, "mel_scale": "htk", "mel_norm": "none", "power": 2.0, "window": "hann",
    "detrend": False, "power_scale": "none", "center": True, "pad_mode": "reflect", "log": "db", "amin": 1e-10,
    "reference": "one", "top_db": None, "normalize": "minmax", "normalize_scope": "window", "eps": 1e-6, "add": 0.0,
    "divide": 1.0, "flip": False, "resize": None, "resize_method": "bilinear", "channels": 1,
    "channel_content": "repeat", "delta_width": 9, "mean": [0.0], "std": [1.0], "pcen": {},
}  # fmt: skip
PCEN = {"gain": 0.98, "bias": 2.0, "power": 0.5, "time_constant_s": 0.4, "eps": 1e-6, "input_gain": 1.0}


def mel_image(window: Image, given: dict[str, Any], rate: int, recording: NDArray[np.float32]) -> Image:
    """Return (channels, height, width)."""
    mel = DEFAULTS | given
    image = levels(window, mel, rate, mel["n_frames"])
    whole = image if mel["normalize_scope"] == "window" else levels(recording.astype(np.float64), mel, rate)
    if mel["reference"] == "max":
        loudest = whole.max()
        image, whole = image - loudest, whole - loudest
    if mel["top_db"] is not None:
        floor = whole.max() - mel["top_db"]
        image, whole = np.maximum(image, floor), np.maximum(whole, floor)
    image = (normalized(image, whole, mel) + mel["add"]) / mel["divide"]
    return flipped_resized_channels(image, mel)


def normalized(image: Image, whole: Image, mel: dict[str, Any]) -> Image:
    eps: float = mel["eps"]
    if mel["normalize"] == "minmax":
        return np.asarray((image - whole.min()) / (whole.max() - whole.min() + eps))
    if mel["normalize"] == "standard":
        return np.asarray((image - whole.mean()) / (whole.std() + eps))
    if mel["normalize"] == "max":
        return np.asarray(image / (whole.max() + eps))
    if mel["normalize"] == "range":
        low, high = mel["range"]
        return np.asarray((np.minimum(np.maximum(image, low), high) - low) / (high - low))
    return image


def levels(sound: Image, mel: dict[str, Any], rate: int, n_frames: int | None = None) -> Image:
    power = power_of(sound, mel, rate)
    if n_frames is not None:
        fitted = np.zeros((len(power), n_frames))
        n_kept = min(power.shape[1], n_frames)
        fitted[:, :n_kept] = power[:, :n_kept]
        power = fitted
    if mel["log"] == "pcen":
        return pcen(power, PCEN | mel["pcen"], rate / mel["hop_length"])
    if mel["log"] == "none":
        return power
    if mel["log"] == "ln":
        return np.asarray(np.log(power + mel["amin"]))
    return np.asarray(10 * np.log10(np.maximum(power, mel["amin"])))


def pcen(power: Image, keys: dict[str, float], frames_per_s: float) -> Image:
    """Return E / (eps + M)^gain, compressed; M is E smoothed over time, and begins as if E had been 1 before."""
    t = keys["time_constant_s"] * frames_per_s
    b = (math.sqrt(1 + 4 * t**2) - 1) / (2 * t**2)
    image = np.zeros_like(power)
    smooth = np.ones(len(power))
    for frame in range(power.shape[1]):
        energy = keys["input_gain"] * power[:, frame]
        smooth = b * energy + (1 - b) * smooth
        gained = energy / (keys["eps"] + smooth) ** keys["gain"]
        if keys["power"] == 0:
            image[:, frame] = np.log(1 + gained)
        else:
            image[:, frame] = (gained + keys["bias"]) ** keys["power"] - keys["bias"] ** keys["power"]
    return image


def power_of(sound: Image, mel: dict[str, Any], rate: int) -> Image:
    """Return power by frequency and frame: through mel filters, or the bins between two frequencies."""
    n_fft, win_length = mel["n_fft"], mel["win_length"]
    left = (n_fft - win_length) // 2
    offset, amplitude = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46)}[mel["window"]]
    window = np.zeros(n_fft)
    for i in range(win_length):
        window[left + i] = offset - amplitude * math.cos(2 * math.pi * i / win_length)
    if mel["center"] or len(sound) < n_fft:
        sound = np.pad(sound, n_fft // 2, mode=mel["pad_mode"])
    columns = []
    first = 0
    while first + n_fft <= len(sound):
        frame = sound[first : first + n_fft]
        if mel["detrend"]:
            frame = frame - frame[left : left + win_length].mean()
        columns.append(np.abs(np.fft.rfft(frame * window)) ** mel["power"] * scales(window, mel, rate))
        first += mel["hop_length"]
    power = np.array(columns).T
    if mel["scale"] == "mel":
        return np.asarray(mel_filters(mel, rate) @ power)
    kept = [b for b in range(len(power)) if mel["f_min_hz"] <= b * rate / n_fft <= mel["f_max_hz"]]
    return power[kept]


def scales(window: Image, mel: dict[str, Any], rate: int) -> Image:
    """Return a factor for each bin; all but the first, and the last of an even n_fft, stand for two."""
    n_fft = len(window)
    factors = np.ones(n_fft // 2 + 1)
    if mel["power_scale"] == "win_length":
        return np.asarray(factors / mel["win_length"])
    if mel["power_scale"] == "none":
        return factors
    for b in range(1, len(factors)):
        if 2 * b != n_fft:
            factors[b] = 2.0
    if mel["power_scale"] == "spectrum":
        return np.asarray(factors / window.sum() ** 2)
    return np.asarray(factors / (rate * (window**2).sum()))


def mel_filters(mel: dict[str, Any], rate: int) -> Image:
    """Return triangles between points that are evenly spaced in mel."""
    low, high = hz_to_mel(mel["f_min_hz"], mel), hz_to_mel(mel["f_max_hz"], mel)
    edges = [mel_to_hz(low + (high - low) * i / (mel["n_mels"] + 1), mel) for i in range(mel["n_mels"] + 2)]
    filters = np.zeros((mel["n_mels"], mel["n_fft"] // 2 + 1))
    for m in range(mel["n_mels"]):
        left, top, right = edges[m : m + 3]
        for b in range(filters.shape[1]):
            f = b * rate / mel["n_fft"]
            filters[m, b] = max(0.0, min((f - left) / (top - left), (right - f) / (right - top)))
        if mel["mel_norm"] == "slaney":
            filters[m] *= 2 / (right - left)
    return filters


def hz_to_mel(hz: float, mel: dict[str, Any]) -> float:
    if mel["mel_scale"] == "htk":
        return 2595 * math.log10(1 + hz / 700)
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * math.log(hz / 1000) / math.log(6.4)


def mel_to_hz(value: float, mel: dict[str, Any]) -> float:
    if mel["mel_scale"] == "htk":
        return float(700 * (10 ** (value / 2595) - 1))
    return value * 200 / 3 if value < 15 else float(1000 * 6.4 ** ((value - 15) / 27))
