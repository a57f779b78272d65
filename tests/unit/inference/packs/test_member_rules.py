"""Keys of a member that do not go together are refused, each naming the other; so are later keys in schema 1."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.packs import write_manifest, write_random_pack, write_tone_pack
from tests.unit.inference.conventions.tone_exports import write_export
from tests.unit.inference.pack_edits import add, edit_manifest, message_of
from tests.unit.inference.sounds import open_pack

OLD = {"n_frames": 60, "amin": 1e-10, "top_db": None}
PROBS = '\n[member.outputs]\nclip = "clip_logits"\nkind = "probs"'


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('activation = "none"', 'activation: "none" goes with kind = "probs" in [member.outputs] only; set that, or'),
        (
            f'activation = "sigmoid"{PROBS}',
            'activation: "sigmoid" would be applied to probabilities; set "none", or kind',
        ),
        (f"temperature = 2.0{PROBS}", 'temperature: divides logits, and kind = "probs" says that there are none'),
        ("peak = 0.25", 'peak: is used with waveform_scale = "peak" only; set that, or remove it'),
        ('layout = "time_major"', 'layout: is that of images; remove it, or set input = "mel"'),
        ("[member.outputs]", "outputs: clip: is missing, and so is frames: name at least one output"),
        ('[member.outputs]\nclip = "a"\nframes_axis = 2', "outputs: frames_axis: is that of frames, which is missing"),
        ('[member.outputs]\nclip = "a"\nframes = "a"', "outputs: clip: 'a' is the output of frames, too"),
        ("batch = 0", "batch"),
        ('batch = "fixed"', "batch"),
        ('input_name = ""', "input_name: String should have at least 1 character"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(tmp_path: Path, keys: str, message: str) -> None:
    found = message_of(write_export(tmp_path / "tones", keys))
    assert found.startswith("tones/pack.toml: member[0]")
    assert message in found


@pytest.mark.parametrize(
    ("member", "mel", "message"),
    [
        ({"channel_axis": "none"}, {"channels": 3}, 'channel_axis: "none" leaves no room for mel.channels = 3'),
        ({"remove_mean": True}, {"normalize_scope": "recording"}, "remove_mean: changes each window on its own, so"),
        (
            {"waveform_scale": "peak"},
            {"normalize_scope": "recording"},
            'waveform_scale: changes each window on its own, so mel.normalize_scope = "recording" cannot measure',
        ),
    ],
)
def test_keys_that_do_not_go_with_the_front_end_are_refused(
    tmp_path: Path, member: dict[str, Any], mel: dict[str, Any], message: str
) -> None:
    member = {"input": "mel"} | member
    pack = write_random_pack(tmp_path, seed=0, n_members=1, member=member, mel=mel)
    text = (pack / "pack.toml").read_text()
    (pack / "pack.toml").write_text(text.replace("schema = 1", "schema = 2"))
    assert f"member[0]: {message}" in message_of(pack)


@pytest.mark.parametrize(
    "line",
    [
        'activation = "sigmoid"',
        "batch = 1",
        'channel_axis = "none"',
        'excludes = "excludes.csv"',
        'input_name = "waveform"',
        'layout = "frequency_major"',
        "peak = 1.0",
        "remove_mean = false",
        'waveform_scale = "none"',
    ],
)
def test_schema_1_has_no_key_that_came_later(tmp_path: Path, line: str) -> None:
    pack = write_tone_pack(tmp_path / "tones")
    edit_manifest(pack, add(line, "[[member]]"))
    assert f"tones/pack.toml: member[0].{line.split(maxsplit=1)[0]}: belongs to schema = 2" in message_of(pack)


@pytest.mark.parametrize(
    ("mel", "message"),
    [
        ({"flip": False}, "flip: belongs to schema = 2"),
        ({"resize": [4, 4]}, "resize: belongs to schema = 2"),
        ({"window": "hamming"}, 'window: "hamming" belongs to schema = 2'),
        ({"log": "none"}, 'log: "none" belongs to schema = 2'),
        ({"normalize": "max", "log": "ln", "amin": 1.0}, 'normalize: "max" belongs to schema = 2'),
        ({"n_frames": None}, "n_frames: is missing, which belongs to schema = 2"),
    ],
)
def test_schema_1_has_no_front_end_that_came_later(tmp_path: Path, mel: dict[str, Any], message: str) -> None:
    pack = write_random_pack(tmp_path / "pack", seed=0, n_members=1, member={"input": "mel"}, mel=OLD)
    manifest = tomllib.loads((pack / "pack.toml").read_text())
    manifest["member"][0]["mel"] |= mel
    write_manifest(pack, manifest)
    assert f"pack/pack.toml: member[0].mel.{message}" in message_of(pack)


def test_the_document_s_defaults_may_be_written_out(tmp_path: Path) -> None:
    keys = 'activation = "sigmoid"\nbatch = "dynamic"\nwaveform_scale = "none"\npeak = 1.0\nremove_mean = false'
    more = 'layout = "frequency_major"\nchannel_axis = "none"\ninput_name = "waveform"'
    assert open_pack(write_export(tmp_path / "tones", f"{keys}\n{more}")).members[0].input_shape == (80000,)
