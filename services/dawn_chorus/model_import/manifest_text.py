"""The text of a pack.toml, with comments for whoever edits it later."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dawn_chorus.domain.names import displayed
from dawn_chorus.model_import.front_end_files import FrontEnd
from dawn_chorus.model_import.network.finding import FoundNetwork
from dawn_chorus.model_import.network.inputs import Axes
from dawn_chorus.model_import.questions import Settled

_FINEST_S, _COARSEST_S = 0.1, 0.5
_LINE_ENDS = re.compile("[\x7f\x85\u2028\u2029]")
_TEXT = """\
# Written by `chorus models import` from {source}.
# models/PACKS.md of Dawn Chorus explains every key. After a change raise the version and run
# `chorus models seal FOLDER`, which writes golden.npz and [files] again.
schema = 2
name = {name}
version = {version}
# SPDX expression of the weights, shown with every result; NOASSERTION: nobody said.
license = {license}
attribution = {attribution}
# Its rows are in the order of the network's columns; names, classes and thresholds of taxa can be added there.
taxa = "taxa.csv"
# The grid of framewise scores.
frame_s = {frame_s}
golden = "golden.npz"

[score]
# A score for every so many seconds.
window_s = {scored_s}
# Windows can be scored again with shifts: shifts_s = [-2.5, 0.0, 2.5]

[detection]
# An event begins where a score reaches the first, and ends where it falls below the second.
onset_threshold = 0.5
offset_threshold = 0.3
min_event_s = 0.0
min_gap_s = 0.5

[[member]]
{member}
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that pack.toml says."""

    found: FoundNetwork
    settled: Settled
    front_end: FrontEnd | None
    axes: Axes | None
    batch: int | None
    """How many windows the network takes at a time; None: any number."""
    n_frames: int = 0
    """Of a window; 0: the network gives scores of clips only."""


def grid_step_s(window_s: float, n_frames: int) -> float:
    """Return the grid of framewise scores: the network's own frames, or the multiple of them from 0.1 s on.

    A grid that is coarser passes over frames; one finer than 0.1 s costs memory, by the taxon. Without frames, 0.5.
    """
    if not n_frames:
        return _COARSEST_S
    step_s = window_s / n_frames
    return min(_COARSEST_S, round(step_s * max(1, math.ceil(_FINEST_S / step_s - 1e-6)), 6))


def manifest_text(plan: Plan) -> str:
    """Return the text, without the table [files]."""
    request = plan.settled.request
    return _TEXT.format(
        source=_value(displayed(request.file.name)),
        name=_value(request.name),
        version=_value(request.version),
        license=_value(request.license),
        attribution=_value(request.attribution),
        frame_s=_value(grid_step_s(plan.settled.window_s, plan.n_frames)),
        scored_s=_value(plan.settled.scored_s),
        member="\n".join(_member(plan)),
    )


def _member(plan: Plan) -> Iterable[str]:
    chosen, outputs, request = plan.found.input, plan.settled.outputs, plan.settled.request
    keys: dict[str, Any] = {
        "file": plan.found.source.name,
        "input": "waveform" if chosen.is_waveform else "mel",
        "input_name": chosen.name,
        "sample_rate_hz": plan.settled.sample_rate_hz,
        "window_s": float(plan.settled.window_s),
        "hop_s": float(plan.settled.scored_s),
        "rule": "clip" if outputs.clip else "frame_max",
        "activation": request.activation,
        "batch": plan.batch or "dynamic",
    }
    if chosen.channel_axis != "none":
        keys["channel_axis"] = chosen.channel_axis
    if plan.front_end is not None:
        keys |= plan.front_end.member
    if plan.axes is not None:
        keys |= {"layout": plan.axes.layout, "channel_axis": plan.axes.channel_axis}
    yield from _lines(keys)
    named = {"clip": outputs.clip, "frames": outputs.frames}
    kept = {key: name for key, name in named.items() if name is not None}
    table: dict[str, Any] = {**kept, "kind": "probs" if request.activation == "none" else "logits"}
    if outputs.frames is not None and outputs.frames_axis == 2:
        table["frames_axis"] = 2
    yield from ("", "[member.outputs]", *_lines(table))
    if plan.front_end is not None and plan.front_end.mel is not None:
        yield from _table("member.mel", plan.front_end.mel)


def _table(name: str, table: Mapping[str, Any]) -> Iterable[str]:
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    yield from ("", f"[{name}]", *_lines({key: value for key, value in table.items() if key not in inner}))
    for key, value in inner.items():
        yield from _table(f"{name}.{key}", value)


def _lines(table: Mapping[str, Any]) -> Iterable[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items()]


def _value(value: Any) -> str:
    """Return a value as TOML: JSON's, with escapes for what some readers take for the end of a line."""
    return _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
