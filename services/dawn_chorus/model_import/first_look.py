"""A first look at what a network gives: its outputs for silence and for noise, as they come."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.inference.packs.network_file import NetworkFile
from dawn_chorus.inference.session import ORT_ERRORS, Network, SessionOptions
from dawn_chorus.model_import.network.graph import Shape

Array = NDArray[np.float32]
_NOISE = 0.1
"""Deviation of the noise of a waveform; images are of numbers from 0 to 1."""
_SAME = 1e-3
"""Of the largest output: how far other sums of the same numbers may be apart."""


@dataclass(frozen=True, slots=True)
class Look:
    """Outputs by name, (n_windows, …)."""

    silence: Mapping[str, Array]
    noise: Mapping[str, Array]
    batch: int
    """How many windows were run at a time."""

    def shapes(self, declared: Mapping[str, Shape]) -> dict[str, Shape]:
        """Return real sizes, with N for the axis of windows where it is not declared as a number."""
        return {
            name: (shape[0] if (shape := declared[name]) and isinstance(shape[0], int) else "N", *result.shape[1:])
            for name, result in self.silence.items()
            if result.ndim
        }

    def range_of(self, name: str) -> tuple[float, float]:
        """Return the smallest and largest number of both."""
        both = [self.silence[name], self.noise[name]]
        return float(min(map(np.min, both))), float(max(map(np.max, both)))


def look_at(arguments: Mapping[str, Any]) -> None:
    """Run a network on silence and on noise, and write its outputs; `take_look` says what the arguments are."""
    weights = {location: Path(path).read_bytes() for location, path in arguments["weights"].items()}
    content = Path(arguments["network"]).read_bytes()
    file = NetworkFile(arguments["name"], content, has_half_weights=False, weights=weights)
    network, outputs = Network(file, SessionOptions()), arguments["outputs"]
    for batch in arguments["batches"]:
        sounds, is_last = _make_sounds(batch, arguments), batch == arguments["batches"][-1]
        try:
            results = {sound: network.run({arguments["input"]: values}, outputs) for sound, values in sounds.items()}
            if is_last or _gives_the_same_alone(network, arguments, results):
                break
        except ORT_ERRORS:
            if is_last:
                raise
    arrays = {f"{sound}_{number}": each for sound in results for number, each in enumerate(results[sound])}
    np.savez(arguments["into"], allow_pickle=False, batch=np.array(batch), **arrays)


def _make_sounds(batch: int, arguments: Mapping[str, Any]) -> dict[str, Array]:
    shape = (batch, *arguments["shape"])
    random = np.random.default_rng(0)
    noise = random.normal(0, _NOISE, shape) if arguments["is_waveform"] else random.random(shape)
    return {"silence": np.zeros(shape, np.float32), "noise": noise.astype(np.float32)}


def _gives_the_same_alone(network: Network, arguments: Mapping[str, Any], results: Mapping[str, list[Array]]) -> bool:
    """Return whether a silent window gives the same beside a loud one as beside another silent one.

    Torchaudio's AmplitudeToDB, for one, takes its floor over the whole batch.
    """
    sounds = _make_sounds(2, arguments)
    mixed = np.stack([sounds["silence"][0], sounds["noise"][1]])
    beside_noise = network.run({arguments["input"]: mixed}, arguments["outputs"])
    for output, silent, noisy in zip(beside_noise, results["silence"], results["noise"], strict=True):
        largest = max(float(np.abs(each).max(initial=0.0)) for each in (silent, noisy))
        if output.shape != silent.shape or not np.allclose(
            output[:1], silent[:1], rtol=0.0, atol=_SAME * largest, equal_nan=True
        ):
            return False
    return True


def read_look(path: Path, outputs: list[str]) -> Look:
    with np.load(path, allow_pickle=False) as arrays:
        silence, noise = (
            {name: arrays[f"{sound}_{number}"] for number, name in enumerate(outputs)} for sound in ("silence", "noise")
        )
        batch = int(arrays["batch"])
    return Look(silence, noise, batch)
