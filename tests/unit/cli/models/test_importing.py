"""`chorus models import` as its user meets it: options, a terminal's questions, what it prints and how it ends."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dawn_chorus.inference.packs.pack import read_pack
from tests.unit.model_import.networks import save, save_labels, waveform_network

CHORUS = (sys.executable, "-P", "-m", "dawn_chorus.cli")


def options(tmp_path: Path) -> list[str]:
    labels = save_labels(tmp_path / "labels.txt")
    return [
        *("--out", str(tmp_path / "my-frogs"), "--name", "my-frogs", "--labels", str(labels)),
        *("--sample-rate", "1000", "--window", "2"),
    ]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CHORUS, "models", "import", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.fixture
def frogs(tmp_path: Path) -> str:
    return str(save(waveform_network(), tmp_path / "frogs.onnx"))


def test_one_command_makes_a_pack_and_says_what_is_next(tmp_path: Path, frogs: str) -> None:
    done = run(frogs, *options(tmp_path), "--activation", "sigmoid", "--license", "CC0-1.0")
    assert done.returncode == 0, done.stderr
    assert f"next: chorus models install {tmp_path / 'my-frogs'}" in done.stderr
    assert "wrote my-frogs 1.0.0" in done.stderr
    assert "audio float32 [N, 2000]" in done.stdout
    assert read_pack(tmp_path / "my-frogs").manifest.license == "CC0-1.0"


def test_without_a_terminal_one_line_names_the_options_to_give(frogs: str) -> None:
    done = run(frogs)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    for option in ("--name", "--out", "--labels", "--sample-rate", "--window", "--activation"):
        assert option in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_ended_leaves_nothing_behind(tmp_path: Path, frogs: str, number: signal.Signals) -> None:
    scratch, wanted = tmp_path / "scratch", options(tmp_path)
    scratch.mkdir()
    before = sorted(tmp_path.iterdir())
    importing = subprocess.Popen(
        [*CHORUS, "models", "import", frogs, *wanted, "--activation", "sigmoid"],
        env={**os.environ, "TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not list(tmp_path.glob(".importing-*/my-frogs/pack.toml")):
        assert importing.poll() is None
        time.sleep(0.01)
    # Ctrl-C reaches the network's process too, as a terminal sends it to all; SIGTERM is sent to the command alone.
    os.killpg(importing.pid, number) if number is signal.SIGINT else importing.send_signal(number)
    assert importing.wait() != 0
    assert sorted(tmp_path.iterdir()) == before
    assert list(scratch.glob("chorus-import-*")) == []


def test_probabilities_offered_as_logits_are_warned_of(tmp_path: Path) -> None:
    path = save(waveform_network(last="Sigmoid"), tmp_path / "probs.onnx")
    done = run(str(path), *options(tmp_path), "--activation", "sigmoid")
    assert done.returncode == 0
    assert any("warning: " in line and "probabilities" in line for line in done.stderr.splitlines())


def test_on_a_terminal_it_asks_and_takes_defaults(tmp_path: Path, frogs: str) -> None:
    labels = save_labels(tmp_path / "labels.txt")
    ours, theirs = pty.openpty()
    answers = ["", "", str(labels), "1000", "", "tanh", "sigmoid"]
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    done = subprocess.run(
        [*CHORUS, "models", "import", frogs], stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, check=False
    )
    os.close(theirs)
    said = b""
    try:
        while block := os.read(ours, 65536):
            said += block
    except OSError:  # Linux ends a terminal that nobody holds in this way
        os.close(ours)
    assert done.returncode == 0, said.decode()
    assert b"--activation tanh: is neither sigmoid, softmax nor none" in said
    manifest = read_pack(tmp_path / "frogs").manifest
    assert (manifest.name, manifest.member[0].sample_rate_hz, manifest.member[0].window_s) == ("frogs", 1000, 2.0)
