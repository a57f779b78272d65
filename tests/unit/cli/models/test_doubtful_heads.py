"""`chorus models verify` and `install` warn of outputs that look like probabilities, and go on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.inference.head_packs import write_head_pack

SYNTHETIC = Path(__file__).parents[4] / "models" / "packs" / "synthetic"


def run(packs_dir: Path, *arguments: str) -> tuple[str, str]:
    """Run `chorus models`, hold that it succeeded, and return what it printed on stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dawn_chorus.cli", "models", *arguments],
        env={**os.environ, "CHORUS_PACKS_DIR": str(packs_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    ("head", "output", "warning"),
    [
        ("Sigmoid", "clip_logits", r"the outputs look like probabilities \(all between 0 and 1\), and a sigmoid is "),
        ("Sigmoid", "frame_logits", r"the outputs look like probabilities \(all between 0 and 1\), and a sigmoid is "),
        ("Softmax", "clip_logits", r"the outputs look like probabilities of a softmax \(all .* each row sums to 1\)"),
        ("Softmax", "clip_probs", "the outputs look like a softmax: the taxa compete for probabilities that sum to 1"),
    ],
)
@pytest.mark.parametrize("schema", [1, 2])
def test_a_doubtful_head_is_warned_of(tmp_path: Path, head: str, output: str, warning: str, schema: int) -> None:
    pack, packs_dir = write_head_pack(tmp_path / "from", [head], output=output, schema=schema), tmp_path / "packs"
    stdout, stderr = run(packs_dir, "verify", str(pack))
    assert re.fullmatch(rf"warning: {pack}: network\.onnx: {output}: {warning}.*\n", stderr)
    assert stdout == f"{pack}: the pack has no golden.npz, so nothing was recomputed on CPUExecutionProvider\n"
    stdout, stderr = run(packs_dir, "install", str(pack))
    warned, told = stderr.splitlines()
    assert re.fullmatch(rf"warning: heads: network\.onnx: {output}: {warning}.*", warned)
    assert (stdout, told.startswith(f"installed heads 1.0.0 in {packs_dir}")) == ("", True)


@pytest.mark.parametrize(
    ("head", "output"), [((), "clip_logits"), (("Relu",), "clip_logits"), (("Sigmoid",), "clip_probs")]
)
def test_an_honest_head_is_not(tmp_path: Path, head: tuple[str, ...], output: str) -> None:
    pack, packs_dir = write_head_pack(tmp_path / "from", head, output=output), tmp_path / "packs"
    assert run(packs_dir, "verify", str(pack))[1] == ""
    assert run(packs_dir, "install", str(pack))[1].startswith("installed heads 1.0.0 in")


def test_the_pack_that_comes_along_is_not_warned_of(tmp_path: Path) -> None:
    shutil.copytree(SYNTHETIC, tmp_path / "packs" / "synthetic")
    assert run(tmp_path / "packs", "verify", "synthetic")[1] == ""
