"""Verifies or seals a pack in a process of its own: `python -P -m dawn_chorus.inference.verification TASK FOLDER cpu`.

A pack may come from anyone. A network that crashes ONNX Runtime, takes all memory or never ends, ends that process
only, and is one line for whoever wanted to know.
"""

import dawn_chorus.one_blas_thread  # noqa: F401, I001 - before numpy

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, cast

from dawn_chorus.domain.errors import ChorusError, InvalidPack, PermanentError
from dawn_chorus.inference.doubts import find_doubts
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.self_test import find_golden_faults, rewrite_golden, self_test_sound, verify_golden

Device = Literal["cpu", "cuda"]

TIMEOUT_S = 900.0
"""A self-test of seconds through a large ensemble takes a small computer minutes, not a quarter of an hour."""
_COMMAND = (sys.executable, "-P", "-m", "dawn_chorus.inference.verification")


@dataclass(frozen=True, slots=True)
class Verification:
    """A pack that was opened and passed its self-test."""

    name: str
    version: str
    files: tuple[str, ...] | None
    """The files that belong to it; None: pack.toml does not list them (schema 1)."""
    manifest_sha256: str
    result: str
    """One line."""
    warnings: tuple[str, ...] = ()
    """What is doubtful about the outputs of its networks, a line each."""


def verify_apart(folder: Path, device: Device = "cpu", *, timeout_s: float = TIMEOUT_S) -> Verification:
    """Open a pack and run its self-test in another process.

    Raises PermanentError if it does not pass: InvalidPack with all of its faults, or one line.
    """
    return _ask("verify", folder, device, timeout_s)


def seal_apart(folder: Path, *, timeout_s: float = TIMEOUT_S) -> Verification:
    """Write a pack's self-test and [files] anew, in another process, and verify it on the CPU.

    Raises as `verify_apart`; pack.toml and the self-test may have changed then, so this is for a copy.
    """
    return _ask("seal", folder, "cpu", timeout_s)


def _ask(task: Literal["verify", "seal"], folder: Path, device: Device, timeout_s: float) -> Verification:
    name = folder.resolve().name
    try:
        done = subprocess.run(  # noqa: S603 - this program, and a folder as its argument
            [*_COMMAND, task, str(folder), device],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidPack(f"{name}: its self-test took longer than {timeout_s:g} s and was stopped") from error
    if done.returncode != 0 or not done.stdout:
        raise InvalidPack(f"{name}: ended the process that opened it ({exit_reason(done.returncode)}): do not use it")
    answer = json.loads(done.stdout)
    if "faults" in answer:
        raise InvalidPack(*answer["faults"])
    if "error" in answer:
        raise PermanentError(answer["error"])
    files = None if answer["files"] is None else tuple(answer["files"])
    return Verification(**answer | {"files": files, "warnings": tuple(answer["warnings"])})


def exit_reason(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    return "killed, perhaps for its memory" if -returncode == signal.SIGKILL else signal.Signals(-returncode).name


def main() -> None:
    """Print the verification, or the error, as one JSON document."""
    task, folder, device = sys.argv[1], Path(sys.argv[2]), cast("Device", sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print on stdout
    limit_process(device)
    try:
        if task == "seal":
            rewrite_golden(folder)
        answer = asdict(_verify(folder, device))
    except InvalidPack as error:
        answer = {"faults": error.faults}
    except ChorusError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": f"{folder.name}: needs more memory than this machine has"}
    except Exception as error:  # noqa: BLE001 - whatever a foreign pack raises, its owner gets one line
        answer = {"error": f"{folder.name}: cannot be run: {type(error).__name__}: {error}"}
    with answers:
        json.dump(answer, answers)


def _verify(folder: Path, device: Device) -> Verification:
    try:
        ensemble = open_ensemble(folder, SessionOptions(device=device))
    except InvalidPack as error:
        raise InvalidPack(*dict.fromkeys([*error.faults, *find_golden_faults(folder)])) from error
    result, manifest = verify_golden(ensemble), ensemble.pack.manifest
    files = None if manifest.files is None else tuple(manifest.files)
    summary, warnings = f"{result} on {ensemble.provider}", find_doubts(ensemble, *self_test_sound(ensemble.pack))
    return Verification(manifest.name, manifest.version, files, ensemble.pack.manifest_sha256, summary, warnings)


def limit_process(device: str) -> None:
    """Let the kernel end this process first; on a CPU it gets no more memory than the machine has."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if device == "cpu":  # CUDA reserves addresses without end
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_AS, (physical, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:  # not Linux, or not allowed: the limit above has to do
        return


if __name__ == "__main__":
    main()
