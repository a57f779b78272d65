"""A second, slow implementation of the pack contract's scoring on torch networks; the service must agree with it."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.networks.frontend import MelFrontEnd
from models.workshop.packing.pack import Table, Trained

Scores = NDArray[np.float64]
SCORED_S = 5.0


def score_windows(
    members: Sequence[Trained], taxa: Sequence[Taxon], waveform: NDArray[np.float32], score: Table
) -> Scores:
    """Return window scores, (n_windows, n_taxa), of a waveform at the members' own rate."""
    sums, weights = 0.0, np.zeros(len(taxa))
    codes = [taxon.code for taxon in taxa]
    for member in members:
        scores = np.zeros((_count(waveform, member), len(taxa)))
        columns = [codes.index(code) for code in member.codes]
        scores[:, columns] = _member_scores(member, waveform, score)
        weights[columns] += member.weight
        sums = sums + member.weight * scores
    return _smooth(sums / weights, [float(x) for x in score.get("smoothing", (1.0,))])


def _member_scores(member: Trained, waveform: NDArray[np.float32], score: Table) -> Scores:
    count = _count(waveform, member)
    score_at = (_by_frames if member.recipe.model.rule == "frame_max" else _by_clips)(member, waveform, count)
    shifts, weights = score["shifts_s"], np.array(score["shift_weights"]) / np.sum(score["shift_weights"])
    rows = []
    for start_s in SCORED_S * np.arange(count):
        views = [start_s + shift for shift in shifts]
        kept = [view if 0 <= view <= SCORED_S * (count - 1) else start_s for view in views]
        rows.append(sum(weight * score_at(view) for weight, view in zip(weights, kept, strict=True)))
    return np.array(rows)


def _by_clips(member: Trained, waveform: NDArray[np.float32], count: int) -> Callable[[float], Scores]:  # noqa: ARG001
    return lambda start_s: _run(member, waveform, start_s)[1]


def _by_frames(member: Trained, waveform: NDArray[np.float32], count: int) -> Callable[[float], Scores]:
    model = member.recipe.model
    stitched: dict[float, list[Scores]] = defaultdict(list)
    for start_s in np.arange(0, SCORED_S * (count - 1) + 1e-9, model.hop_s):
        frames = _run(member, waveform, start_s)[0]
        first_s = start_s - (model.window_s - SCORED_S) / 2
        for number, frame in enumerate(frames):
            stitched[round(first_s + (number + 0.5) * model.window_s / len(frames), 6)].append(frame)
    means = {center_s: np.mean(frames, axis=0) for center_s, frames in stitched.items()}
    return lambda start_s: np.max([v for c, v in means.items() if start_s <= c < start_s + SCORED_S], axis=0)


def _run(member: Trained, waveform: NDArray[np.float32], start_s: float) -> tuple[Scores, Scores]:
    """Return frame probabilities, (n_frames, n_columns), and clip probabilities, (n_columns,)."""
    model = member.recipe.model
    first = round((start_s - (model.window_s - SCORED_S) / 2) * model.sample_rate_hz)
    length = round(model.window_s * model.sample_rate_hz)
    window = np.zeros(length, np.float32)
    inside = waveform[max(0, first) : first + length]
    window[max(0, -first) : max(0, -first) + len(inside)] = inside
    with torch.inference_mode():
        output = member.network(_images(member, window, waveform))
    return torch.sigmoid(output.frame_logits[0]).double().numpy(), output.clip_probs[0].double().numpy()


def _images(member: Trained, window: NDArray[np.float32], waveform: NDArray[np.float32]) -> torch.Tensor:
    """Return the window's image; normalized by the recording, 0 is 80 dB below its loudest point."""
    mel, rate_hz = member.recipe.model.mel, member.recipe.model.sample_rate_hz
    front_end = MelFrontEnd(mel, rate_hz)
    if mel.normalize_scope == "window":
        return front_end(torch.from_numpy(window)[None])
    spectrum = torch.stft(
        torch.from_numpy(waveform), mel.n_fft, mel.hop_length, mel.win_length, front_end.window,
        center=True, pad_mode="reflect", return_complex=True,
    )  # fmt: skip
    loudest_db = 10 * torch.log10((front_end.filters @ spectrum.abs() ** 2).max())
    levels_db = 10 * torch.log10(front_end.power(torch.from_numpy(window)[None]).clamp(min=1e-10))
    return ((levels_db - loudest_db + 80) / 80).clamp(0, 1)[:, None].expand(-1, mel.channels, -1, -1)


def _count(waveform: NDArray[np.float32], member: Trained) -> int:
    return int(np.ceil(len(waveform) / member.recipe.model.sample_rate_hz / SCORED_S))


def _smooth(scores: Scores, kernel: Sequence[float]) -> Scores:
    reach = len(kernel) // 2
    padded = np.pad(scores, ((reach, reach), (0, 0)), mode="edge")
    return sum(weight * padded[k : k + len(scores)] for k, weight in enumerate(kernel))
