"""What a front end leaves to defaults is said, and so is what the command's help and the document list."""

import subprocess
import sys
from pathlib import Path

import pytest

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.model_import.front_end_files import read_front_end, shipped_names
from dawn_chorus.model_import.front_end_notes import note_front_end

MEL = """[mel]
n_fft = 512
win_length = 400
hop_length = 160
n_mels = 24
f_min_hz = 20.0
f_max_hz = 8000.0
"""
SAYS_ALL = """window = "hann"
center = false
power = 2.0
mel_scale = "htk"
mel_norm = "none"
log = "none"
normalize = "none"
"""


def notes(tmp_path: Path, content: str, rate_hz: int = 16_000) -> list[str]:
    path = tmp_path / "ast.toml"
    path.write_text(content)
    return list(note_front_end(read_front_end(str(path)), rate_hz))


def test_what_a_file_leaves_to_defaults_is_said(tmp_path: Path) -> None:
    (note,) = notes(tmp_path, f'{MEL}center = false\nlog = "ln"\n')
    assert note == (
        'ast.toml does not say, and so has: window = "hann", power = 2.0, mel_scale = "htk", mel_norm = "none", '
        'amin = 1e-10, normalize = "minmax"'
    )


def test_nothing_is_said_of_a_file_that_says_all(tmp_path: Path) -> None:
    assert notes(tmp_path, MEL + SAYS_ALL) == []


def test_a_linear_scale_has_no_keys_of_mels(tmp_path: Path) -> None:
    (note,) = notes(tmp_path, MEL.replace("n_mels = 24", 'scale = "linear"'))
    assert "mel_" not in note
    assert 'pad_mode = "reflect"' in note


def test_mels_without_a_bin_are_counted(tmp_path: Path) -> None:
    (note,) = notes(tmp_path, MEL.replace("24", "128") + SAYS_ALL)
    assert "of 128 mels lie between two bins of n_fft 512 and stay empty in every image" in note


def test_nothing_else_warns_of_mels_without_a_bin(tmp_path: Path) -> None:
    path = tmp_path / "ast.toml"
    path.write_text(MEL.replace("24", "128") + SAYS_ALL)
    code = (
        "from dawn_chorus.inference.front_end.filters import mel_filters\n"
        "from dawn_chorus.model_import.front_end_files import read_front_end\n"
        f"assert (mel_filters(read_front_end({str(path)!r}).mel_table, 16_000).max(axis=1) == 0).any()\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.parametrize("name", shipped_names())
def test_those_that_come_along_are_taken_as_they_are(name: str) -> None:
    assert not [note for note in note_front_end(read_front_end(name), 48_000) if "does not say" in note]


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (MEL.replace("[mel]", ""), "win_length: put them below a line [mel]"),
        ("n_fft = 512\n", "n_fft: put it below a line [mel]"),
        (f"[member]\nremove_mean = true\n{MEL}", "member: write its keys at the top of the file, without [member]"),
        (MEL.replace("[mel]", "[member.mel]"), "[mel] in place of [member.mel]"),
        ("melody = 1\n", "melody: no key of a front end: it has waveform_scale"),
    ],
)
def test_a_key_in_the_wrong_place_is_told_where_it_belongs(tmp_path: Path, content: str, advice: str) -> None:
    path = tmp_path / "ast.toml"
    path.write_text(content)
    with pytest.raises(PermanentError) as caught:
        read_front_end(str(path))
    assert advice in str(caught.value)


def test_help_and_document_list_those_that_come_along() -> None:
    root = Path(__file__).parents[3]
    help_text = (root / "services/dawn_chorus/cli/models/importing.py").read_text("utf-8")
    document = (root / "models/PACKS.md").read_text("utf-8")
    for name in shipped_names():
        assert f" {name}," in help_text.replace('"', "")
        assert f"| [{name}](" in document
