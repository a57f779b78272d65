"""Reads answers: each function returns the value, or raises PermanentError with what is wrong."""

from collections.abc import Callable
from pathlib import Path

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.model_import.front_end_files import read_front_end
from dawn_chorus.model_import.labels import read_labels
from dawn_chorus.model_import.request import Request, check_name, check_out


def read_name(text: str) -> str:
    check_name(text)
    return text


def read_out(text: str) -> Path:
    if not text:
        raise PermanentError("--out: is empty")
    check_out(Path(text).expanduser())
    return Path(text).expanduser()


def read_labels_path(text: str) -> Path:
    if not text:
        raise PermanentError("--labels: is empty")
    read_labels(Path(text).expanduser())
    return Path(text).expanduser()


def read_front_end_name(text: str) -> str:
    read_front_end(text)
    return text


def read_rate(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 8 or int(text) == 0:
        raise PermanentError(f"--sample-rate {text}: is no whole number of Hz")
    return int(text)


def read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise PermanentError(f"--window {text}: is no number of seconds")
    return seconds


def activation_reader(request: Request) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in {"sigmoid", "softmax", "none"}:
            raise PermanentError(f"--activation {text}: is neither sigmoid, softmax nor none")
        if request.kind == "logits" and text == "none":
            raise PermanentError("--activation none: needs --kind probs, but --kind logits was given")
        return text

    return read
