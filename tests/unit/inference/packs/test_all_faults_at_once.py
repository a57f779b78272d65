"""Whoever makes a pack reads everything that is wrong with it after one run, and mends it in one go."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from dawn_chorus.inference.packs.sealing import seal_pack
from dawn_chorus.inference.verification import verify_apart
from tests.packs import write_tone_pack
from tests.unit.inference.pack_edits import add, assert_begin, edit_manifest, faults_of, swap, turn_into_schema_2

MEMBER = 'input = "waveform"\nsample_rate_hz = 16000\nwindow_s = 5.0\nhop_s = 5.0\nrule = "clip"\n'


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = write_tone_pack(tmp_path / "tones")
    turn_into_schema_2(folder)
    return folder


def add_member(pack: Path, file: str, lines: str = "", change: Callable[[Any], None] | None = None) -> None:
    """Add a copy of the network as a member, and change the copy."""
    model = onnx.load(pack / "tones.onnx")
    if change:
        change(model.graph)
    onnx.save(model, pack / file)
    edit_manifest(pack, lambda text: text.replace("[files]", f'[[member]]\nfile = "{file}"\n{MEMBER}{lines}\n[files]'))


def rename_input(graph: Any) -> None:
    graph.input[0].name = graph.node[0].input[0] = "audio"


def rename_output(graph: Any) -> None:
    for node in graph.node:
        node.output[:] = ["logits" if name == "clip_logits" else name for name in node.output]
    graph.output[1].name = "logits"


@pytest.fixture
def wrong_everywhere(pack: Path) -> Path:
    add_member(pack, "second.onnx", 'columns = "columns.csv"')
    add_member(pack, "third.onnx", "", rename_input)
    add_member(pack, "fourth.onnx", "", rename_output)
    add_member(pack, "fifth.onnx")
    (pack / "columns.csv").write_text("tone_500\ntone_501\ntone_500\n")
    (pack / "card.md").write_text("of the model")
    seal_pack(pack)
    with (pack / "fifth.onnx").open("ab") as file:
        file.write(b"\n")
    with (pack / "taxa.csv").open("a") as file:
        file.write("tone_500,Again,again,Tone\nfew,cells\n")
    (pack / "card.md").unlink()
    edits = (
        add('licence = "MIT"\ngolden = "golden.npz"'),
        swap('version = "1.0.0"', "version = 1"),
        swap("shift_weights = [0.25, 0.5, 0.25]", "shift_weights = [0.5, 0.5]\nsmoothing = [0.5, 0.5]"),
        swap("offset_threshold = 0.3", "offset_threshold = 0.6"),
        swap('file = "tones.onnx"', 'file = "tones.onnx"\nweigth = 1.0'),
    )
    for edit in edits:
        edit_manifest(pack, edit)
    return pack


EVERYWHERE = (
    "pack.toml: licence: unknown key; did you mean `license`?",
    "pack.toml: golden: golden.npz is not listed in [files]; run `chorus models seal FOLDER`",
    "pack.toml: version: Input should be a valid string",
    "pack.toml: score: shift_weights: 2 weights for 3 shifts_s",
    "pack.toml: score: smoothing: 2 weights have no middle; use an odd number",
    "pack.toml: detection: offset_threshold: 0.6 is above the onset_threshold 0.5",
    "pack.toml: member[0].weigth: unknown key; did you mean `weight`?",
    "taxa.csv: sha256 is ",
    "taxa.csv: line 6: code: 'tone_500' is empty or appears twice",
    "taxa.csv: line 7: has more or fewer cells than the header",
    "columns.csv: line 2: 'tone_501' is not a code of the taxa table",
    "columns.csv: a code appears twice: each taxon has one column (line 3: 'tone_500')",
    "golden.npz: there is no such file (named in golden)",
    "card.md: there is no such file (named in [files])",
    "second.onnx: frame_logits: has 4 columns, but columns.csv has 3 taxa",
    "second.onnx: clip_logits: has 4 columns, but columns.csv has 3 taxa",
    "third.onnx: input: the network takes ['audio']",
    'fourth.onnx: rule: "clip" needs ',
    "fifth.onnx: sha256 is ",
)


OF_NETWORKS = re.compile(r"\w+\.onnx: (?!sha256)")
"""Of networks that were opened; `list` and `inspect` only hash them."""


def test_everything_is_told_in_reading_order(wrong_everywhere: Path) -> None:
    assert_begin(faults_of(wrong_everywhere), EVERYWHERE)


def run_chorus(*arguments: str, packs_dir: Path) -> tuple[int, str, list[str]]:
    """Return exit code, stdout and the lines of stderr."""
    command = [sys.executable, "-m", "dawn_chorus.cli", *arguments]
    environment = os.environ | {"CHORUS_PACKS_DIR": str(packs_dir)}
    done = subprocess.run(command, capture_output=True, check=False, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr.splitlines()


def test_the_self_test_is_looked_at_whatever_else_is_wrong(pack: Path) -> None:
    edit_manifest(pack, add('golden = "golden.npz"\nlicence = "MIT"'))
    np.savez(pack / "golden.npz", waveform=np.zeros(8, np.float32))
    seal_pack(pack)
    told = (
        "pack.toml: licence: unknown",
        "golden.npz: sample_rate_hz: is missing",
        "golden.npz: window_scores: is missing",
    )
    assert_begin(faults_of(pack, verify_apart), told)


@pytest.mark.parametrize(
    ("command", "prefix"), [("verify", "error: {pack}: "), ("install", "error: "), ("inspect", "error: ")]
)
def test_the_command_line_tells_a_fault_a_line(wrong_everywhere: Path, command: str, prefix: str) -> None:
    code, told, lines = run_chorus("models", command, str(wrong_everywhere), packs_dir=wrong_everywhere.parent / "no")
    prefix = f"{prefix.format(pack=wrong_everywhere)}tones/"
    assert all(line.startswith(prefix) for line in lines)
    is_seen = tuple(line for line in EVERYWHERE if command != "inspect" or not OF_NETWORKS.match(line))
    assert_begin(tuple(line.removeprefix(prefix) for line in lines), is_seen)
    assert (code, told) == (1, "")


def test_the_list_of_packs_has_a_row_for_each_fault(wrong_everywhere: Path) -> None:
    code, told, _ = run_chorus("models", "list", packs_dir=wrong_everywhere.parent)
    rows = [row.split("tones/", 1)[1] for row in told.splitlines()[1:]]
    assert_begin(tuple(rows), tuple(line for line in EVERYWHERE if not OF_NETWORKS.match(line)))
    assert code == 1
    code, told, _ = run_chorus("models", "list", "--json", packs_dir=wrong_everywhere.parent)
    [entry] = json.loads(told)
    assert entry["broken"] == "; ".join(entry["faults"])
    assert len(entry["faults"]) == len(rows)
