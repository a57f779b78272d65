"""A pack's self-test: a known sound, and the scores that the pack must compute for it on the device that will serve."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.recording import round_s
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.packs.faults import Faults
from dawn_chorus.inference.packs.files import GOLDEN_MOST_BYTES, read_file
from dawn_chorus.inference.packs.golden_file import read_golden, read_sound
from dawn_chorus.inference.packs.manifest import Manifest
from dawn_chorus.inference.packs.pack import Pack, draft_pack, read_pack
from dawn_chorus.inference.packs.sealing import name_golden, replace_file, seal_pack
from dawn_chorus.inference.pipeline import score_segment
from dawn_chorus.inference.segment_scores import SegmentScores
from dawn_chorus.inference.synthetic_sound import synthesize_dawn
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat
from dawn_chorus.inference.waveforms.resampling import Samples, open_resampler

FULL_TOLERANCE = 1e-4
HALF_TOLERANCE = 2e-2
"""For packs with weights stored in 16 bits."""
_SHORTEST_S = 12.0
"""Of a synthetic sound."""
_MOST_SAMPLES = 10_000_000
"""Of a synthetic sound: its file may have 64 MiB."""


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """The result of a self-test; `str` is a one-line summary."""

    worst_difference: float | None
    """Largest difference between a computed and a golden score; None: the pack has no self-test."""
    tolerance: float

    def __str__(self) -> str:
        if self.worst_difference is None:
            return "the pack has no golden.npz, so nothing was recomputed"
        return f"self-test passed: scores within {self.worst_difference:.1e} (tolerance {self.tolerance:.0e})"


def verify_pack(folder: Path, options: SessionOptions) -> SelfTestResult:
    """Open a pack and run its self-test; raises what `open_ensemble` and `verify_golden` raise."""
    return verify_golden(open_ensemble(folder, options))


def verify_golden(ensemble: Ensemble) -> SelfTestResult:
    """Recompute a pack's golden scores with the code that scores recordings.

    Raises InvalidPack if they differ by more than the tolerance: such a pack must not serve on this device.
    """
    pack, golden_name = ensemble.pack, ensemble.pack.manifest.golden
    tolerance = HALF_TOLERANCE if any(member.has_half_weights for member in ensemble.members) else FULL_TOLERANCE
    if golden_name is None:
        return SelfTestResult(None, tolerance)
    where = f"{pack.folder.name}/{golden_name}"
    golden = _read_golden(pack, golden_name)
    scores = _score_whole(ensemble, golden["waveform"], int(golden["sample_rate_hz"]))
    worst, faults = 0.0, Faults()
    for name, actual in (("window_scores", scores.window_scores), ("frame_scores", scores.frame_scores)):
        if name in golden:
            place = f"{where}: {name}"
            worst = max(worst, faults.attempt(_compare, golden[name], actual, place, tolerance, ensemble.provider) or 0)
    faults.raise_any()
    return SelfTestResult(worst, tolerance)


def self_test_sound(pack: Pack) -> tuple[Samples, int]:
    """Return the sound of a pack's self-test, (n_samples,), and its rate in Hz; a synthetic one if it has none."""
    if pack.manifest.golden is None:
        return synthesize_sound(pack.manifest)
    golden = _read_golden(pack, pack.manifest.golden)
    return golden["waveform"].astype(np.float32), int(golden["sample_rate_hz"])


def synthesize_sound(manifest: Manifest) -> tuple[Samples, int]:
    """Return a dawn of two windows or more at the first member's rate, (n_samples,), and that rate in Hz."""
    rate_hz = manifest.member[0].sample_rate_hz
    windows_s = 2 * max(member.window_s for member in manifest.member)
    duration_s = min(max(_SHORTEST_S, windows_s), _MOST_SAMPLES / rate_hz)
    return synthesize_dawn(duration_s, rate_hz), rate_hz


def find_golden_faults(folder: Path) -> tuple[str, ...]:
    """Return what is wrong with the self-test of a pack that cannot be opened, as far as that can be said."""
    faults = Faults()
    pack = faults.attempt(draft_pack, folder, Faults())
    if pack is None or pack.manifest.golden is None:
        return ()
    faults.attempt(_read_golden, pack, pack.manifest.golden)
    return faults.lines()


def _read_golden(pack: Pack, name: str) -> dict[str, NDArray[Any]]:
    sha256 = pack.manifest.sha256s.get(name)
    content = read_file(pack.folder, name, "golden", GOLDEN_MOST_BYTES, sha256)
    return read_golden(content, f"{pack.folder.name}/{name}")


