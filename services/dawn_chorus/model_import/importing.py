"""All steps of `chorus models import`: read, look, ask, write, seal."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.inference.verification import Verification, seal_apart
from dawn_chorus.model_import.first_look import Array, Look
from dawn_chorus.model_import.front_end_files import FrontEnd, read_front_end
from dawn_chorus.model_import.front_end_notes import note_front_end
from dawn_chorus.model_import.manifest_text import Plan
from dawn_chorus.model_import.network.finding import FoundNetwork, describe, find_network, take_look
from dawn_chorus.model_import.network.inputs import Axes, check_samples, find_axes
from dawn_chorus.model_import.network.outputs import ChosenOutputs, note_companion, real_shapes
from dawn_chorus.model_import.network.source import read_source
from dawn_chorus.model_import.questions import Ask, Settled, settle
from dawn_chorus.model_import.request import Request, check_request
from dawn_chorus.model_import.writing import new_folder, write_pack

_NEAR = 1e-4


@dataclass(frozen=True, slots=True)
class Conversation:
    """Whoever wants the import."""

    ask: Ask | None
    """None: nobody is there to answer."""
    show: Callable[[Mapping[str, str]], None]
    """Prints names and values."""
    note: Callable[[str], None]
    """Prints a line."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A pack that was written and verified."""

    folder: Path
    verification: Verification


def import_model(request: Request, user: Conversation) -> Imported:
    """Write the pack. Raises PermanentError, one line, and leaves nothing behind, if that cannot be done."""
    check_request(request)
    file = request.file.name
    given = None if request.front_end is None else read_front_end(request.front_end)
    found = find_network(read_source(request.file), request.input_name, given, file)
    user.show(describe(found))
    for note in (*found.notes, *_front_end_notes(found, request)):
        user.note(note)
    with tempfile.TemporaryDirectory(prefix="chorus-import-") as scratch:
        look = _look_early(found, Path(scratch), file)
        settled = settle(request, found, look, user.ask)
        request = settled.request
        check_request(request)
        front_end = None if request.front_end is None else read_front_end(request.front_end)
        axes = _check_input(settled, found, front_end, user)
        if look is None:
            look = take_look(found, _window_shape(settled, found, axes), Path(scratch), file)
            settled = settle(request, found, look, user.ask)
        _tell_choices(settled, found, look, user)
        if one_at_a_time := found.input.batch is None and look.batch == 1:
            user.note(
                "it says that it takes any number of windows, but several at once fail or change each other: batch = 1"
            )
    out = request.out or Path()
    with new_folder(out) as folder:
        batch = 1 if one_at_a_time else found.input.batch
        write_pack(folder, Plan(found, settled, front_end, axes, batch, _count_frames(settled.outputs, look)))
        verification = seal_apart(folder)
    return Imported(out, verification)


def _front_end_notes(found: FoundNetwork, request: Request) -> list[str]:
    if found.looks_like_perch and request.front_end is None:
        prepared = "its waveforms have their mean removed and a peak of 0.25"
        return [f"this looks like Perch v2: {prepared}: consider --front-end perch-v2 --activation softmax"]
    if found.is_on_birdnet and request.front_end is None:
        resampled = "its tools resample with kaiser_fast, and its scores depend on that"
        return [f"this has BirdNET's body: {resampled}: consider --front-end birdnet --activation sigmoid"]
    return []


def _look_early(found: FoundNetwork, scratch: Path, file: str) -> Look | None:
    """Run the network before anything is asked, if all sizes are declared: answers may show in its outputs."""
    shape = tuple(size for size in found.input.shape[1:] if isinstance(size, int))
    return take_look(found, shape, scratch, file) if len(shape) == len(found.input.shape) - 1 else None


def _check_input(settled: Settled, found: FoundNetwork, front_end: FrontEnd | None, user: Conversation) -> Axes | None:
    """Return the axes of images; None: waveforms, whose samples are checked."""
    file, rate_hz, window_s = settled.request.file.name, settled.sample_rate_hz, settled.window_s
    if found.input.is_waveform:
        check_samples(found.input, rate_hz, window_s, file)
        return None
    axes, said = find_axes(found.input, front_end, rate_hz, window_s, file)
    user.note(said)
    for note in () if front_end is None else note_front_end(front_end, rate_hz):
        user.note(note)
    return axes


def _window_shape(settled: Settled, found: FoundNetwork, axes: Axes | None) -> tuple[int, ...]:
    if axes is not None:
        return axes.shape
    return found.input.window_shape(round(settled.window_s * settled.sample_rate_hz))


def _tell_choices(settled: Settled, found: FoundNetwork, look: Look, user: Conversation) -> None:
    """Show what was chosen and why, and what it makes of noise."""
    outputs, labels, request = settled.outputs, settled.labels, settled.request
    names = " and ".join(shown(name) for name in (outputs.clip, outputs.frames) if name)
    sounds = ("silence", "noise") if found.input.is_waveform else ("images of zeros", "of random numbers")
    low, high = look.range_of(outputs.main)
    above = _count_above(look.noise[outputs.main], request.activation or "", len(labels), outputs.frames_axis)
    user.show(
        {
            "labels": f"{len(labels):,}, read as {labels.read_as}",
            "scores": f"{names}, {outputs.why}; {'clips' if outputs.clip else 'frames'}; {request.activation}",
            "first look": f"{low:.3g} to {high:.3g} on {' and '.join(sounds)}; of the latter {above:,} of "
            f"{len(labels):,} taxa would score above 0.5",
        }
    )
    declared = {output.name: output.shape for output in found.outputs}
    kind = "probabilities" if request.activation == "none" else "logits"
    companion = note_companion(real_shapes(found.outputs, look.shapes(declared)), outputs, labels, kind)
    for note in (*labels.notes, *([companion] if companion else [])):
        user.note(note)
    if not np.isfinite([low, high]).all():
        raise PermanentError(f"{request.file.name}: {names} is not a finite number in places, on silence or noise")
    if request.activation == "none" and not (low >= -_NEAR and high <= 1 + _NEAR):
        raise PermanentError(
            f"--activation none: {names} is {low:.3g} to {high:.3g}, no probabilities: give sigmoid or softmax"
        )


def _count_frames(outputs: ChosenOutputs, look: Look) -> int:
    """Return how many frames a window has; 0: none."""
    return look.noise[outputs.frames].shape[outputs.frames_axis] if outputs.frames else 0


def _count_above(raw: Array, activation: str, n_labels: int, frames_axis: int) -> int:
    """Return how many columns score above 0.5 in any window or frame."""
    scores = np.moveaxis(raw, 1, -1) if raw.ndim == 3 and frames_axis == 2 else raw
    if activation == "sigmoid":
        scores = scores + 0.5
    elif activation == "softmax":
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores = shares / shares.sum(axis=-1, keepdims=True)
    return int((scores.reshape(-1, n_labels) > 0.5).any(axis=0).sum())
