"""What `score-events` reads: recordings with known events, a pack's taxa, and another program's intervals."""

from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.data.manifest import Clip, Dataset, Event, save_dataset
from models.workshop.errors import BadInput
from models.workshop.evaluation.events.sources import Scored, match_columns, read_intervals, score_intervals
from models.workshop.evaluation.events.truth import ANY_BIRD, load_recordings, make_blocks, merge_events


def taxon(name: str, taxonomic_class: str = "Aves") -> Taxon:
    return Taxon(name.lower(), name, name, taxonomic_class)


def test_a_folder_becomes_recordings_whose_birds_are_any_bird_too(labeled_recordings: Path) -> None:
    dataset = load_recordings(labeled_recordings)
    assert [(clip.path, clip.duration_s) for clip in dataset.clips] == [("wren.wav", 4.0), ("hermit.wav", 4.0)]
    assert dataset.codes == ["Wren", "SP", "Hermit", "any-bird"]
    any_bird = [event for event in dataset.events["wren.wav"] if event.code == "any-bird"]
    assert any_bird == [Event("any-bird", 1.0, 3.0), Event("any-bird", 3.5, 3.8)]


def test_a_group_means_its_class_however_it_is_spelled(labeled_recordings: Path) -> None:
    index = labeled_recordings / "index.csv"
    index.write_text(index.read_text().replace("wren.wav,bird", "wren.wav, Bird "))
    assert [t.taxonomic_class for t in load_recordings(labeled_recordings).taxa if t.code == "Wren"] == ["Aves"]


def test_short_notes_are_a_block_of_their_own_and_unknown_taxa_count_as_any_bird_only(labeled_recordings: Path) -> None:
    blocks = make_blocks(load_recordings(labeled_recordings), ["Wren", "Hermit"])
    assert [(b.title, b.codes, [c.path for c in b.clips]) for b in blocks] == [
        ("Taxa", ("Wren",), ["wren.wav"]),
        ("Notes shorter than 0.25 s", ("Hermit",), ["hermit.wav"]),
        ("Any bird", ("any-bird",), ["wren.wav"]),
    ]


def test_a_folder_without_a_listed_recording_is_refused_with_its_line(labeled_recordings: Path) -> None:
    (labeled_recordings / "hermit.wav").unlink()
    with pytest.raises(BadInput, match=r"index\.csv, line 3: .*hermit\.wav is missing"):
        load_recordings(labeled_recordings)


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("strong_labels.csv", "new.wav,1,2,Wren", r"index\.csv: .*new\.wav of strong_labels\.csv is not listed"),
        ("strong_labels.csv", "wren.wav,7,9,Wren", r"wren\.wav: an event at 7 s; the recording ends at 4 s"),
        ("strong_labels.csv", "wren.wav,1,2,", r"strong_labels\.csv, line 7: an event needs a label"),
        ("index.csv", "./wren.wav,bird,here,CC0", r"index\.csv, line 5: \./wren\.wav is listed twice"),
    ],
)
def test_labels_that_would_not_count_are_refused(labeled_recordings: Path, table: str, row: str, message: str) -> None:
    with (labeled_recordings / table).open("a") as file:
        file.write(f"{row}\n")
    with pytest.raises(BadInput, match=message):
        load_recordings(labeled_recordings)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("a.wav,robin,1,2", r"events\.csv, line 2: code 'robin' is not in taxa\.csv"),
        ("a.wav,wren,-2,-1", r"events\.csv, line 2: an event needs 0 <= onset_s < offset_s"),
        ("a.wav,wren,nan,2", r"events\.csv, line 2: an event needs 0 <= onset_s < offset_s"),
    ],
)
def test_events_of_a_manifest_that_would_not_count_are_refused(tmp_path: Path, event: str, message: str) -> None:
    manifest = save_dataset(Dataset(tmp_path, (taxon("Wren"),), (Clip("a.wav", ("wren",), "a", "CC0", "", 0, 4.0),)))
    (tmp_path / "events.csv").write_text(f"path,code,onset_s,offset_s\n{event}\n")
    with pytest.raises(BadInput, match=message):
        load_recordings(manifest)


def test_labels_that_differ_in_case_are_one_taxon(labeled_recordings: Path) -> None:
    table = labeled_recordings / "strong_labels.csv"
    table.write_text(table.read_text().replace("3.5,3.8,Wren", "3.5,3.8,wren"))
    dataset = load_recordings(labeled_recordings)
    assert dataset.codes == ["Wren", "SP", "Hermit", "any-bird"]
    assert Event("Wren", 3.5, 3.8) in dataset.events["wren.wav"]


def test_an_event_is_cut_where_its_recording_ends(labeled_recordings: Path) -> None:
    table = labeled_recordings / "strong_labels.csv"
    table.write_text(table.read_text().replace("3.5,3.8", "3.5,inf"))
    assert load_recordings(labeled_recordings).events["wren.wav"][1] == Event("Wren", 3.5, 4.0)


def test_events_that_touch_are_one() -> None:
    events = [Event("a", 2.0, 3.0), Event("a", 0.0, 1.0), Event("a", 1.0, 1.5), Event("a", 2.5, 2.6)]
    assert merge_events(events, "b") == [Event("b", 0.0, 1.5), Event("b", 2.0, 3.0)]


def test_taxa_are_found_by_any_of_their_names_and_any_bird_is_all_birds() -> None:
    pack = [taxon("Troglodytes"), taxon("Hyla", "Amphibia"), Taxon("x", "Parus", "Tit", "Aves")]
    wanted = [taxon("tit"), taxon("Frog"), ANY_BIRD]
    assert match_columns(pack, wanted) == [[2], [], [0, 2]]


