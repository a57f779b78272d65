"""`chorus models inspect` shows of a foreign network what is not usual."""

from pathlib import Path

import pytest

from dawn_chorus.cli.models.inspecting import inspect
from tests.packs import write_tone_pack
from tests.unit.inference.conventions.tone_exports import put_after, write_export
from tests.unit.inference.pack_edits import turn_into_schema_2


def rows_of(pack: Path, capsys: pytest.CaptureFixture[str]) -> str:
    inspect(str(pack))
    return capsys.readouterr().out.split("\n\n")[1]


def test_the_usual_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = rows_of(write_tone_pack(tmp_path / "tones"), capsys)
    assert "outputs" not in table
    assert "waveform" in table


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ('activation = "softmax"', "logits, softmax"),
        ('[member.outputs]\nclip = "clip_logits"', "logits, sigmoid"),
        ('[member.outputs]\nclip = "clip_logits"\nkind = "probs"', "probabilities"),
        ('remove_mean = true\nwaveform_scale = "peak"\npeak = 0.25', "waveform, mean removed, peak 0.25"),
    ],
)
def test_what_is_made_of_inputs_and_outputs_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], keys: str, shown: str
) -> None:
    assert shown in rows_of(write_export(tmp_path / "tones", keys, put_after("clip_logits", "Sigmoid")), capsys)


def test_how_many_taxa_are_scored_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = write_tone_pack(tmp_path / "tones")
    (pack / "left.csv").write_text("tone_500\n")
    second = (pack / "pack.toml").read_text().split("[[member]]")[1]
    (pack / "pack.toml").write_text((pack / "pack.toml").read_text() + f'excludes = "left.csv"\n[[member]]{second}')
    turn_into_schema_2(pack)
    assert "3, others left to other members" in rows_of(pack, capsys)
