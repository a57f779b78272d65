"""User errors end in one line that says what to do, never in a traceback."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.workshop.__main__ import main
from models.workshop.networks.architecture import make_model
from models.workshop.recipe import Recipe
from models.workshop.training.checkpoints import save_model

Fails = Callable[..., tuple[int, str]]


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fails:
    """Return a function that runs a command and returns its exit code and the last line of stderr."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in arguments])
        assert isinstance(left.value.code, int)
        return left.value.code, capsys.readouterr().err.splitlines()[-1]

    return run


@pytest.fixture
def manifest(tiny_manifest: Path, tmp_path: Path) -> Path:
    """Return a copy of the manifest that a test may change; its audio files are missing."""
    for name in ("manifest.csv", "taxa.csv", "events.csv"):
        shutil.copy(tiny_manifest.parent / name, tmp_path / name)
    return tmp_path / "manifest.csv"


def replace_in(path: Path, old: str, new: str, count: int = -1) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))
    return path


def test_a_path_that_does_not_exist(fails: Fails, tiny_recipe_file: Path, tmp_path: Path) -> None:
    code, line = fails("train", tiny_recipe_file, tmp_path / "manifest.csv", "--out", tmp_path)
    assert code == 2
    assert line.endswith("manifest.csv' does not exist.")


def test_a_recipe_with_an_unknown_key(
    fails: Fails, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path
) -> None:
    recipe = Path(shutil.copy(tiny_recipe_file, tmp_path))
    replace_in(recipe, "clips_per_epoch", "clip_per_epoch")
    code, line = fails("train", recipe, tiny_manifest, "--out", tmp_path)
    assert (code, line) == (1, f"error: {recipe}: data.clip_per_epoch: no such key in a recipe; check its spelling")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('name = "small"', "name = small", "is not TOML"),
        ('backbone = "mobilenetv3_small_050"', "", "model.backbone: is missing"),
        ('"mobilenetv3_small_050"', '"mobilnet"', "timm knows no 'mobilnet'"),
        ("time_stride = 16", "time_stride = 7", "time_stride: a backbone of stride"),
        ('loss = "bce_sed"', 'loss = "frames"', "require each other"),
        ('loss = "bce_sed"', 'loss = "bce_sed"\ntaxonomic_classes = ["Pisces"]', "taxa.csv has none of Pisces"),
    ],
)
def test_a_recipe_with_invalid_values(
    fails: Fails, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    recipe = replace_in(Path(shutil.copy(tiny_recipe_file, tmp_path)), old, new)
    code, line = fails("train", recipe, tiny_manifest, "--out", tmp_path)
    assert (code, line[:7]) == (1, "error: ")
    assert reason in line


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("path,labels,", "path,species,", "lacks the column 'labels'"),
        (",focal,", ",vocal,", "line 2: kind 'vocal' is none of focal, soundscape, noise"),
        (",0,", ",first,", "line 2: fold 'first' is not a valid int"),
        (",rispip,", ",robin,", "line 2: labels ['robin'] are not in taxa.csv"),
    ],
)
def test_a_manifest_with_an_invalid_row_or_header(
    fails: Fails, tiny_recipe_file: Path, manifest: Path, old: str, new: str, reason: str
) -> None:
    replace_in(manifest, old, new, 1)
    code, line = fails("train", tiny_recipe_file, manifest, "--out", manifest.parent / "run")
    assert code == 1
    assert line.startswith(f"error: {manifest}")
    assert reason in line


def test_a_file_that_is_not_audio(fails: Fails, tiny_recipe_file: Path, manifest: Path) -> None:
    for name in ("focal-rispip-000", "validation-000"):
        (manifest.parent / "audio").mkdir(exist_ok=True)
        (manifest.parent / "audio" / f"{name}.flac").write_text("no sound")
    header, *rows = manifest.read_text().splitlines()
    kept = [row for row in rows if "rispip-000" in row or "validation-000" in row]
    manifest.write_text("\n".join([header, *kept]))
    code, line = fails("train", tiny_recipe_file, manifest, "--out", manifest.parent / "run")
    assert code == 1
    assert "focal-rispip-000.flac: is listed but cannot be read" in line


