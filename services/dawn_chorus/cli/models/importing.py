"""`chorus models import`: a pack of a network as its author exported it."""

import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dawn_chorus.cli.output import print_note, print_warning, show_facts

if TYPE_CHECKING:
    from dawn_chorus.model_import.questions import Question

Activation = Literal["sigmoid", "softmax", "none"]
Kind = Literal["logits", "probs"]


def import_network(  # noqa: PLR0913 - each is an option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The network: .onnx or .tflite.")],
    *,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The pack's folder, new or empty.")] = None,
    name: Annotated[str | None, typer.Option(metavar="N", help="The pack's name: letters, digits, . _ -")] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What the columns are, in their order: one name, code or `Scientific name_Common name` a line, or a "
            "CSV with columns as in taxa.csv, or a config.json with id2label.",
        ),
    ] = None,
    sample_rate: Annotated[int | None, typer.Option(metavar="HZ", help="The rate it was trained with.")] = None,
    window: Annotated[float | None, typer.Option(metavar="S", help="Seconds of sound it takes at a time.")] = None,
    hop: Annotated[
        float | None,
        typer.Option(metavar="S", help="Seconds from score to score, at most the window; default: the window."),
    ] = None,
    activation: Annotated[
        Activation | None,
        typer.Option(help="What makes scores of its outputs; none: they are probabilities already."),
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="What its outputs are; probs goes with --activation none only.")
    ] = None,
    input_name: Annotated[
        str | None, typer.Option("--input", metavar="NAME", help="The input for the sound, where there are several.")
    ] = None,
    output_name: Annotated[
        str | None, typer.Option("--output", metavar="NAME", help="The output with the scores, where several could be.")
    ] = None,
    front_end: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="How sound is prepared, for networks that take images, and some others: birdnet, birdset, hawkears, "
            "kaggle-imagenet, opensoundscape, opensoundscape-0.12, perch-v2, or a TOML file of your own "
            "(models/PACKS.md).",
        ),
    ] = None,
    version: Annotated[str, typer.Option(help="The pack's version.")] = "1.0.0",
    license_: Annotated[
        str, typer.Option("--license", metavar="SPDX", help="The licence of the weights.")
    ] = "NOASSERTION",
    attribution: Annotated[str, typer.Option(help="Whom to credit.")] = "",
) -> None:
    """Make a pack of a network as its author exported it.

    It is read and run once, and what was found is shown.
    What no file tells is asked for; without a terminal, name, out, labels,
    sample-rate, window and activation are needed, for images front-end, too;
    those missing are named.
    The pack is verified, then [bold]chorus models install DIR[/bold] installs it.

    [bold]chorus models import frogs.onnx --out my-frogs --name my-frogs
    --labels frogs.txt --sample-rate 32000 --window 5 --activation sigmoid[/bold]
    """
    from dawn_chorus.model_import.importing import Conversation, import_model
    from dawn_chorus.model_import.request import Request

    request = Request(
        file, out, name, labels, sample_rate, window, hop, activation, kind, input_name, output_name, front_end,
        version, license_, attribution,
    )  # fmt: skip
    # SIGTERM ends an import as Ctrl-C does: what is written aside so far is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    imported = import_model(request, Conversation(_ask if on_terminal else None, show_facts, print_note))
    verified = imported.verification
    for warning in verified.warnings:
        print_warning(warning)
    print_note(f"wrote {verified.name} {verified.version} to {imported.folder}; {verified.result}")
    print_note(f"next: chorus models install {shlex.quote(str(imported.folder))}")


def _ask(question: "Question") -> str:
    if question.hint:
        print_note(question.hint)
    return str(typer.prompt(question.text, default=question.default or None, err=True))
