"""Each fault is told once, without what only follows from it, and no pack has so many that it takes long."""

import re
from pathlib import Path

import pytest

from dawn_chorus.inference.packs.pack import check_pack
from dawn_chorus.inference.packs.sealing import seal_pack
from tests.packs import write_tone_pack
from tests.unit.inference.pack_edits import Edit, add, assert_begin, edit_manifest, faults_of, swap, turn_into_schema_2

MEMBER = 'input = "waveform"\nsample_rate_hz = 16000\nwindow_s = 5.0\nhop_s = 5.0\nrule = "clip"\n'


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = write_tone_pack(tmp_path / "tones")
    turn_into_schema_2(folder)
    return folder


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (swap("sample_rate_hz = 16000", 'sample_rate_hz = "16 kHz"'), ["pack.toml: member[0].sample_rate_hz: Input"]),
        (swap("window_s = 5.0", "windows_s = 5.0"), ["pack.toml: member[0].windows_s: unknown key; did you mean"]),
        (swap("hop_s = 5.0", ""), ["pack.toml: member[0].hop_s: is missing"]),
        (swap('rule = "clip"', 'rule = "mean"'), ["pack.toml: member[0].rule: Input should be 'clip' or 'frame_max'"]),
        (swap("schema = 2", "schema = 3"), ["pack.toml: schema: Input should be 1 or 2"]),
        (swap("schema = 2", ""), ["pack.toml: schema: is missing"]),
        (swap("shifts_s = [-2.5, 0.0, 2.5]", "shifts_s = 2.5"), ["pack.toml: score.shifts_s: Input should be a list"]),
        (swap('taxa = "taxa.csv"', 'taxa = ["taxa.csv"]'), ["pack.toml: taxa: Input should be a valid string"]),
        (swap('"tones.onnx" = "', '"tones.onnx" = "x'), ["pack.toml: files.tones.onnx: is no sha256"]),
        (swap("[files]", "[file]"), ["pack.toml: file: unknown key; did you mean `files`?"]),
        (swap("[[member]]", "[member]"), ["pack.toml: member: Input should be a list"]),
        (add("outputs = 3", "[[member]]"), ["pack.toml: member[0].outputs: Input should be a table"]),
        (
            add('batch = "two"', "[[member]]"),
            ["pack.toml: member[0].batch: Input should be 'dynamic' or a valid integer"],
        ),
        (add('columns = "c.csv"', "[[member]]"), ["pack.toml: member[0].columns: c.csv is not", "c.csv: there is no"]),
        (
            swap("sample_rate_hz = 16000", "sample_rate_hz = 1000000000"),
            ["pack.toml: member[0]: sample_rate_hz: 1000000000 is more than 10,000,000 Hz"],
        ),
        (swap("window_s = 5.0", "window_s = 1e308"), ["pack.toml: member[0]: window_s: makes more than 2,147,483,647"]),
        (swap("shifts_s = [-2.5, 0.0, 2.5]", "shift_s = []"), ["pack.toml: score.shift_s: unknown key; did you mean"]),
        (add("n_mels = 4", "[[member]]"), ["pack.toml: member[0].n_mels: unknown key; it belongs to [member.mel]"]),
    ],
)
def test_what_only_follows_from_a_fault_is_not_told(pack: Path, edit: Edit, told: list[str]) -> None:
    edit_manifest(pack, edit)
    assert_begin(faults_of(pack), told)


def test_a_misspelled_key_counts_as_what_was_meant(pack: Path) -> None:
    edit_manifest(pack, swap("window_s = 5.0", "windows_s = 3.0"))
    told = ("pack.toml: member[0].windows_s: unknown", "tones.onnx: input: the network takes [N, 80000], but window_s")
    assert_begin(faults_of(pack)[:2], told)


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("taxa.csv", "tone_500,Again,again,Tone\n", ["taxa.csv: line 6: code: 'tone_500' is empty or appears twice"]),
        ("taxa.csv", "few,cells\n", ["taxa.csv: line 6: has more or fewer cells than the header"]),
        ("taxa.csv", '"open\n', ["taxa.csv: is not a CSV file: unexpected end of data"]),
        ("columns.csv", "tone_500\n", ["columns.csv: a code appears twice: each taxon has one column (line 5:"]),
        ("columns.csv", "tone_9\n", ["columns.csv: line 5: 'tone_9' is not a code of the taxa table"]),
    ],
)
def test_wrong_lines_of_a_table_are_not_counted_as_columns(
    pack: Path, file: str, content: str, told: list[str]
) -> None:
    edit_manifest(pack, add('columns = "columns.csv"', "[[member]]") if file == "columns.csv" else lambda text: text)
    (pack / "columns.csv").write_text("tone_500\ntone_1000\ntone_2000\ntone_4000\n")
    with (pack / file).open("a") as table:
        table.write(content)
    seal_pack(pack)
    assert_begin(faults_of(pack), told)


