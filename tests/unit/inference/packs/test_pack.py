"""Every mistake in a pack's text files is one clear error that names file and field."""

import hashlib
from pathlib import Path

import pytest

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.inference.packs.pack import read_pack
from tests.packs import write_taxa, write_tone_pack
from tests.unit.inference.pack_edits import Edit, add, edit_manifest, message_of, swap
from tests.unit.inference.sounds import open_pack


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_tone_pack(tmp_path / "tones")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda _: "name = ", "tones/pack.toml: Invalid value"),
        (swap("schema = 1", "schema = 3"), "tones/pack.toml: schema: Input should be 1 or 2"),
        (swap('version = "1.0.0"', ""), "tones/pack.toml: version: is missing"),
        (swap('version = "1.0.0"', "version = 1"), "tones/pack.toml: version: Input should be a valid string"),
        (swap('name = "tones"', 'name = "../tones"'), "tones/pack.toml: name: String should match"),
        (add("licence = 'MIT'"), "tones/pack.toml: licence: unknown key; did you mean `license`?"),
        (
            add("hop = 1", "[score]"),
            "tones/pack.toml: score.hop: unknown key; models/PACKS.md lists all that there are",
        ),
        (add("weigth = 1.0", "[[member]]"), "tones/pack.toml: member[0].weigth: unknown key; did you mean `weight`?"),
        (swap("frame_s = 0.25", "frame_s = 0.0"), "tones/pack.toml: frame_s: Input should be greater than 0"),
        (swap("frame_s = 0.25", "frame_s = nan"), "tones/pack.toml: frame_s: Input should be a finite number"),
        (swap("[0.25, 0.5, 0.25]", "[0.5, 0.5]"), "tones/pack.toml: score: shift_weights: 2 weights for 3 shifts_s"),
        (swap("[0.25, 0.5, 0.25]", "[-1, 2, 0]"), "tones/pack.toml: score: shift_weights: must not be negative"),
        (add("smoothing = [0.5, 0.5]", "[score]"), "tones/pack.toml: score: smoothing: 2 weights have no middle"),
        (
            add("smoothing = [1, 1, 1]", "[score]"),
            "tones/pack.toml: score: smoothing: weights must not be negative, and",
        ),
        (swap("offset_threshold = 0.3", "offset_threshold = 0.6"), "detection: offset_threshold: 0.6 is above"),
        (swap("onset_threshold = 0.5", "onset_threshold = 50"), "detection.onset_threshold: Input should be less"),
        (swap('rule = "clip"', 'rule = "mean"'), "member[0].rule: Input should be 'clip' or 'frame_max'"),
        (swap('input = "waveform"', 'input = "mel"'), 'member[0]: mel: input = "mel" needs a [member.mel] table'),
        (
            swap('file = "tones.onnx"', 'file = "tone.onnx"'),
            "tones/tone.onnx: there is no such file (named in member.file",
        ),
        (swap('file = "tones.onnx"', 'file = "../tones.onnx"'), "member.file: ../tones.onnx is outside the pack"),
        (swap('taxa = "taxa.csv"', 'taxa = "species.csv"'), "tones/species.csv: there is no such file (named in taxa"),
        (add('golden = "golden.npz"'), "tones/golden.npz: there is no such file (named in golden)"),
        (
            add('columns = "columns.csv"', "[[member]]"),
            "tones/columns.csv: there is no such file (named in member.columns",
        ),
        (add('resampler = "linear"', "[[member]]"), "member[0].resampler: Input should be 'soxr_hq', 'soxr_vhq' or"),
    ],
)
def test_an_invalid_manifest_is_refused(pack: Path, edit: Edit, message: str) -> None:
    edit_manifest(pack, edit)
    assert message in message_of(pack)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidPack, match=r"pack.toml: there is no such file"):
        read_pack(tmp_path)


