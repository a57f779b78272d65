"""The commands, from generated recordings to a pack that the service accepts."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.self_test import verify_golden
from models.workshop.app import SECTIONS, app
from models.workshop.data.manifest import load_dataset
from models.workshop.errors import BadInput
from models.workshop.synthetic.world import WorldSize, make_world
from models.workshop.training.pseudo_labels import load_labels

ALONE = [name for names in SECTIONS.values() for name in names if name != "manifest"]


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def rounds_dir(tiny_manifest: Path, tiny_recipe_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rounds")
    run("rounds", tiny_recipe_file, tiny_manifest, "--out", out)
    return out


def test_one_command_trains_and_exports_teacher_and_students(rounds_dir: Path) -> None:
    for number in range(3):
        assert (rounds_dir / f"round-{number}" / "model.pt").exists()
        ensemble = open_ensemble(rounds_dir / f"round-{number}" / "pack", SessionOptions())
        assert len(ensemble.facts.taxa) == 12
        assert "self-test passed" in str(verify_golden(ensemble))


def test_a_folder_with_other_networks_is_refused(rounds_dir: Path, tiny_manifest: Path, tiny_recipe_file: Path) -> None:
    with pytest.raises(BadInput, match=r"holds a run with another recipes.small.optimizer.lr \(0.002, now 0.5\)"):
        run("rounds", tiny_recipe_file, tiny_manifest, "--out", rounds_dir, "--set", "optimizer.lr=0.5")


def test_the_same_folds_in_another_order_resume_the_run(
    rounds_dir: Path, tiny_manifest: Path, tiny_recipe_file: Path
) -> None:
    resumed = run("rounds", tiny_recipe_file, tiny_manifest, "--out", rounds_dir, "--held-out", " 1,")
    assert "round-2" in resumed


def test_noise_that_is_not_played_may_be_missing(tiny_manifest: Path, tiny_recipe_file: Path, tmp_path: Path) -> None:
    manifest = shutil.copytree(tiny_manifest.parent, tmp_path / "world") / "manifest.csv"
    with manifest.open("a") as rows:
        rows.write("audio/rain.flac,,rain,CC0-1.0,,0,5.0,noise,\n")
    start = ("train", tiny_recipe_file, manifest, "--out", tmp_path / "run", "--set", "optimizer.epochs=1")
    with pytest.raises(BadInput, match=r"1 audio files are missing, the first is audio/rain.flac"):
        run(*start, "--set", "augment.noise=0.5")
    run(*start, "--set", "augment.noise=0")


def test_labels_of_which_none_is_left_are_refused(
    rounds_dir: Path, tiny_manifest: Path, tiny_recipe_file: Path, tmp_path: Path
) -> None:
    labels = ("--pseudo", rounds_dir / "labels-1.npz", "--set", "pseudo.style=swap", "--set", "pseudo.keep_above=1.0")
    with pytest.raises(BadInput, match=r"labels-1.npz: no label is left"):
        run("train", tiny_recipe_file, tiny_manifest, "--out", tmp_path, *labels)


def test_a_soundscape_that_is_missing_is_told_before_anything_is_trained(
    rounds_dir: Path, tiny_manifest: Path, tiny_recipe_file: Path, tmp_path: Path
) -> None:
    manifest = shutil.copytree(tiny_manifest.parent, tmp_path / "world") / "manifest.csv"
    (manifest.parent / "audio" / "unlabeled-001.flac").unlink()
    reason = r"1 audio files are missing, the first is audio/unlabeled-001.flac"
    for command in (("rounds",), ("train", "--pseudo", rounds_dir / "labels-1.npz")):
        with pytest.raises(BadInput, match=reason):
            run(*command, tiny_recipe_file, manifest, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_pack_passes_chorus_models_verify(rounds_dir: Path) -> None:
    pack = rounds_dir / "round-2" / "pack"
    command = [sys.executable, "-m", "dawn_chorus.cli", "models", "verify", str(pack)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "self-test passed" in result.stdout


def test_a_pack_labels_soundscapes_and_is_evaluated_on_held_out_ones(
    rounds_dir: Path, tiny_manifest: Path, tmp_path: Path
) -> None:
    pack = rounds_dir / "round-1" / "pack"
    run("pseudo-label", pack, tiny_manifest, "--out", tmp_path / "labels.npz")
    labels = load_labels(tmp_path / "labels.npz")
    assert sorted(labels.probs) == ["audio/unlabeled-000.flac", "audio/unlabeled-001.flac"]
    assert labels.probs["audio/unlabeled-000.flac"].shape == (4, 12)
    measures = dict(line.split() for line in run("evaluate", pack, tiny_manifest).splitlines())
    assert set(measures) == {"macro_auroc", "cmap", "event_f1", "psds", "n_taxa_scored"}


def test_checkpoints_are_exported_as_one_pack_with_their_weights(
    rounds_dir: Path, tiny_manifest: Path, tmp_path: Path
) -> None:
    checkpoints = [rounds_dir / f"round-{number}" / "model.pt" for number in (1, 2)]
    run(
        "export", *checkpoints, "--out", tmp_path / "pair", "--taxa", tiny_manifest.parent / "taxa.csv",
        "--name", "pair", "--license", "CC0-1.0", "--attribution", "nobody", "--weights", "1,3", "--fp16",
    )  # fmt: skip
    members = open_ensemble(tmp_path / "pair", SessionOptions()).pack.manifest.member
    assert [member.weight for member in members] == [1.0, 3.0]
    assert len(list((tmp_path / "pair").glob("*.fp16.onnx"))) == 2


def test_help_lists_the_commands_in_the_order_of_the_work() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    commands = typer.main.get_command(app).commands
    assert sorted(listed) == sorted(commands)
    shown = CliRunner().invoke(app, ["--help"]).output
    places = [shown.index(f"\n  {name} ") for name in listed]
    assert places == sorted(places)
    assert "..." not in shown.split("Get recordings")[1]  # no summary is cut short


@pytest.mark.parametrize("command", [*ALONE, "manifest folders", "manifest table", "manifest narrow"])
def test_every_command_has_a_summary_and_an_example_that_fit(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"], terminal_width=80).output
    summary = shown.splitlines()[2]
    assert summary.endswith(".")
    assert f"Example:\n    python -m models.workshop {command} " in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_help_names_every_command() -> None:
    command = [sys.executable, "-m", "models.workshop", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in (
        "manifest", "fetch-xeno-canto", "train", "pseudo-label", "rounds", "evaluate", "export", "random-pack",
        "synthesize", "synthetic-pack", "ablation", "real-recordings", "embedding-study",
    ):  # fmt: skip
        assert f"  {name} " in shown


def test_the_same_seed_makes_the_same_world(tmp_path: Path) -> None:
    size = WorldSize(2, 3.0, soundscapes=1, validation_soundscapes=0, test_soundscapes=0, soundscape_s=5.0)
    one, other = (make_world(tmp_path / name, seed=9, size=size).parent for name in ("one", "other"))
    for path in sorted(one.rglob("*.*")):
        assert path.read_bytes() == (other / path.relative_to(one)).read_bytes(), path.name
    dataset = load_dataset(one / "manifest.csv")
    assert [clip.labels for clip in dataset.unlabeled()] == [()]
