"""Probabilities that would go through a sigmoid again are warned of wherever a pack is taken."""

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.foreign_networks.conftest import chorus, warnings_in
from tests.foreign_networks.foreign import write_lines
from tests.foreign_networks.graphs import Graph, decide, hear_waveform

CODES = ("wren", "robin", "chiff")


def write_head(folder: Path, kind: str) -> Path:
    """Write a network whose last layer is a Sigmoid or a Softmax."""
    graph = Graph(seed=11)
    levels = hear_waveform(graph, "audio", 48_000, steps=3)
    graph.add(kind, decide(graph, levels, (16, 3), len(CODES), scale=3.0, to="logits"), to="scores")
    write_lines(folder / "codes.txt", CODES)
    return graph.save(folder / "head.onnx", ("audio", ["N", 48_000]), {"scores": ["N", len(CODES)]})


def import_words(options: str) -> list[str]:
    words = "models import head.onnx --out pack --name heads --labels codes.txt --sample-rate 24000 --window 2"
    return f"{words} {options}".split()


def take_everywhere(folder: Path, options: str) -> list[list[str]]:
    """Import, verify and install a network; return what each warned of."""
    commands: list[Callable[[], subprocess.CompletedProcess[str]]] = [
        partial(chorus, *import_words(options), cwd=folder),
        partial(chorus, "models", "verify", folder / "pack"),
        partial(chorus, "models", "install", folder / "pack", CHORUS_PACKS_DIR=str(folder / "installed")),
    ]
    return [warnings_in(command()) for command in commands]


@pytest.mark.parametrize(
    ("kind", "words"), [("Sigmoid", "look like probabilities ("), ("Softmax", "probabilities of a softmax")]
)
def test_a_sigmoid_too_many_is_warned_of_at_import_verify_and_install(tmp_path: Path, kind: str, words: str) -> None:
    write_head(tmp_path, kind)
    for warnings in take_everywhere(tmp_path, "--activation sigmoid"):
        (warning,) = warnings
        assert words in warning
        assert "sigmoid" in warning


def test_taxa_that_compete_are_warned_of(tmp_path: Path) -> None:
    write_head(tmp_path, "Softmax")
    (warning,) = warnings_in(chorus(*import_words("--kind probs --activation none"), cwd=tmp_path))
    assert "softmax" in warning
    assert "probabilities" in warning