def write_golden(folder: Path, waveform: Samples, sample_rate_hz: int) -> SelfTestResult:
    """Write a pack's scores of a sound, (n_samples,), on the CPU, to the file that pack.toml names, and verify them.

    From schema 2 on the pack is sealed with it: [files] of its pack.toml is written from what the folder holds.
    """
    folder = folder.resolve()
    golden_name = name_golden(folder)
    (folder / golden_name).touch()  # a pack that names a golden file can only be opened if the file exists
    seal_pack(folder)
    _write_scores(folder, golden_name, waveform, sample_rate_hz)
    return verify_pack(folder, SessionOptions())


def rewrite_golden(folder: Path) -> None:
    """Write a pack's self-test anew, of the sound that it has, or of a synthetic one, and seal the pack with it.

    Raises what `open_ensemble` raises; nothing is verified.
    """
    folder = folder.resolve()
    golden_name, sound = name_golden(folder), None
    golden = folder / golden_name
    if golden.exists() and golden.stat().st_size:
        content = read_file(folder, golden_name, "golden", GOLDEN_MOST_BYTES)
        arrays = read_sound(content, f"{folder.name}/{golden_name}")
        sound = arrays["waveform"], int(arrays["sample_rate_hz"])
    if not golden.exists():
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.touch()
    seal_pack(folder)
    _write_scores(folder, golden_name, *(sound or synthesize_sound(read_pack(folder).manifest)))


def _write_scores(folder: Path, golden_name: str, waveform: Samples, sample_rate_hz: int) -> None:
    """Write the scores of a sound to a file of a sealed pack, and seal the pack again."""
    ensemble = open_ensemble(folder, SessionOptions())
    scores = _score_whole(ensemble, waveform, sample_rate_hz)
    arrays = {"waveform": waveform, "sample_rate_hz": np.array(sample_rate_hz), "window_scores": scores.window_scores}
    if scores.frame_scores is not None:
        arrays["frame_scores"] = scores.frame_scores
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    replace_file(folder / golden_name, content.getvalue())
    seal_pack(folder)


def _score_whole(ensemble: Ensemble, waveform: Samples, sample_rate_hz: int) -> SegmentScores:
    """Return the scores of a sound in memory, as one segment."""
    duration_s = round_s(len(waveform) / sample_rate_hz)
    start_s, end_s = -ensemble.margin_s, duration_s + ensemble.margin_s
    waveforms = {
        wanted: resample_sound(waveform.astype(np.float32), sample_rate_hz, wanted, start_s, end_s)
        for wanted in ensemble.formats
    }
    audio = LoadedAudio(waveforms, start_s, end_s, ())
    return score_segment(ensemble, audio, Segment(0, 0.0, duration_s), duration_s=duration_s)


def resample_sound(waveform: Samples, source_hz: int, wanted: WaveformFormat, start_s: float, end_s: float) -> Samples:
    """Return a stretch of a sound, resampled as `load_audio` does: zero outside the sound; start_s is 0 or less."""
    first, end = round(start_s * wanted.sample_rate_hz), round(end_s * wanted.sample_rate_hz)
    resampler = open_resampler(wanted.resampler, source_hz, wanted.sample_rate_hz, first, end)
    before, after = max(0, -resampler.first_input), max(0, resampler.end_input - len(waveform))
    resampler.feed(np.pad(waveform, (before, after))[before + resampler.first_input :][: before + resampler.end_input])
    resampled = resampler.result()
    resampled[: max(0, -first)] = 0.0
    resampled[resampler.length_of(len(waveform)) - first :] = 0.0
    return resampled


def _compare(
    golden: NDArray[Any], actual: NDArray[np.float32] | None, where: str, tolerance: float, provider: str
) -> float:
    """Return the largest difference; raise InvalidPack if it exceeds the tolerance or the shapes differ."""
    shape = None if actual is None else actual.shape
    if actual is None or golden.shape != shape:
        raise InvalidPack(f"{where}: is {golden.shape}, the pack computes {shape}: write the self-test again")
    worst = float(np.abs(golden - actual).max(initial=0.0))
    if not worst <= tolerance:
        raise InvalidPack(
            f"{where}: self-test failed on {provider}: scores differ by up to {worst:.2g} (tolerance {tolerance:g}); "
            "the files or this device compute other scores than those the pack was made with; if you edited the pack, "
            "run `chorus models seal FOLDER`"
        )
    return worst
