"""`chorus models verify` and `install` warn of outputs that look like probabilities, and go on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.inference.head_packs import FILE, RATE_HZ, write_head_pack

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


LIKE_PROBABILITIES = (
    r"the outputs look like probabilities \(all between 0 and 1\), and a sigmoid is applied to them again"
)
LIKE_SOFTMAX = (
    r"the outputs look like probabilities of a softmax \(all .* each row sums to 1\), and a sigmoid is applied"
)
COMPETING = "the outputs look like a softmax: the taxa compete for probabilities that sum to 1"
NONE = ("--kind", "probs", "--activation", "none")
SIGMOID = ("--activation", "sigmoid")


@pytest.mark.parametrize(
    ("schema", "head", "output", "warning"),
    [
        (1, "Sigmoid", "clip_logits", LIKE_PROBABILITIES),
        (2, "Sigmoid", "frame_logits", LIKE_PROBABILITIES),
        (1, "Softmax", "frame_logits", LIKE_SOFTMAX),
        (2, "Softmax", "clip_logits", LIKE_SOFTMAX),
        (1, "Softmax", "clip_probs", COMPETING),
        (2, "Softmax", "clip_probs", COMPETING),
    ],
)
def test_a_doubtful_head_is_warned_of(tmp_path: Path, schema: int, head: str, output: str, warning: str) -> None:
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


def import_head(folder: Path, head: str, *options: str) -> str:
    """Import a network with this head, and return what is printed on stderr."""
    network = write_head_pack(folder / "from", [head] if head else [], output="label", outputs={"clip": "label"})
    (folder / "labels.txt").write_text("\n".join(f"Rana nova{number}" for number in range(5)))
    known = ("--name", "heads", "--labels", str(folder / "labels.txt"), "--sample-rate", str(RATE_HZ), "--window", "5")
    return run(folder / "packs", "import", str(network / FILE), "--out", str(folder / "heads"), *known, *options)[1]


@pytest.mark.parametrize(
    ("head", "options", "warning"),
    [
        ("Sigmoid", SIGMOID, LIKE_PROBABILITIES),
        ("Softmax", SIGMOID, LIKE_SOFTMAX),
        ("Softmax", NONE, COMPETING),
        ("", SIGMOID, None),
        ("Sigmoid", NONE, None),
    ],
)
def test_an_import_warns_as_well(tmp_path: Path, head: str, options: tuple[str, ...], warning: str | None) -> None:
    warned = [line for line in import_head(tmp_path, head, *options).splitlines() if "warning" in line]
    assert len(warned) == (warning is not None)
    assert warning is None or re.match(rf"warning: network\.onnx: label: {warning}", warned[0])


def test_whoever_follows_the_advice_is_warned_no_more(tmp_path: Path) -> None:
    advised = re.search(r'set (kind = "probs") and (activation = "none") ', import_head(tmp_path, "Sigmoid", *SIGMOID))
    assert advised
    manifest = tmp_path / "heads" / "pack.toml"
    text = re.sub("\n(kind|activation) = .*", "", manifest.read_text())
    text = text.replace("[[member]]", f"[[member]]\n{advised[2]}").replace("outputs]", f"outputs]\n{advised[1]}")
    manifest.write_text(text)
    assert run(tmp_path / "packs", "seal", str(tmp_path / "heads"))[1].startswith("sealed heads 1.0.0 in")
    assert run(tmp_path / "packs", "verify", str(tmp_path / "heads"))[1] == ""


def test_the_pack_that_comes_along_is_not_warned_of(tmp_path: Path) -> None:
    shutil.copytree(SYNTHETIC, tmp_path / "packs" / "synthetic")
    assert run(tmp_path / "packs", "verify", "synthetic")[1] == ""
