"""A file of labels becomes taxa, or one line says which line of it is wrong."""

from pathlib import Path

import pytest

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.inference.packs.tables import read_taxa
from dawn_chorus.model_import.labels import Labels, read_labels


def read(tmp_path: Path, content: str | bytes, name: str = "labels.txt") -> Labels:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_labels(path)


def refusal(tmp_path: Path, content: str | bytes, name: str = "labels.txt") -> str:
    with pytest.raises(PermanentError) as caught:
        read(tmp_path, content, name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_scientific_and_common_names_are_parted_as_birdnets_are(tmp_path: Path) -> None:
    labels = read(tmp_path, "Turdus merula_Eurasian Blackbird\nEngine_Engine\n")
    assert labels.rows == (
        ("turdus-merula", "Turdus merula", "Eurasian Blackbird", ""),
        ("engine", "Engine", "Engine", ""),
    )
    assert "Scientific name_Common name" in labels.read_as


def test_tokens_are_codes_also_with_an_underscore_in_them(tmp_path: Path) -> None:
    labels = read(tmp_path, "eurbla\n1139490\nsong_a\n")
    assert [row[:2] for row in labels.rows] == [("eurbla", "eurbla"), ("1139490", "1139490"), ("song_a", "song_a")]


def test_scientific_names_alone_get_codes_made_of_them(tmp_path: Path) -> None:
    assert [row[:2] for row in read(tmp_path, "Turdus merula\nspeech\n").rows] == [
        ("turdus-merula", "Turdus merula"),
        ("speech", "speech"),
    ]


def test_marks_and_line_ends_of_windows_and_empty_lines_at_the_end_are_no_labels(tmp_path: Path) -> None:
    assert [row[0] for row in read(tmp_path, b"\xef\xbb\xbfa\r\nb\r\n\r\n\r\n").rows] == ["a", "b"]


def test_quotes_around_a_name_are_not_part_of_it(tmp_path: Path) -> None:
    assert read(tmp_path, '"Owl, Barn"\n"a ""b"" c"\n').rows[0][1] == "Owl, Barn"
    assert read(tmp_path, '"Owl, Barn"\n"a ""b"" c"\n').rows[1][1] == 'a "b" c'


def test_equal_codes_are_numbered_and_the_first_owner_keeps_its_own(tmp_path: Path) -> None:
    labels = read(tmp_path, "a\na\na-2\na\n")
    assert [row[0] for row in labels.rows] == ["a", "a-3", "a-2", "a-4"]
    assert labels.notes == ("2 codes are another taxon's already: -2, -3, … was added",)


def test_a_name_with_accents_keeps_its_letters_in_its_code(tmp_path: Path) -> None:
    labels = read(tmp_path, "Phœnicurus été\nGrünfink (Männchen)\n")
    assert [row[0] for row in labels.rows] == ["ph-nicurus-ete", "grunfink-mannchen"]


def test_a_name_without_latin_letters_has_a_code_of_its_own(tmp_path: Path) -> None:
    labels = read(tmp_path, "シジュウカラ 鳥\nТетерев птица\n")
    assert [row[0] for row in labels.rows] == ["taxon-1", "taxon-2"]
    assert "2 names have no Latin letter" in labels.notes[0]


def test_a_table_as_taxa_csv_is_taken_with_the_rules_of_taxa(tmp_path: Path) -> None:
    table = 'code,scientific_name,common_name,taxonomic_class,onset_threshold\nx,X y,"Z, w",Aves,0.7\n'
    labels = read(tmp_path, table, "taxa.csv")
    assert labels.header[-1] == "onset_threshold"
    assert labels.rows == (("x", "X y", "Z, w", "Aves", "0.7"),)


def test_kaggles_columns_are_known(tmp_path: Path) -> None:
    table = "primary_label,inat_taxon_id,scientific_name,common_name,class_name\namecro,8021,Corvus,Crow,Aves\n"
    assert read(tmp_path, table, "taxonomy.csv").rows == (("amecro", "Corvus", "Crow", "Aves"),)


def test_audiosets_table_of_classes_is_known_and_its_names_make_the_codes(tmp_path: Path) -> None:
    table = 'index,mid,display_name\n0,/m/09x0r,"Speech"\n1,/m/05zppz,"Male speech, man speaking"\n'
    labels = read(tmp_path, table, "class_labels_indices.csv")
    assert [row[:3] for row in labels.rows] == [
        ("speech", "Speech", "Speech"),
        ("male-speech-man-speaking", "Male speech, man speaking", "Male speech, man speaking"),
    ]
    assert labels.notes == ()


def test_hugging_faces_config_names_the_columns_by_number(tmp_path: Path) -> None:
    config = '{"model_type": "x", "id2label": {"1": "Hyla arborea", "0": "Bufo bufo"}}'
    labels = read(tmp_path, config, "config.json")
    assert [row[:2] for row in labels.rows] == [("bufo-bufo", "Bufo bufo"), ("hyla-arborea", "Hyla arborea")]
    assert labels.read_as == "id2label of a config.json, names; the first: bufo-bufo | Bufo bufo"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": 1', "is not JSON, though it begins with a brace: give a file with one name a line"),
        ('{"label2id": {"a": 0}}', "is JSON without id2label: give a file with one name a line"),
        ('{"id2label": {"0": "a", "2": "b"}}', "id2label: has no name for 1: it numbers all columns, from 0"),
        ('{"id2label": {"0": "a", "1": " "}}', "id2label: has no name for 1"),
    ],
)
def test_json_that_names_no_columns_is_told_what_is_needed(tmp_path: Path, content: str, reason: str) -> None:
    assert reason in refusal(tmp_path, content, "config.json")


def test_what_was_read_is_a_table_that_packs_take(tmp_path: Path) -> None:
    labels = read(tmp_path, 'Hyla arborea_Tree, "Frog"\nHyla arborea_Again\n')
    lines = [
        ",".join(labels.header),
        *(",".join(f'"{cell.replace(chr(34), 2 * chr(34))}"' for cell in row) for row in labels.rows),
    ]
    taxa, _ = read_taxa("\n".join(lines).encode(), "taxa.csv", EventRule(0.5, 0.3, 0.0, 0.5))
    assert [taxon.common_name for taxon in taxa] == ['Tree, "Frog"', "Again"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a\n\nb\n", "line 2: is empty, and there are names after it"),
        ("a\nb\x07\n", "line 2: b�: holds a control character"),
        (b"a\nb\xff\n", "line 2: is not encoded in UTF-8"),
        ("a\tb\n", "line 1: holds a tab"),
        ("", "is empty"),
        ("\n\n", "is empty"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: str | bytes, reason: str) -> None:
    assert reason in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("code,scientific_name\na,b,c\n", "line 2: has 3 cells, the header has 2"),
        ("code,common_name\na,b\n,\n", "line 3: names no taxon"),
        ("code,common_name\n", "has a header and no names"),
        ("Turdus merula,Blackbird\nx,y\n", "line 1: none of turdus merula, blackbird is a column that is known"),
        ('code,common_name\n"a,b\n', "is not CSV"),
    ],
)
def test_a_bad_row_of_a_table_is_named(tmp_path: Path, content: str, reason: str) -> None:
    assert reason in refusal(tmp_path, content, "names.csv")


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="cannot be read: No such file"):
        read_labels(tmp_path / "none.txt")
