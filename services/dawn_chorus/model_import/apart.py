"""Opens a network in a process of its own: `python -P -m dawn_chorus.model_import.apart STEP`, as `verification` does.

A network may come from anyone. One that crashes ONNX Runtime ends that process only, and is one line.
"""

import dawn_chorus.one_blas_thread  # noqa: F401, I001 - before numpy

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import ChorusError, PermanentError
from dawn_chorus.inference.verification import TIMEOUT_S, exit_reason, limit_process
from dawn_chorus.model_import.converting import convert
from dawn_chorus.model_import.first_look import look_at
from dawn_chorus.model_import.self_testing import add_self_test

_COMMAND = (sys.executable, "-P", "-m", "dawn_chorus.model_import.apart")
_STEPS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "convert": convert,
    "look": look_at,
    "self-test": add_self_test,
}
"""Each takes what is JSON, and leaves its result in files."""


def run_apart(step: str, arguments: Mapping[str, Any], name: str) -> None:
    """Run a step. Raises PermanentError, one line, if it fails or ends its process; `name`: for messages."""
    try:
        done = subprocess.run(  # noqa: S603 - this program
            [*_COMMAND, step],
            input=json.dumps(arguments).encode(),
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise PermanentError(f"{name}: took longer than {TIMEOUT_S:g} s and was stopped") from error
    if done.returncode != 0 or not done.stdout:
        raise PermanentError(f"{name}: ended the process that ran it ({exit_reason(done.returncode)}): do not use it")
    if failure := json.loads(done.stdout):
        raise PermanentError(failure)


def main() -> None:
    """Print the error as JSON; an empty one means that all went well."""
    arguments, failure = json.load(sys.stdin), ""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print on stdout
    limit_process("cpu")
    name = Path(arguments["name"]).name
    try:
        _STEPS[sys.argv[1]](arguments)
    except ChorusError as error:
        failure = "; ".join(str(error).splitlines())
    except MemoryError:
        failure = f"{name}: needs more memory than this machine has"
    except Exception as error:  # noqa: BLE001 - whatever a foreign network raises, its owner gets one line
        failure = f"{name}: cannot be run: {type(error).__name__}: {' '.join(str(error).split())}"
    with answers:
        json.dump(failure, answers)


if __name__ == "__main__":
    main()
