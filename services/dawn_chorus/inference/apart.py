"""Runs a step with a foreign network in a process of its own: `python -P -m dawn_chorus.inference.apart STEP`.

A network may come from anyone. One that crashes ONNX Runtime, takes all memory or never ends, ends that process only,
and is one line for whoever wanted to know. Arguments come on stdin, the result goes to stdout, both as JSON.
"""

import dawn_chorus.one_blas_thread  # noqa: F401, I001 - before numpy

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import ChorusError, InvalidPack, PermanentError

TIMEOUT_S = 900.0
"""Seconds of sound through a large ensemble take a small computer minutes, not a quarter of an hour."""
_COMMAND = (sys.executable, "-P", "-m", "dawn_chorus.inference.apart")


class Step(StrEnum):
    """All that can be run, as `module:function`: each takes its arguments, and returns what JSON can hold."""

    VERIFY = "dawn_chorus.inference.verification:verify"
    SEAL = "dawn_chorus.inference.verification:seal"
    CONVERT = "dawn_chorus.model_import.converting:convert"
    LOOK = "dawn_chorus.model_import.first_look:look_at"


def run_apart(step: Step, arguments: Mapping[str, Any], name: str, task: str, *, timeout_s: float = TIMEOUT_S) -> Any:
    """Return a step's result; `name` and `task` are for messages: whose network it is, and what took too long.

    The argument `device`, where it is `cuda`, lifts the limit of memory. Raises InvalidPack with all the faults that
    the step found, or PermanentError, one line, for whatever else it raises, and where it does not end by itself.
    """
    try:
        done = subprocess.run(  # noqa: S603 - this program
            [*_COMMAND, step],
            input=json.dumps(arguments).encode(),
            capture_output=True,
            check=False,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidPack(f"{name}: {task} took longer than {timeout_s:g} s and was stopped") from error
    if done.returncode != 0 or not done.stdout:
        raise InvalidPack(f"{name}: ended the process that ran it ({_exit_reason(done.returncode)}): do not use it")
    answer = json.loads(done.stdout)
    if "faults" in answer:
        raise InvalidPack(*answer["faults"])
    if "error" in answer:
        raise PermanentError(answer["error"])
    if "reason" in answer:
        raise PermanentError(f"{name}: {answer['reason']}")
    return answer["result"]


def _exit_reason(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    return "killed, perhaps for its memory" if -returncode == signal.SIGKILL else signal.Signals(-returncode).name


def main() -> None:
    """Run a step, and print its result, or why there is none, as one JSON document."""
    module, _, function = Step(sys.argv[1]).partition(":")
    run, arguments = getattr(importlib.import_module(module), function), json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print on stdout
    _limit_process(has_gpu=arguments.get("device") == "cuda")
    try:
        answer = {"result": run(arguments)}
    except InvalidPack as error:
        answer = {"faults": [*map(_one_line, error.faults)]}
    except ChorusError as error:
        answer = {"error": _one_line(str(error))}
    except MemoryError:
        answer = {"reason": "needs more memory than this machine has"}
    except Exception as error:  # noqa: BLE001 - whatever a foreign network raises, its owner gets one line
        answer = {"reason": f"cannot be run: {type(error).__name__}: {' '.join(str(error).split())}"}
    with answers:
        json.dump(answer, answers)


def _one_line(message: str) -> str:
    return "; ".join(message.splitlines())


def _limit_process(*, has_gpu: bool) -> None:
    """Let the kernel end this process first; without a GPU it gets no more memory than the machine has."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not has_gpu:  # CUDA reserves addresses without end
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_AS, (physical, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:  # not Linux, or not allowed: the limit above has to do
        return


if __name__ == "__main__":
    main()