def test_a_manifest_without_its_taxa_or_audio(fails: Fails, tiny_recipe_file: Path, manifest: Path) -> None:
    arguments = ("train", tiny_recipe_file, manifest, "--out", manifest.parent / "run")
    code, line = fails(*arguments)
    assert code == 1
    assert "audio files are missing, the first is audio/focal-rispip-000.flac" in line
    (manifest.parent / "taxa.csv").unlink()
    assert fails(*arguments) == (
        1,
        f"error: {manifest.parent / 'taxa.csv'}: is missing; it belongs in the manifest's folder",
    )


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--folds", "7"], "the manifest has no fold 7; it has 0, 1, 2"),
        (["--held-out", "0"], "fold 0 is in --folds, too"),
        (["--folds", ""], "name at least one fold"),
        (["--folds", "one"], "'one': write numbers joined by commas"),
        (["--threads", "0"], "greater than or equal to 1"),
        (["--round", "2"], "no labels of a round without --pseudo"),
    ],
)
def test_invalid_options(
    fails: Fails, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path, options: list[str], reason: str
) -> None:
    code, line = fails("train", tiny_recipe_file, tiny_manifest, "--out", tmp_path, *options)
    assert code == 2
    assert reason in line


def test_a_file_that_is_not_a_checkpoint(
    fails: Fails, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path
) -> None:
    arguments = ("train", tiny_recipe_file, tiny_manifest, "--out", tmp_path / "run", "--init-from")
    assert fails(*arguments, tmp_path / "model.pt")[1].endswith("model.pt' does not exist.")
    (notes := tmp_path / "notes.txt").write_text("hello world")
    for path in (tiny_manifest, notes):
        code, line = fails(*arguments, path)
        assert (code, line) == (1, f"error: {path}: is not a checkpoint that `train` wrote")


def test_checkpoints_that_cannot_form_a_pack(
    fails: Fails, tiny_recipe: Recipe, tiny_manifest: Path, tmp_path: Path
) -> None:
    checkpoint = save_model(tiny_recipe, ["other"], make_model(tiny_recipe, 1), tmp_path / "model.pt")
    arguments = (
        "export", checkpoint, "--out", tmp_path / "pack", "--taxa", tiny_manifest.parent / "taxa.csv",
        "--name", "one", "--license", "CC0-1.0", "--attribution", "nobody",
    )  # fmt: skip
    assert fails(*arguments) == (1, "error: member-1: the network has none of the pack's taxa")
    assert "2 weights for 1 members" in fails(*arguments, "--weights", "1,2")[1]
    for share in ("0", "nan", "inf"):
        assert "weights must be numbers greater than 0" in fails(*arguments, "--weights", share)[1]
    assert fails(*arguments, "--like", "birdclef-2025-2nd")[1] == "error: birdclef-2025-2nd has 2 members, not 1"


def test_a_folder_that_is_not_a_pack(fails: Fails, tiny_manifest: Path) -> None:
    code, line = fails("evaluate", tiny_manifest.parent, tiny_manifest)
    assert code == 1
    assert "pack.toml" in line


def test_labels_that_pseudo_label_did_not_write(
    fails: Fails, tiny_recipe_file: Path, tiny_manifest: Path, tmp_path: Path
) -> None:
    code, line = fails("train", tiny_recipe_file, tiny_manifest, "--out", tmp_path, "--pseudo", tiny_recipe_file)
    assert (code, line) == (1, f"error: {tiny_recipe_file}: is not a file of labels that `pseudo-label` wrote")


def test_recordings_none_of_which_can_be_used(fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "in" / "Robin").mkdir(parents=True)
    (tmp_path / "in" / "Robin" / "a.wav").write_text("no sound")
    code, line = fails("manifest", "folders", tmp_path / "in", "--license", "CC0-1.0", "--out", tmp_path / "out")
    assert (code, line) == (1, "error: no recording can be used: no manifest written")
    assert not (tmp_path / "out").exists()


def test_a_table_of_events_that_lacks_a_column(fails: Fails, tiny_manifest: Path, tmp_path: Path) -> None:
    events = tiny_manifest.parent / "events.csv"
    code, line = fails("manifest", "table", tiny_manifest, "--out", tmp_path, "--events", events)
    assert code == 1
    assert line == f"error: {events}: lacks the column 'file'; its first line must name file,label,onset_s,offset_s"
