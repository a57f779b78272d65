"""Converts a tflite network to ONNX, in a process of its own: a damaged one may end whatever reads it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dawn_chorus.birdnet.custom_classifier import convert_network
from dawn_chorus.domain.errors import PermanentError


def convert(arguments: Mapping[str, Any]) -> None:
    """Write the file `network` as ONNX to the file `into`; raises PermanentError, one line that names the network."""
    name = arguments["name"]
    try:
        model = convert_network(Path(arguments["network"]).read_bytes())
    except PermanentError as error:
        raise PermanentError(f"{name}: {error}") from error
    except (MemoryError, OSError):
        raise
    except Exception as error:  # offsets, lengths and options of a damaged file go wrong in any way
        raise PermanentError(
            f"{name}: is damaged, or no tflite network that tflite could run either: copy or export it again "
            f"({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        ) from error
    Path(arguments["into"]).write_bytes(model.SerializeToString())
