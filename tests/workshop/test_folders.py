"""Manifests from folders and tables."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.commands.manifest import manifest_app
from models.workshop.data.folders import Columns, read_events, read_folders, read_table
from models.workshop.data.folds import assign_folds
from models.workshop.data.license_terms import Terms, name_license
from models.workshop.data.manifest import load_dataset
from models.workshop.data.recordings import DatasetOptions, build_dataset, save_built
from models.workshop.errors import BadInput

BLACKBIRD = Taxon("turdus-merula", "Turdus merula", "Eurasian Blackbird", "Aves")


def write_sound(path: Path, duration_s: float = 0.5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(round(duration_s * 8000)), 8000)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("Turdus merula/a_1.wav", "Turdus merula/a_2.wav", "Turdus merula/b_1.flac", "Tern/x/c.wav",
                 "soundscapes/night.wav", "noise/rain.wav"):  # fmt: skip
        write_sound(tmp_path / "audio" / name)
    (tmp_path / "audio" / "Tern" / "notes.txt").write_text("not a sound")
    return tmp_path / "audio"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    for name in ("a", "b", "c", "d"):
        write_sound(tmp_path / f"{name}.wav", 2.0)
    path = tmp_path / "index.csv"
    path.write_text(
        "file,label,licence,origin,sort\n"
        "a.wav,Eurasian Blackbird; Tern,CC BY 4.0,site 1,clip\n"
        "b.wav,Tern,CC BY-NC-ND 4.0,site 1,clip\n"
        "c.wav,,CC0,site 2,field\n"
        "d.wav,Tern,variant not stated,site 3,clip\n"
    )
    return path


COLUMNS = Columns(path="file", labels="label", license="licence", group="origin", kind="sort")


@pytest.mark.parametrize("suffix", [".wav", ".WV", ".w64", ".m4b", ".amr", ".caf"])
def test_every_suffix_of_the_command_line_is_found_and_junk_is_not(tmp_path: Path, suffix: str) -> None:
    for name in (f"wren/a{suffix}", f"wren/._a{suffix}", "wren/notes.txt", "wren/a.wac"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [recording.path.name for recording in read_folders(tmp_path, "CC0-1.0")] == [f"a{suffix}"]


def test_folders_name_taxa_except_soundscapes_and_noise(tree: Path, tmp_path: Path) -> None:
    built = build_dataset(read_folders(tree, "CC0-1.0"), tmp_path, DatasetOptions(taxa=(BLACKBIRD,)))
    dataset = load_dataset(save_built(built))
    assert [taxon.code for taxon in dataset.taxa] == ["tern", "turdus-merula"]
    assert dataset.taxa[1] == BLACKBIRD
    assert {clip.path: (clip.kind, clip.labels) for clip in dataset.clips} == {
        "audio/Tern/x/c.wav": ("focal", ("tern",)),
        "audio/Turdus merula/a_1.wav": ("focal", ("turdus-merula",)),
        "audio/Turdus merula/a_2.wav": ("focal", ("turdus-merula",)),
        "audio/Turdus merula/b_1.flac": ("focal", ("turdus-merula",)),
        "audio/noise/rain.wav": ("noise", ()),
        "audio/soundscapes/night.wav": ("soundscape", ()),
    }


def test_pieces_of_one_recording_stay_in_one_fold(tree: Path, tmp_path: Path) -> None:
    recordings = read_folders(tree, "CC0-1.0", group_pattern=r"^[^_]+")
    folds = {clip.path: clip.fold for clip in build_dataset(recordings, tmp_path).dataset.clips}
    assert folds["audio/Turdus merula/a_1.wav"] == folds["audio/Turdus merula/a_2.wav"]
    assert folds["audio/Turdus merula/a_1.wav"] != folds["audio/Turdus merula/b_1.flac"]


def test_a_folder_without_audio_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no audio in folders"):
        list(read_folders(tmp_path, "CC0-1.0"))


def test_a_table_is_read_by_the_names_of_its_columns(table: Path, tmp_path: Path) -> None:
    recordings = list(read_table(table, COLUMNS, {"field": "soundscape"}))
    dataset = build_dataset(recordings, tmp_path / "out", DatasetOptions(taxa=(BLACKBIRD,))).dataset
    assert [(clip.path, clip.labels, clip.group, clip.kind, clip.duration_s) for clip in dataset.clips] == [
        ("../a.wav", ("tern", "turdus-merula"), "site 1", "focal", 2.0),
        ("../c.wav", (), "site 2", "soundscape", 2.0),
    ]


def test_recordings_that_forbid_derivatives_or_state_no_license_are_refused(table: Path, tmp_path: Path) -> None:
    refused = build_dataset(read_table(table, COLUMNS), tmp_path).refused
    assert [(Path(item.recording).name, item.reason) for item in refused] == [
        ("b.wav", "its license forbids derivatives"),
        ("d.wav", "its license is not stated"),
    ]
    anything = DatasetOptions(terms=Terms(allow_no_derivatives=True, allow_unstated=True))
    assert build_dataset(read_table(table, COLUMNS), tmp_path, anything).refused == ()


@pytest.mark.parametrize(
    ("license_text", "refused"),
    [
        ("//creativecommons.org/licenses/by-nc-nd/4.0/", True),
        ("CC-BY-ND-2.5", True),
        ("Attribution-NoDerivs 3.0", True),
        ("", True),
        ("Xeno-canto CC", True),
        ("CC BY-NC-SA 4.0", False),
        ("public domain, Netherlands and Iceland", False),
    ],
)
def test_licenses_are_recognized_in_any_spelling(license_text: str, refused: bool) -> None:
    assert (Terms().refuse(license_text) is not None) == refused


def test_license_urls_become_spdx_names() -> None:
    assert name_license("//creativecommons.org/licenses/by-nc-sa/4.0/") == "CC-BY-NC-SA-4.0"
    assert name_license("https://creativecommons.org/publicdomain/zero/1.0/") == "CC0-1.0"


def test_known_events_set_the_labels_of_a_recording(table: Path, tmp_path: Path) -> None:
    strong = tmp_path / "strong_labels.csv"
    strong.write_text(
        "file,onset_s,offset_s,label\na.wav,0.25,0.5,Eurasian Blackbird\na.wav,1,1.5,Eurasian Blackbird\n"
    )
    options = DatasetOptions(taxa=(BLACKBIRD,))
    built = build_dataset(read_table(table, COLUMNS), tmp_path, options, read_events(strong))
    dataset = load_dataset(save_built(built))
    assert dataset.clips[0].labels == ("turdus-merula",)
    assert [(e.code, e.onset_s, e.offset_s) for e in dataset.events["a.wav"]] == [
        ("turdus-merula", 0.25, 0.5),
        ("turdus-merula", 1.0, 1.5),
    ]


def test_an_event_that_ends_before_it_begins_is_reported_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("file,onset_s,offset_s,label\na.wav,1,2,x\na.wav,2,1,x\n")
    with pytest.raises(ValueError, match="line 3"):
        read_events(tmp_path / "events.csv")


def test_a_file_that_is_not_audio_is_refused_with_the_reason(table: Path, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("hello")
    built = build_dataset(read_table(table, COLUMNS), tmp_path)
    assert "a.wav" in built.refused[0].recording
    assert [clip.path for clip in built.dataset.clips] == ["c.wav"]


def test_folds_do_not_depend_on_the_order_and_spread_every_label() -> None:
    groups = {f"g{n}": ["rare" if n < 3 else "common"] for n in range(30)}
    folds = assign_folds(groups, 3)
    assert assign_folds(dict(reversed(groups.items())), 3) == folds
    assert {folds[f"g{n}"] for n in range(3)} == {0, 1, 2}
    assert sorted(list(folds.values()).count(fold) for fold in range(3)) == [10, 10, 10]
    assert assign_folds(groups, 3, seed=1) != folds


def test_the_command_makes_a_manifest_and_prints_what_it_left_out(table: Path, tmp_path: Path) -> None:
    columns = "path=file,labels=label,license=licence,group=origin,kind=sort"
    result = CliRunner().invoke(
        manifest_app,
        ["table", str(table), "--out", str(tmp_path / "out"), "--columns", columns, "--kinds", "clip=focal"],
    )
    assert result.exit_code == 0, result.output
    assert "left out 1: its license forbids derivatives" in result.output
    assert "2 recordings, 2 taxa" in result.output
    assert (tmp_path / "out" / "refused.csv").read_text().count("\n") == 3


def test_an_unknown_column_is_an_error(table: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(manifest_app, ["table", str(table), "--out", str(tmp_path), "--columns", "pfad=file"])
    assert isinstance(result.exception, BadInput)
    assert "'pfad' is none of path, labels" in str(result.exception)


def test_making_a_manifest_does_not_import_pytorch() -> None:
    code = "import sys, models.workshop.app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0