def test_a_file_that_was_changed_is_refused(pack: Path) -> None:
    (pack / "tones.onnx").write_bytes((pack / "tones.onnx").read_bytes()[:-1])
    assert "tones/tones.onnx: sha256 is" in message_of(pack)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("code,scientific_name,common_name\n", "tones/taxa.csv: taxonomic_class: this column is missing"),
        ("code,scientific_name,common_name,taxonomic_class,iucn\n", "tones/taxa.csv: iucn: unknown column"),
        ("code,scientific_name,common_name,taxonomic_class\n", "tones/taxa.csv: code: the table has no taxa"),
        ("code,scientific_name,common_name,taxonomic_class\na,b\n", "tones/taxa.csv: line 2: has more or fewer cells"),
        ("code,scientific_name,common_name,taxonomic_class\na,b,c,d,e\n", "line 2: has more or fewer cells"),
        (
            "code,scientific_name,common_name,taxonomic_class\na,b,c,d\na,b,c,d\n",
            "line 3: code: 'a' is empty or appears",
        ),
        ("code,scientific_name,common_name,taxonomic_class\n,b,c,d\n", "line 2: code: '' is empty"),
        (
            "code,scientific_name,common_name,taxonomic_class\na,b,c,d\n",
            "tones/tones.onnx: frame_logits: has 4 columns",
        ),
    ],
)
def test_a_broken_taxa_table_is_refused(pack: Path, table: str, message: str) -> None:
    (pack / "taxa.csv").write_text(table)
    assert message in message_of(pack)


def test_a_taxa_table_in_another_encoding_is_refused(pack: Path) -> None:
    (pack / "taxa.csv").write_bytes((pack / "taxa.csv").read_bytes() + b"tone_9,Grus,Grulla com\xfan,Aves\n")
    assert "tones/taxa.csv: is not encoded in UTF-8" in message_of(pack)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (("high", "", "", ""), "line 2: could not convert string to float: 'high'"),
        (("0.4", "0.6", "", ""), "line 2: onset_threshold: 0 ≤ offset_threshold ≤ onset_threshold ≤ 1 does not hold"),
        (("nan", "", "", ""), "line 2: onset_threshold: 0 ≤"),
        (("", "", "-1", ""), "line 2: min_event_s and min_gap_s must be finite seconds ≥ 0"),
    ],
)
def test_an_invalid_rule_of_a_taxon_is_refused(pack: Path, own: tuple[str, ...], message: str) -> None:
    rules = ("onset_threshold", "offset_threshold", "min_event_s", "min_gap_s")
    write_taxa(pack, [("a", "A", "a", "Aves", *own)], extra=rules)
    assert message in message_of(pack)


def test_a_taxons_own_rule_overrides_the_packs(pack: Path) -> None:
    names = [("A", "a", "Aves")] * 4
    own = [("0.2", ""), ("0.9", "0.8"), ("", ""), ("", "0.1")]
    rows = [(code, *name, *cells) for code, name, cells in zip("abcd", names, own, strict=True)]
    write_taxa(pack, rows, extra=("onset_threshold", "offset_threshold"))
    rules = read_pack(pack).rules
    assert rules.of("a") == EventRule(0.2, 0.2, 0.0, 0.5)
    assert rules.of("b") == EventRule(0.9, 0.8, 0.0, 0.5)
    assert rules.of("c") == rules.default == EventRule(0.5, 0.3, 0.0, 0.5)
    assert rules.of("d") == EventRule(0.5, 0.1, 0.0, 0.5)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("tone_500\ntone_1\n", "tones/columns.csv: line 2: 'tone_1' is not a code of the taxa table"),
        ("tone_500\ntone_500\n", "tones/columns.csv: a code appears twice"),
        ("tone_500\ntone_1000\n", "tones/taxa.csv: tone_2000: no member scores this taxon"),
    ],
)
def test_broken_columns_are_refused(pack: Path, columns: str, message: str) -> None:
    edit_manifest(pack, add('columns = "columns.csv"', "[[member]]"))
    (pack / "columns.csv").write_text(columns)
    assert message in message_of(pack)


def test_the_facts_of_a_pack_are_what_its_files_say(pack: Path) -> None:
    facts = open_pack(pack).facts
    assert (facts.name, facts.version, facts.license) == ("tones", "1.0.0", "CC0-1.0")
    assert facts.manifest_sha256 == hashlib.sha256((pack / "pack.toml").read_bytes()).hexdigest()
    assert [taxon.code for taxon in facts.taxa] == ["tone_500", "tone_1000", "tone_2000", "tone_4000"]
    assert (facts.grid.window_s, facts.grid.frame_s) == (5.0, 0.25)
