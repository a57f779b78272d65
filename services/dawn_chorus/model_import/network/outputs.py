"""Which output of a network holds the scores, and what its axes are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.model_import.labels import Labels
from dawn_chorus.model_import.network.graph import FLOATS, Shape, TensorFacts, sizes

_CLIPS, _FRAMES = ("clip_logits", "clip_probs"), "frame_logits"


@dataclass(frozen=True, slots=True)
class ChosenOutputs:
    """The outputs that are scores; at least one."""

    clip: str | None = None
    frames: str | None = None
    frames_axis: Literal[1, 2] = 1
    why: str = ""

    @property
    def main(self) -> str:
        return self.clip or self.frames or ""


class Undecided(Exception):
    """Several outputs could be the scores; the message lists them."""

    def __init__(self, names: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.names = names


def real_shapes(outputs: Sequence[TensorFacts], measured: Mapping[str, Shape]) -> list[TensorFacts]:
    """Return the outputs that are numbers, with the sizes that they had when the network was run."""
    return [
        TensorFacts(each.name, each.element, measured.get(each.name, each.shape), each.last_node)
        for each in outputs
        if each.element in FLOATS
    ]


def choose_outputs(
    outputs: Sequence[TensorFacts], wanted: str | None, labels: Labels | None, file: str
) -> ChosenOutputs | None:
    """Return the scores; None: the labels, or sizes that are not declared, will tell.

    Raises PermanentError where none can be, Undecided where several can.
    """
    if wanted is not None:
        found = next((each for each in outputs if each.name == wanted), None)
        if found is None:
            raise PermanentError(f"--output {wanted}: {file} has {_listed(outputs)}")
        return _take([found], labels, file, "as --output says") if found.shape else None
    if named := _by_schema(outputs):
        return _take(named, labels, file, "by the name of the contract")
    able = [each for each in outputs if len(each.shape) in {2, 3}]
    if labels is None:
        if len(able) > 1 and len({_columns(each)[0] for each in able}) == 1:
            raise Undecided([each.name for each in able], f"{_listed(able)} have as many columns each")
        return _take(able, None, file, "the only output") if len(able) == 1 else None
    n_labels = len(labels)
    fitting = [each for each in able if n_labels in _columns(each)]
    if len(fitting) > 1:
        raise Undecided([each.name for each in fitting], f"{_listed(fitting)} have {n_labels:,} columns each")
    if not fitting and any(
        not each.shape or not all(isinstance(size, int) for size in _columns(each)) for each in outputs
    ):
        return None
    if not fitting:
        raise PermanentError(_mismatch(able or outputs, labels, file))
    return _take(fitting, labels, file, f"the only output with {n_labels:,} columns, one for each label")


def note_companion(outputs: Sequence[TensorFacts], chosen: ChosenOutputs, labels: Labels, kind: str) -> str | None:
    """Return a line on an output that could give the other kind of scores, of frames or of clips; None: there is none.

    One option names one output, and only their author knows whether both are of one kind.
    """
    if chosen.clip and chosen.frames:
        return None
    n_axes, key = (3, "frames") if chosen.clip else (2, "clip")
    able = [each for each in outputs if len(each.shape) == n_axes and len(labels) in _columns(each)]
    if len(able) != 1:
        return None
    keys = [f"{key} = {json.dumps(able[0].name)}"]
    if n_axes == 3 and able[0].shape[2] != len(labels):
        keys.append("frames_axis = 2")
    where = "in [member.outputs]" if n_axes == 3 else 'in [member.outputs] and rule = "clip" in [[member]]'
    return (
        f"{able[0]} is left out: if it is {kind}, too, {' and '.join(keys)} {where} of pack.toml adds the scores of "
        f"{key if n_axes == 3 else 'clips'}; then seal the pack"
    )


def _by_schema(outputs: Sequence[TensorFacts]) -> list[TensorFacts]:
    by_name = {each.name: each for each in outputs}
    clip = next((name for name in _CLIPS if name in by_name), None)
    # Framewise logits beside probabilities of clips would need two kinds: the clips are taken.
    names = [clip] if clip == "clip_probs" else [clip, _FRAMES]
    return [by_name[name] for name in names if name in by_name]


def _columns(output: TensorFacts) -> tuple[int | str, ...]:
    """Return the sizes of the axes that may count the columns."""
    return (output.shape[2], output.shape[1]) if len(output.shape) == 3 else output.shape[-1:]


def _take(found: Sequence[TensorFacts], labels: Labels | None, file: str, why: str) -> ChosenOutputs:
    clip, frames, axis = None, None, 1
    for output in found:
        n_axes = len(output.shape)
        if n_axes not in {2, 3}:
            raise PermanentError(
                f"{file}: output {output}: scores are [N, columns] or [N, frames, columns]: export it without the axes "
                "of size 1, or name another one with --output"
            )
        columns = _columns(output)
        if labels is not None and all(isinstance(size, int) for size in columns) and len(labels) not in columns:
            raise PermanentError(_mismatch([output], labels, file))
        if n_axes == 2:
            clip = output.name
        else:
            frames = output.name
            axis = 2 if labels is not None and columns[0] != len(labels) and columns[1] == len(labels) else 1
            why += f", [N, {'columns, frames' if axis == 2 else 'frames, columns'}]"
            if columns[0] == columns[1]:
                why += " by default, for sizes leave it open: else set frames_axis = 2 in pack.toml and seal it"
    return ChosenOutputs(clip, frames, 2 if axis == 2 else 1, why)


def _mismatch(outputs: Sequence[TensorFacts], labels: Labels, file: str) -> str:
    if all(len(output.shape) == 1 for output in outputs):
        return f"{file}: {_listed(outputs)}: scores are [N, columns]: export it with its batch axis"
    counts = [size for output in outputs for size in _columns(output)[:1]]
    said = ", ".join(f"{shown(output.name)} has {_count(output)}" for output in outputs)
    message = f"{labels.source}: has {len(labels):,} names, but of {file} {said}"
    if len(labels) - 1 in counts:
        return f"{message}: is its first line, {shown(labels.first_line)}, a header? Then remove it"
    if any(isinstance(size, int) and size > len(labels) for size in counts):
        return f"{message}: the file must name every column, one a line, in the network's order"
    return f"{message}: is it the file that came with this network?"


def _count(output: TensorFacts) -> str:
    size = output.shape[-1] if output.shape else "?"
    return f"{size:,} columns" if isinstance(size, int) else f"the shape {sizes(output.shape)}"


def _listed(outputs: Sequence[TensorFacts]) -> str:
    return ", ".join(map(str, outputs)) or "no output that is numbers"
