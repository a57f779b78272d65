"""What no file tells, and is asked for: on a terminal one by one, elsewhere named in one line."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dawn_chorus.birdnet.labels import code_of
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.model_import.answers import (
    activation_reader,
    read_front_end_name,
    read_labels_path,
    read_name,
    read_out,
    read_rate,
    read_seconds,
)
from dawn_chorus.model_import.first_look import Look
from dawn_chorus.model_import.front_end_files import named
from dawn_chorus.model_import.labels import Labels, read_labels
from dawn_chorus.model_import.network.finding import FoundNetwork
from dawn_chorus.model_import.network.graph import Shape
from dawn_chorus.model_import.network.inputs import suggest_windows
from dawn_chorus.model_import.network.outputs import ChosenOutputs, Undecided, choose_outputs, real_shapes
from dawn_chorus.model_import.request import Request


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask for."""

    option: str
    """That answers it on the command line."""
    text: str
    field: str
    """Of the request."""
    read: Callable[[str], Any]
    """Returns the answer's value; raises PermanentError for one that is wrong."""
    default: str = ""
    hint: str = ""
    """What is known of the answer."""


Ask = Callable[[Question], str]


@dataclass(frozen=True, slots=True)
class Settled:
    """The request without gaps, and what was read on the way."""

    request: Request
    labels: Labels
    outputs: ChosenOutputs
    """Empty where sizes are not declared and the network was not run yet."""

    @property
    def window_s(self) -> float:
        return self.request.window_s or 0.0

    @property
    def scored_s(self) -> float:
        """Seconds from score to score."""
        return self.request.hop_s or self.window_s

    @property
    def sample_rate_hz(self) -> int:
        return self.request.sample_rate_hz or 0


def settle(request: Request, found: FoundNetwork, look: Look | None, ask: Ask | None) -> Settled:
    """Ask until nothing is open.

    Raises PermanentError: without anybody to ask, one line with all the options to give; or what does not fit.
    """
    while True:
        labels = None if request.labels is None else read_labels(request.labels)
        try:
            outputs = find_outputs(request, found, look, labels)
            undecided = None
        except Undecided as error:
            outputs, undecided = None, error
        questions = _open_questions(request, found, look, outputs, undecided)
        if not questions and labels is not None and (outputs is not None or look is None):
            return Settled(request, labels, outputs or ChosenOutputs())
        if ask is None:
            raise PermanentError(f"{request.file.name}: give {_list_options(questions)}")
        answer = _answer(questions[0], ask)
        request = replace(request, **{questions[0].field: answer})


def find_outputs(
    request: Request, found: FoundNetwork, look: Look | None, labels: Labels | None
) -> ChosenOutputs | None:
    """Return the outputs that are scores; see `choose_outputs`."""
    declared: dict[str, Shape] = {output.name: output.shape for output in found.outputs}
    outputs = real_shapes(found.outputs, {} if look is None else look.shapes(declared))
    return choose_outputs(outputs, request.output_name, labels, request.file.name)


def _answer(question: Question, ask: Ask) -> Any:
    """Return the first answer that is one; what is wrong with others is said as part of the next question."""
    asked = question
    while True:
        try:
            return question.read(ask(asked).strip())
        except PermanentError as error:
            asked = replace(question, hint=str(error))


def _list_options(questions: list[Question]) -> str:
    named = [f"{each.option} ({each.hint})" if each.hint else each.option for each in questions]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _open_questions(
    request: Request,
    found: FoundNetwork,
    look: Look | None,
    outputs: ChosenOutputs | None,
    undecided: Undecided | None,
) -> list[Question]:
    name = request.name or code_of(request.file.stem)
    questions = [
        Question("--name", "Name of the pack", "name", read_name, code_of(request.file.stem)),
        Question("--out", "Folder for the pack", "out", read_out, name),
        Question("--labels", "File of labels, one a line, in the order of the columns", "labels", read_labels_path),
        _ask_rate(request, found),
        _ask_window(request, found),
    ]
    if not found.input.is_waveform:
        hint = f"takes images; there are {named(images=True)}, or a file"
        questions.append(Question("--front-end", "What makes the images", "front_end", read_front_end_name, hint=hint))
    questions.append(_ask_activation(request, found, look, outputs))
    waiting = [question for question in questions if getattr(request, question.field) is None]
    if undecided is not None:
        first = Question("--output", "Output with the scores", "output_name", str, undecided.names[0], str(undecided))
        waiting.append(first)
    return waiting


def _ask_rate(request: Request, found: FoundNetwork) -> Question:
    n_samples, default, hint = found.input.n_samples, "", ""
    if n_samples is not None and request.window_s is not None:
        default = f"{n_samples / request.window_s:.10g}"
        hint = f"{n_samples:,} samples in {request.window_s:g} s are {default} Hz"
    elif n_samples is not None:
        pairs = suggest_windows(n_samples)
        hint = f"{n_samples:,} samples"
        if pairs:
            default = str(pairs[0][0])
            hint += " could be " + " or ".join(f"{seconds:g} s at {rate} Hz" for rate, seconds in pairs[:3])
    return Question(
        "--sample-rate", "Sample rate in Hz that it was trained with", "sample_rate_hz", read_rate, default, hint
    )


def _ask_window(request: Request, found: FoundNetwork) -> Question:
    n_samples, default, hint = found.input.n_samples, "5" if found.input.n_samples is None else "", ""
    if n_samples is not None and request.sample_rate_hz is not None:
        default = f"{n_samples / request.sample_rate_hz:.10g}"
        hint = f"{n_samples:,} samples at {request.sample_rate_hz:,} Hz are {default} s"
    return Question("--window", "Seconds of sound that it takes at a time", "window_s", read_seconds, default, hint)


def _ask_activation(
    request: Request, found: FoundNetwork, look: Look | None, outputs: ChosenOutputs | None
) -> Question:
    default, hint = "sigmoid", ""
    main = outputs.main if outputs else found.outputs[0].name if len(found.outputs) == 1 else ""
    last = next((output.last_node for output in found.outputs if output.name == main), "")
    if last in {"Sigmoid", "Softmax"}:
        default, hint = "none", f"its last node is {last}: the outputs are probabilities already: none"
    elif look is not None and main in look.silence and 0 <= look.range_of(main)[0] <= look.range_of(main)[1] <= 1:
        default, hint = (
            "none",
            "silence and noise give numbers from 0 to 1, which look like probabilities already: none",
        )
    elif found.looks_like_perch:
        default, hint = "softmax", "Perch v2 was trained with a softmax"
    text = "What makes scores of its outputs: sigmoid, softmax, or none as they are probabilities"
    return Question("--activation", text, "activation", activation_reader(request), default, hint)
