"""What the keys of a [[member]] demand of each other, and which of them came with schema 2."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dawn_chorus.inference.packs.manifest_tables import MemberTable, OutputsTable

SCHEMA_1_MEMBER = frozenset(
    [
        "file",
        "sha256",
        "weight",
        "input",
        "sample_rate_hz",
        "window_s",
        "hop_s",
        "rule",
        "resampler",
        "temperature",
        "columns",
        "frame_start_s",
        "frame_step_s",
        "mel",
    ]
)
SCHEMA_1_MEL = frozenset(
    [
        "n_fft",
        "win_length",
        "hop_length",
        "n_frames",
        "n_mels",
        "f_min_hz",
        "f_max_hz",
        "mel_scale",
        "mel_norm",
        "power",
        "window",
        "center",
        "pad_mode",
        "log",
        "amin",
        "top_db",
        "normalize",
        "normalize_scope",
        "eps",
        "channels",
    ]
)
SCHEMA_1_CHOICES = {"window": {"hann"}, "log": {"db", "ln"}, "normalize": {"minmax", "standard", "none"}}
"""What keys of [member.mel] could be."""


def find_schema_2_keys(members: "Iterable[MemberTable]") -> Iterator[str]:
    """Yield a line for each key, and each choice, that a pack of schema 1 cannot have."""
    for number, member in enumerate(members):
        place, later = f"member[{number}]", "belongs to schema = 2"
        for key in sorted(member.model_fields_set - SCHEMA_1_MEMBER):
            yield f"{place}.{key}: {later}"
        if member.mel is None:
            continue
        for key in sorted(member.mel.model_fields_set - SCHEMA_1_MEL):
            yield f"{place}.mel.{key}: {later}"
        for key, choices in SCHEMA_1_CHOICES.items():
            if (choice := getattr(member.mel, key)) not in choices:
                yield f'{place}.mel.{key}: "{choice}" {later}'
        if member.mel.n_frames is None:
            yield f"{place}.mel.n_frames: is missing, which {later}"


def find_member_faults(member: "MemberTable") -> Iterator[str]:
    """Yield a line for each key that does not go with the others."""
    kind = member.outputs.kind if member.outputs else "logits"
    if member.activation == "none" and kind == "logits":
        yield 'activation: "none" goes with kind = "probs" in [member.outputs] only; set that, or another activation'
    if kind == "probs" and member.activation not in {None, "none"}:
        yield f'activation: "{member.activation}" would be applied to probabilities; set "none", or kind = "logits"'
    if kind == "probs" and member.temperature != 1.0:
        yield 'temperature: divides logits, and kind = "probs" says that there are none; remove it'
    if member.waveform_scale == "none" and member.peak != 1.0:
        yield 'peak: is used with waveform_scale = "peak" only; set that, or remove it'
    if member.inner_s is not None and member.inner_s > member.window_s:
        yield f"inner_s: {member.inner_s} is longer than window_s, {member.window_s}"
    yield from _find_axes_faults(member)


def _find_axes_faults(member: "MemberTable") -> Iterator[str]:
    if member.input == "waveform" and member.layout != "frequency_major":
        yield 'layout: is that of images; remove it, or set input = "mel"'
    mel = member.mel
    if mel is None:
        return
    if member.channel_axis == "none" and mel.channels != 1:
        yield f'channel_axis: "none" leaves no room for mel.channels = {mel.channels}'
    if mel.normalize_scope == "recording" and (member.remove_mean or member.waveform_scale != "none"):
        key = "remove_mean" if member.remove_mean else "waveform_scale"
        yield (
            f'{key}: changes each window on its own, so mel.normalize_scope = "recording" cannot measure the segment; '
            'set it to "window", or do without this key'
        )


def find_outputs_faults(outputs: "OutputsTable") -> Iterator[str]:
    """Yield a line for each key of [member.outputs] that does not go with the others."""
    if outputs.clip is None and outputs.frames is None:
        yield "clip: is missing, and so is frames: name at least one output"
    if outputs.frames is None and outputs.frames_axis != 1:
        yield "frames_axis: is that of frames, which is missing; name that output, or remove this key"
    if outputs.clip is not None and outputs.clip == outputs.frames:
        yield f"clip: {outputs.clip!r} is the output of frames, too; name another, or remove one of the two"
