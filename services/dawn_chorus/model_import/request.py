"""What is asked for on the command line; None is what nobody has said yet."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dawn_chorus.domain.errors import InvalidPack, PermanentError
from dawn_chorus.inference.packs.names import PACK_NAME, shown
from dawn_chorus.model_import.trial_manifest import parse_trial

Activation = Literal["sigmoid", "softmax", "none"]
Kind = Literal["logits", "probs"]


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `chorus models import`."""

    file: Path
    out: Path | None = None
    name: str | None = None
    labels: Path | None = None
    sample_rate_hz: int | None = None
    window_s: float | None = None
    hop_s: float | None = None
    activation: Activation | None = None
    kind: Kind | None = None
    input_name: str | None = None
    output_name: str | None = None
    front_end: str | None = None
    version: str = "1.0.0"
    license: str = "NOASSERTION"
    attribution: str = ""


def check_request(request: Request) -> None:
    """Raise PermanentError, one line that names the option, for what no network could make right."""
    if (request.kind == "probs") != (request.activation == "none") and None not in {request.kind, request.activation}:
        raise PermanentError(_one_kind(request))
    if request.kind == "probs" and request.activation is None:
        raise PermanentError("--kind probs needs --activation none: probabilities are scores already")
    for option, value in (
        ("--sample-rate", request.sample_rate_hz),
        ("--window", request.window_s),
        ("--hop", request.hop_s),
    ):
        if value is not None and not 0 < value < float("inf"):
            raise PermanentError(f"{option} {value:g}: must be more than 0")
    if request.hop_s is not None and request.window_s is not None and request.hop_s > request.window_s:
        raise PermanentError(
            f"--hop {request.hop_s:g}: is longer than --window {request.window_s:g}: some sound would not be analyzed"
        )
    _check_facts(request)
    if request.out is not None:
        check_out(request.out)


def _one_kind(request: Request) -> str:
    if request.kind == "probs":
        return (
            f"--activation {request.activation}: --kind probs needs --activation none: probabilities are scores already"
        )
    return "--activation none: needs --kind probs, as scores are probabilities: what is logits needs sigmoid or softmax"


def check_name(name: str) -> None:
    """Raise PermanentError for a name that no pack may have."""
    _check_facts(Request(Path(), name=name))


def _check_facts(request: Request) -> None:
    """Check what is written as given by the rules of pack.toml, before any work."""
    if request.name is not None and not re.fullmatch(PACK_NAME, request.name):
        raise PermanentError(
            f"--name {shown(request.name)!r}: takes letters, digits, . _ and -, and begins with a letter or digit"
        )
    for option, text in (
        ("version", request.version),
        ("license", request.license),
        ("attribution", request.attribution),
    ):
        if len(text.encode("utf-8", "surrogatepass")) > 3000 or any("\ud800" <= char <= "\udfff" for char in text):
            raise PermanentError(f"--{option}: is longer than 3,000 bytes, or no UTF-8")
    try:
        parse_trial(
            {
                "name": request.name or "network",
                "version": request.version,
                "license": request.license,
                "attribution": request.attribution,
            },
            {},
        )
    except InvalidPack as error:
        raise PermanentError("; ".join(f"--{line.removeprefix(': ')}" for line in error.faults)) from error


def check_out(out: Path) -> None:
    """Raise PermanentError for a folder that holds something, or cannot be one."""
    try:
        if out.is_dir():
            if any(out.iterdir()):
                raise PermanentError(f"--out {out}: holds files already: name a folder that is new or empty")
        elif out.exists() or out.is_symlink():
            raise PermanentError(f"--out {out}: is a file: name a folder that is new or empty")
    except OSError as error:
        raise PermanentError(f"--out {out}: {error.strerror}") from error
