"""Verifies or seals a pack in a process of its own (`apart`), as it may come from anyone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.apart import TIMEOUT_S, Step, run_apart
from dawn_chorus.inference.doubts import find_doubts
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.self_test import find_golden_faults, rewrite_golden, self_test_sound, verify_golden

Device = Literal["cpu", "cuda"]


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
    return _ask(Step.VERIFY, folder, device, timeout_s)


def seal_apart(folder: Path, *, timeout_s: float = TIMEOUT_S) -> Verification:
    """Write a pack's self-test and [files] anew, in another process, and verify it on the CPU.

    Raises as `verify_apart`; pack.toml and the self-test may have changed then, so this is for a copy.
    """
    return _ask(Step.SEAL, folder, "cpu", timeout_s)


def _ask(step: Step, folder: Path, device: Device, timeout_s: float) -> Verification:
    arguments, name = {"folder": str(folder), "device": device}, folder.resolve().name
    answer = run_apart(step, arguments, name, "its self-test", timeout_s=timeout_s)
    files = None if answer["files"] is None else tuple(answer["files"])
    return Verification(**answer | {"files": files, "warnings": tuple(answer["warnings"])})


def verify(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verification of the pack in `folder` on `device`. Raises what `open_ensemble` and the self-test do."""
    return asdict(_verify(Path(arguments["folder"]), arguments["device"]))


def seal(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Write self-test and [files] of the pack in `folder`, and return its verification."""
    rewrite_golden(Path(arguments["folder"]))
    return verify(arguments)


def _verify(folder: Path, device: Device) -> Verification:
    try:
        ensemble = open_ensemble(folder, SessionOptions(device=device))
    except InvalidPack as error:
        raise InvalidPack(*dict.fromkeys([*error.faults, *find_golden_faults(folder)])) from error
    result, manifest = verify_golden(ensemble), ensemble.pack.manifest
    files = None if manifest.files is None else tuple(manifest.files)
    summary, warnings = f"{result} on {ensemble.provider}", find_doubts(ensemble, *self_test_sound(ensemble.pack))
    return Verification(manifest.name, manifest.version, files, ensemble.pack.manifest_sha256, summary, warnings)