def test_taxa_without_a_common_name_are_not_the_same() -> None:
    pack = [Taxon("one", "One", "", "Aves"), Taxon("two", "Two", "", "Aves")]
    assert match_columns(pack, [Taxon("two", "Two", "", "Aves")]) == [[1]]


def test_a_taxon_under_two_names_is_refused() -> None:
    with pytest.raises(BadInput, match="tit and parus are one taxon in the pack"):
        match_columns([Taxon("x", "Parus", "Tit", "Aves")], [taxon("Tit"), ANY_BIRD, taxon("Parus")])


def test_a_recording_too_short_for_a_frame_has_scores_of_zero() -> None:
    scored = Scored(Clip("a.wav", (), "a", "CC0", "", 0, 0.2), np.zeros((0, 3), np.float32), 0.5, (), ())
    assert scored.on_grid().tolist() == np.zeros((8, 3)).tolist()


def test_intervals_become_steps_and_events(labeled_recordings: Path) -> None:
    table = labeled_recordings / "intervals.csv"
    table.write_text(
        "file,onset_s,offset_s,label,score\nwren.wav,0,3,wren,0.5\nwren.wav,2.5,4,Wren,0.8\nwren.wav,0,3,Robin,0.3\n"
        "hermit.wav,0,1,Hermit,0.9\nhermit.wav,1,2,Hermit,0.2\nhermit.wav,2,3,Hermit,0.9\nhermit.wav,3,4,Hermit,0.9\n"
    )
    dataset = load_recordings(labeled_recordings)
    wren, hermit = score_intervals(read_intervals(table), dataset, {"robin"}, 0.25)
    assert wren.frames[[0, 99, 101, 159], 0].tolist() == pytest.approx([0.5, 0.5, 0.8, 0.8])
    assert wren.frames[[0, 159], dataset.codes.index("any-bird")].tolist() == pytest.approx([0.5, 0.8])
    assert wren.others == ("Robin",)
    assert [(e.code, round(e.onset_s, 3), round(e.offset_s, 3)) for e in wren.events] == [
        ("Wren", 0.0, 4.0),
        ("any-bird", 0.0, 4.0),
    ]
    spans = [(round(e.onset_s, 3), round(e.offset_s, 3)) for e in hermit.events if e.code == "Hermit"]
    assert spans == [(0.0, 1.0), (2.0, 3.0), (3.0, 4.0)], "those that only touch stay apart"


def test_intervals_end_with_the_recording_and_those_of_other_taxa_that_overlap_are_one(
    labeled_recordings: Path,
) -> None:
    table = labeled_recordings / "intervals.csv"
    table.write_text(
        "file,onset_s,offset_s,label,score\nwren.wav,3,6,Wren,0.5\nwren.wav,-1,1,Wren,0.5\nwren.wav,4,7,Wren,0.5\n"
        "hermit.wav,0,3,Robin,0.5\nhermit.wav,1,4,Robin,0.5\nhermit.wav,5,6,Robin,0.5\n"
    )
    wren, hermit = score_intervals(read_intervals(table), load_recordings(labeled_recordings), set(), 0.25)
    spans = [(e.code, round(e.onset_s, 3), round(e.offset_s, 3)) for e in wren.events]
    assert spans[:2] == [("Wren", 0.0, 1.0), ("Wren", 3.0, 4.0)]
    assert [code for code, *_ in spans[2:]] == ["any-bird", "any-bird"], "the truth's birds are birds to every program"
    assert hermit.others == ("Robin",)


def test_an_interval_without_length_is_none(tmp_path: Path) -> None:
    table = tmp_path / "intervals.csv"
    table.write_text("file,onset_s,offset_s,label,score\na.wav,0,2.5,wren,0.5\na.wav,2.5,2.5,wren,0.5\n")
    assert read_intervals(table) == {"a.wav": [(Event("wren", 0.0, 2.5), 0.5)]}


def test_a_bad_interval_is_refused_with_its_line(tmp_path: Path) -> None:
    table = tmp_path / "intervals.csv"
    for row, fault in (
        ("a.wav,0,three,wren,0.5", "not an interval"),
        ("a.wav,3,2,wren,0.5", "an interval needs onset_s <= offset_s"),
        ("a.wav,0,3,wren,nan", "an interval needs .* a score from 0 to 1"),
        ("a.wav,0,3,wren,87", "an interval needs .* a score from 0 to 1"),
        ("a.wav,0,inf,wren,0.5", "an interval needs .* finite"),
    ):
        table.write_text(f"file,onset_s,offset_s,label,score\n{row}\n")
        with pytest.raises(BadInput, match=rf"intervals\.csv, line 2: {fault}"):
            read_intervals(table)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "/here/wren.wav,0,3,Wren,0.5",
            r"no interval is of a recording like wren\.wav; the first is of /here/wren\.wav",
        ),
        ("wren.wav,0,3,Troglodytes_Wren,0.5", "no interval has the name of a taxon, like Wren; .* Troglodytes_Wren"),
    ],
)
def test_intervals_that_match_nothing_are_refused(labeled_recordings: Path, row: str, message: str) -> None:
    table = labeled_recordings / "intervals.csv"
    table.write_text(f"file,onset_s,offset_s,label,score\n{row}\n")
    with pytest.raises(BadInput, match=message):
        list(score_intervals(read_intervals(table), load_recordings(labeled_recordings), set(), 0.25))