def test_a_member_without_its_network_scores_its_taxa_all_the_same(pack: Path) -> None:
    (pack / "tones.onnx").unlink()
    assert_begin(faults_of(pack), ["tones.onnx: there is no such file (named in member.file)"])


def test_every_uncovered_taxon_is_told(pack: Path) -> None:
    edit_manifest(pack, add('columns = "columns.csv"\nexcludes = "excludes.csv"', "[[member]]"))
    (pack / "columns.csv").write_text("tone_500\ntone_1000\n")
    (pack / "excludes.csv").write_text("tone_2000\ntone_4000\n")
    seal_pack(pack)
    told = ["excludes.csv: line 1: 'tone_2000' is not among", "excludes.csv: line 2: 'tone_4000' is not among"]
    of_network = [f"tones.onnx: {name}_logits: has 4 columns, but columns.csv has 2 taxa" for name in ("frame", "clip")]
    assert_begin(faults_of(pack), (*told, *of_network))
    (pack / "excludes.csv").write_text("tone_500\n")
    seal_pack(pack)
    uncovered = [f"taxa.csv: tone_{tone}: no member scores this taxon" for tone in (500, 2000, 4000)]
    assert_begin(faults_of(pack), (*uncovered, *of_network))


@pytest.mark.parametrize(
    ("lines", "outputs", "told"),
    [
        ('activation = "none"', "", "pack.toml: member[0]: activation: "),
        ('activation = "sigmoid"', 'clip = "clip_logits"\nkind = "probs"', "pack.toml: member[0]: activation: "),
        ("peak = 0.25", "", "pack.toml: member[0]: peak: "),
        ('layout = "time_major"', "", "pack.toml: member[0]: layout: "),
        ("", 'clip = "clip_logits"\nframes_axis = 2', "pack.toml: member[0].outputs: frames_axis: "),
        ("", 'frames = "frame_logits"', "tones.onnx: outputs.clip: is missing"),
    ],
)
def test_keys_of_foreign_networks_have_to_go_together(pack: Path, lines: str, outputs: str, told: str) -> None:
    table = f"[member.outputs]\n{outputs}\n" if outputs else ""
    edit_manifest(
        pack, lambda text: text.replace("[[member]]", f"[[member]]\n{lines}").replace("[files]", table + "[files]")
    )
    assert_begin(faults_of(pack), (told,))


def test_excludes_has_to_be_listed(pack: Path) -> None:
    edit_manifest(pack, add('excludes = "excludes.csv"', "[[member]]"))
    (pack / "excludes.csv").write_text("tone_500\n")
    told = "pack.toml: member[0].excludes: excludes.csv is not listed in [files]; run `chorus models seal FOLDER`"
    assert_begin(faults_of(pack), (told, "taxa.csv: tone_500: no member scores this taxon"))


def test_of_a_long_table_the_first_faults_are_told(pack: Path) -> None:
    with (pack / "taxa.csv").open("a") as file:
        file.write("a,b\n" * 57)
    seal_pack(pack)
    lines = tuple(f"taxa.csv: line {number}: has more or fewer cells than the header" for number in range(6, 16))
    faults = faults_of(pack)
    assert len(faults) == 21
    assert faults[0] == lines[0]
    assert re.fullmatch(r"taxa.csv: and \d+ more", faults[-1])


def test_a_table_that_is_none_is_not_read_to_its_end(pack: Path) -> None:
    with (pack / "taxa.csv").open("a") as file:
        file.write("a,b\n" * 1_000_000)
    seal_pack(pack)
    faults = faults_of(pack)
    assert len(faults) == 21
    assert int(re.findall(r"\d+", faults[-1])[0]) < 2000


def test_of_a_hostile_pack_fifty_faults_are_told(pack: Path) -> None:
    member = f'[[member]]\nfile = "no.onnx"\nweigth = 1\n{MEMBER}'
    files = "\n".join(f'"{number}.bin" = "{"0" * 64}"' for number in range(900))
    edit_manifest(pack, lambda text: text.replace("[files]", f"{member * 99}[files]\n{files}"))
    faults = faults_of(pack)
    assert len(faults) == 51
    assert faults[0] == "pack.toml: member[1].file: no.onnx is not listed in [files]; run `chorus models seal FOLDER`"
    assert re.fullmatch(r"and \d+ more", faults[-1])


def test_a_pack_toml_that_is_no_toml_is_told_with_its_line(pack: Path) -> None:
    edit_manifest(pack, swap("hop_s = 5.0", "hop_s = 5,0"))
    assert re.search(r"^pack.toml: .*line \d+", faults_of(pack, check_pack)[0])
    (pack / "pack.toml").write_bytes(b"schema = 2\nname = '\xff'\n")
    assert faults_of(pack, check_pack)[0].endswith("(line 2)")
