"""A network as it will be packed: its input chosen, cut to what that input alone gives, its outputs listed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dawn_chorus.birdnet.custom_classifier import NAME as BIRDNET
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.apart import Step, run_apart
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.model_import.first_look import Look, read_look
from dawn_chorus.model_import.front_end_files import FrontEnd
from dawn_chorus.model_import.network.graph import (
    FLOATS,
    TensorFacts,
    inputs_of,
    keep_part,
    needed_inputs,
    opset_of,
    outputs_of,
)
from dawn_chorus.model_import.network.inputs import ChosenInput, choose_input, classify_input
from dawn_chorus.model_import.network.source import Source

_PERCH_INPUT, _PERCH_OUTPUT, _PERCH_SAMPLES, _PERCH_COLUMNS = "inputs", "label", 160_000, 14_795


@dataclass(frozen=True, slots=True)
class FoundNetwork:
    """What was found in the file."""

    source: Source = field(repr=False)
    input: ChosenInput
    outputs: tuple[TensorFacts, ...]
    notes: tuple[str, ...]

    @property
    def is_on_birdnet(self) -> bool:
        """Return whether this is a tflite network with BirdNET's front end and body."""
        return bool(self.source.model.graph.name == BIRDNET)

    @property
    def looks_like_perch(self) -> bool:
        """Return whether this is Perch v2, which wants its waveform prepared."""
        sizes = {output.name: output.shape[-1:] for output in self.outputs}
        return (
            self.input.name == _PERCH_INPUT
            and self.input.n_samples == _PERCH_SAMPLES
            and sizes.get(_PERCH_OUTPUT) in {(_PERCH_COLUMNS,), ("?",)}
        )


def find_network(source: Source, input_name: str | None, front_end: FrontEnd | None, file: str) -> FoundNetwork:
    """Return the network with one input. Raises PermanentError for one that no pack can feed."""
    tensor = choose_input(inputs_of(source.model), input_name, file)
    chosen = classify_input(tensor, front_end, file)
    source, notes = _keep_outputs_of(source, tensor.name, file)
    outputs = outputs_of(source.model)
    if not any(output.element in FLOATS for output in outputs):
        raise PermanentError(
            f"{file}: gives {', '.join(map(str, outputs))}, and scores are float32, a number for each column: export "
            "it with them (scikit-learn: options={'zipmap': False})"
        )
    return FoundNetwork(source, chosen, outputs, tuple(notes))


def _keep_outputs_of(source: Source, name: str, file: str) -> tuple[Source, list[str]]:
    """Return the network without the outputs that need another input, and what to say of it."""
    model = source.model
    others = {each.name for each in inputs_of(model)} - {name}
    if not others:
        return source, []
    needed = {output.name: needed_inputs(model, [output.name]) & others for output in model.graph.output}
    kept = [output for output, its_others in needed.items() if not its_others]
    if not kept:
        listed = "; ".join(
            f"{shown(output)} needs {', '.join(map(shown, sorted(each)))}" for output, each in needed.items()
        )
        raise PermanentError(f"{file}: no output can do with {shown(name)} alone: {listed}: export it without them")
    part = keep_part(model, kept)
    note = f"left out: input {', '.join(map(shown, sorted(others)))}"
    if dropped := [output for output in needed if output not in kept]:
        note += f", and output {', '.join(map(shown, dropped))}, which needs it"
    return replace(source, model=part, content=part.SerializeToString()), [note]


def describe(found: FoundNetwork) -> Mapping[str, str]:
    """Return what is said of a network, as names and values."""
    source, batch = found.source, found.input.batch
    facts = {
        "network": f"{source.kind}, opset {opset_of(source.model)}, {_megabytes(source.n_bytes)}",
        "input": f"{shown(found.input.name)} {_sizes(found)}: {'waveforms' if found.input.is_waveform else 'images'}",
        "outputs": "; ".join(map(str, found.outputs)),
        "batch": "any number of windows at a time" if batch is None else f"{batch} at a time (fixed)",
    }
    if source.external:
        facts["weights in"] = ", ".join(map(shown, source.external))
    return facts


def _sizes(found: FoundNetwork) -> str:
    return str(TensorFacts("", "float32", found.input.shape)).strip()


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def take_look(found: FoundNetwork, shape: tuple[int, ...], scratch: Path, file: str) -> Look:
    """Run the network on silence and noise, windows of this shape, in a process of its own.

    Raises PermanentError, one line, if it cannot be run.
    """
    network, into = scratch / "network.onnx", scratch / "look.npz"
    network.write_bytes(found.source.content)
    names = [output.name for output in found.outputs if output.element in FLOATS]
    run_apart(
        Step.LOOK,
        {
            "name": file,
            "network": str(network),
            "weights": {location: str(path) for location, path in found.source.external.items()},
            "input": found.input.name,
            "is_waveform": found.input.is_waveform,
            "batches": [found.input.batch] if found.input.batch else [2, 1],
            "shape": shape,
            "outputs": names,
            "into": str(into),
        },
        file,
        "its first run",
    )
    return read_look(into, names)
