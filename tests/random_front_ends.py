"""Random tables [member.mel] of schema 2, for random packs and for the tests of single images."""

from typing import Any

import numpy as np

METHODS = ("bilinear", "bilinear_antialias", "bicubic", "nearest")


def grow_front_end(random: np.random.Generator, mel: dict[str, Any]) -> dict[str, Any]:
    """Return a table with keys of schema 2, whose images have the size of those of `mel`, a table of schema 1."""
    grown = mel | {
        "window": str(random.choice(["hann", "hamming"])),
        "detrend": bool(random.integers(2)),
        "add": float(random.choice([0.0, 0.3])),
        "divide": float(random.choice([1.0, -2.5])),
        "flip": bool(random.integers(2)),
        "log": str(random.choice([mel["log"], "none", "pcen"])),
        "mean": [0.1, 0.2, 0.3][: mel["channels"]],
        "std": [0.5],
    }
    if grown["power"] == 2.0:
        grown["power_scale"] = str(random.choice(["none", "spectrum", "density", "win_length"]))
    if grown["log"] == mel["log"]:
        grown["reference"] = str(random.choice(["one", "max"]))
    else:
        grown |= {"amin": None, "top_db": None, "normalize": str(random.choice([mel["normalize"], "max"]))}
    if random.integers(2):
        grown |= {"normalize": "range", "range": [-40.0, -10.0] if grown["log"] == mel["log"] else [0.01, 0.5]}
    if mel["channels"] > 1:
        grown |= {"channel_content": "deltas", "delta_width": 7}
    if random.integers(2):
        grown |= {"resize": [mel["n_mels"], mel["n_frames"]], "resize_method": str(random.choice(METHODS))}
        grown["n_frames"] = [None, 40, 90][int(random.integers(3))]
        if random.integers(2):
            grown |= {"scale": "linear", "n_mels": None, "mel_scale": None, "mel_norm": None}
    return grown
