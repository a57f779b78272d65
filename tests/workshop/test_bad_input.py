"""What a user can get wrong is told in one line that says what to do, and is never a traceback."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.workshop.__main__ import main
from models.workshop.networks.architecture import make_model
from models.workshop.training.checkpoints import save_model
from models.workshop.training.recipe import Recipe

Told = Callable[..., tuple[int, str]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what a command leaves with, and the last line that it says."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        assert isinstance(left.value.code, int)
        return left.value.code, capsys.readouterr().err.splitlines()[-1]

    return run


@pytest.fixture
def manifest(tiny_manifest: Path, tmp_path: Path) -> Path:
    """Return a manifest that can be broken, its sounds missing."""
    for name in ("manifest.csv", "taxa.csv", "events.csv"):
        shutil.copy(tiny_manifest.parent / name, tmp_path / name)
    return tmp_path / "manifest.csv"


def replace_in(path: Path, old: str, new: str, count: int = -1) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))
    return path


def test_a_path_that_is_not_there(told: Told, tiny_recipe_file: Path, tmp_path: Path) -> None:
    code, line = told("train", tiny_recipe_file, tmp_path / "manifest.csv", "--out", tmp_path)
    assert code == 2
    assert line.endswith("manifest.csv' does not exist.")


def test_a_recipe_with_a_key_that_no_recipe_has(
    told: Told, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path
) -> None:
    recipe = Path(shutil.copy(tiny_recipe_file, tmp_path))
    replace_in(recipe, "clips_per_epoch", "clip_per_epoch")
    code, line = told("train", recipe, tiny_manifest, "--out", tmp_path)
    assert (code, line) == (1, f"error: {recipe}: data.clip_per_epoch: no such key in a recipe; check its spelling")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('name = "small"', "name = small", "is not TOML"),
        ('backbone = "mobilenetv3_small_050"', "", "model.backbone: is missing"),
        ('"mobilenetv3_small_050"', '"mobilnet"', "timm knows no 'mobilnet'"),
        ("time_stride = 16", "time_stride = 7", "time_stride: cannot bring a backbone"),
        ('loss = "bce_sed"', 'loss = "frames"', "go together"),
        ('loss = "bce_sed"', 'loss = "bce_sed"\ntaxonomic_classes = ["Pisces"]', "taxa.csv has none of Pisces"),
    ],
)
def test_a_recipe_that_cannot_be_followed(
    told: Told, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    recipe = replace_in(Path(shutil.copy(tiny_recipe_file, tmp_path)), old, new)
    code, line = told("train", recipe, tiny_manifest, "--out", tmp_path)
    assert (code, line[:7]) == (1, "error: ")
    assert reason in line


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("path,labels,", "path,species,", "lacks the column 'labels'"),
        (",focal,", ",vocal,", "line 2: kind 'vocal' is none of focal, soundscape, noise"),
        (",0,", ",first,", "line 2: fold 'first' is no int"),
        (",rispip,", ",robin,", "line 2: labels ['robin'] are not in taxa.csv"),
    ],
)
def test_a_manifest_that_breaks_the_form(
    told: Told, tiny_recipe_file: Path, manifest: Path, old: str, new: str, reason: str
) -> None:
    replace_in(manifest, old, new, 1)
    code, line = told("train", tiny_recipe_file, manifest, "--out", manifest.parent / "run")
    assert code == 1
    assert line.startswith(f"error: {manifest}")
    assert reason in line


def test_a_sound_that_is_none(told: Told, tiny_recipe_file: Path, manifest: Path) -> None:
    for name in ("focal-rispip-000", "validation-000"):
        (manifest.parent / "audio").mkdir(exist_ok=True)
        (manifest.parent / "audio" / f"{name}.flac").write_text("no sound")
    header, *rows = manifest.read_text().splitlines()
    kept = [row for row in rows if "rispip-000" in row or "validation-000" in row]
    manifest.write_text("\n".join([header, *kept]))
    code, line = told("train", tiny_recipe_file, manifest, "--out", manifest.parent / "run")
    assert code == 1
    assert "focal-rispip-000.flac: cannot be read, though the manifest names it" in line


def test_a_manifest_without_its_taxa_or_its_sounds(told: Told, tiny_recipe_file: Path, manifest: Path) -> None:
    words = ("train", tiny_recipe_file, manifest, "--out", manifest.parent / "run")
    code, line = told(*words)
    assert code == 1
    assert "of its sounds are not there, the first is audio/focal-rispip-000.flac" in line
    (manifest.parent / "taxa.csv").unlink()
    assert told(*words) == (1, f"error: {manifest.parent / 'taxa.csv'}: is missing; a manifest has its taxa beside it")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--folds", "7"], "the manifest has no fold 7; it has 0, 1, 2"),
        (["--held-out", "0"], "fold 0 cannot be learned from as well"),
        (["--folds", "one"], "'one': write numbers joined by commas"),
        (["--threads", "0"], "greater than or equal to 1"),
    ],
)
def test_options_that_make_no_sense(
    told: Told, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path, options: list[str], reason: str
) -> None:
    code, line = told("train", tiny_recipe_file, tiny_manifest, "--out", tmp_path, *options)
    assert code == 2
    assert reason in line


def test_a_checkpoint_that_is_none(told: Told, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path) -> None:
    words = ("train", tiny_recipe_file, tiny_manifest, "--out", tmp_path / "run", "--init-from")
    assert told(*words, tmp_path / "model.pt")[1].endswith("model.pt' does not exist.")
    (notes := tmp_path / "notes.txt").write_text("hello world")
    for path in (tiny_manifest, notes):
        code, line = told(*words, path)
        assert (code, line) == (1, f"error: {path}: is not a checkpoint that `train` wrote")


def test_checkpoints_that_make_no_pack(told: Told, tiny_recipe: Recipe, tiny_manifest: Path, tmp_path: Path) -> None:
    checkpoint = save_model(tiny_recipe, ["other"], make_model(tiny_recipe, 1), tmp_path / "model.pt")
    words = ("export", checkpoint, "--out", tmp_path / "pack", "--taxa", tiny_manifest.parent / "taxa.csv", "--name",
             "one", "--license", "CC0-1.0", "--attribution", "nobody")  # fmt: skip
    assert told(*words) == (1, "error: member-1: the network knows none of the pack's taxa")
    assert "2 weights for 1 members" in told(*words, "--weights", "1,2")[1]
    assert told(*words, "--like", "birdclef-2025-2nd")[1] == "error: birdclef-2025-2nd has 2 members, not 1"


def test_a_folder_that_is_no_pack(told: Told, tiny_manifest: Path) -> None:
    code, line = told("evaluate", tiny_manifest.parent, tiny_manifest)
    assert code == 1
    assert "pack.toml" in line


def test_labels_that_pseudo_label_did_not_write(
    told: Told, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path
) -> None:
    code, line = told("train", tiny_recipe_file, tiny_manifest, "--out", tmp_path, "--pseudo", tiny_recipe_file)
    assert (code, line) == (1, f"error: {tiny_recipe_file}: holds no labels that `pseudo-label` wrote")


def test_recordings_of_which_none_can_be_used(told: Told, tmp_path: Path) -> None:
    (tmp_path / "in" / "Robin").mkdir(parents=True)
    (tmp_path / "in" / "Robin" / "a.wav").write_text("no sound")
    code, line = told("manifest", "folders", tmp_path / "in", "--license", "CC0-1.0", "--out", tmp_path / "out")
    assert (code, line) == (1, "error: no recording can be used, so there is no manifest")
    assert not (tmp_path / "out").exists()


def test_a_table_of_events_that_lacks_a_column(told: Told, tiny_manifest: Path, tmp_path: Path) -> None:
    events = tiny_manifest.parent / "events.csv"
    code, line = told("manifest", "table", tiny_manifest, "--out", tmp_path, "--events", events)
    assert code == 1
    assert line == f"error: {events}: lacks the column 'file'; its first line must name file,label,onset_s,offset_s"
