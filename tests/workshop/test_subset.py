"""Subsets for pretraining: without rare taxa, and without those used for testing later."""

from dataclasses import replace
from pathlib import Path

import pytest

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.__main__ import main
from models.workshop.data.manifest import Clip, Dataset, Event, load_dataset, load_taxa, save_dataset
from models.workshop.data.subset import keep_frequent, narrow, taxa_at
from models.workshop.errors import BadInput
from models.workshop.training.checkpoints import load_checkpoint

ROBIN = Taxon("erithacus-rubecula", "Erithacus rubecula", "European Robin", "Aves")
WAGTAIL = Taxon("motacilla-flava", "Motacilla flava", "Western Yellow Wagtail", "Aves")
WREN = Taxon("troglodytes-troglodytes", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
TAXA = (ROBIN, WAGTAIL, WREN)


def clip(path: str, *labels: Taxon, kind: str = "focal", background: tuple[str, ...] = ()) -> Clip:
    return Clip(path, tuple(t.code for t in labels), path, "CC0-1.0", "test", 0, 1.0, kind, background)


def archive(*clips: Clip, events: dict[str, tuple[Event, ...]] | None = None) -> Dataset:
    return Dataset(Path("/archive"), TAXA, clips, events or {})


def paths_left(dataset: Dataset, *exclude: Taxon, min_recordings: int = 1) -> list[str]:
    found = narrow(dataset, Path("/archive"), min_recordings=min_recordings, exclude=exclude)
    return [clip.path for clip in found.built.dataset.clips]


def test_a_recording_that_contains_an_excluded_taxon_is_removed_whichever_field_names_it() -> None:
    dataset = archive(
        clip("robin", ROBIN),
        clip("label", ROBIN, WAGTAIL),
        clip("event", ROBIN),
        clip("background", ROBIN, background=("Motacilla flava",)),
        clip("subspecies", ROBIN, background=("Turdus merula", "motacilla flava thunbergi")),
        clip("soundscape", kind="soundscape", background=("Western Yellow Wagtail",)),
        clip("another soundscape", kind="soundscape", background=("Turdus merula",)),
        events={"event": (Event(ROBIN.code, 0, 1), Event(WAGTAIL.code, 0, 1))},
    )
    assert paths_left(dataset, WAGTAIL) == ["robin", "another soundscape"]


def test_taxa_are_matched_by_any_of_their_names() -> None:
    dataset = archive(clip("robin", ROBIN), clip("wagtail", WAGTAIL), clip("wren", WREN))
    other_codes = (
        Taxon("eurrob1", "Erithacus rubecula", "Robin", "Aves"),
        Taxon("wren", "Nannus troglodytes", "eurasian wren", "Aves"),
    )
    found = narrow(dataset, Path("/archive"), exclude=other_codes)
    assert found.excluded == (ROBIN, WREN)
    assert found.built.dataset.taxa == (WAGTAIL,)


@pytest.mark.parametrize("name", ["Motacilla_flava", "motacilla-flava", "Motacilla flava thunbergi"])
def test_names_match_in_any_spelling_and_a_subspecies_counts_as_its_species(name: str) -> None:
    dataset = archive(clip("robin", ROBIN), clip("wagtail", WAGTAIL), clip("heard", ROBIN, background=(name,)))
    assert paths_left(dataset, Taxon("t1", name, "", "Aves")) == ["robin"]


def test_a_recording_of_a_taxon_that_was_removed_as_rare_is_still_found() -> None:
    dataset = archive(clip("a", ROBIN), clip("b", ROBIN), clip("both", ROBIN, WAGTAIL))
    once = narrow(dataset, Path("/archive"), min_recordings=2).built.dataset
    assert paths_left(once, WAGTAIL) == ["a", "b"]


def test_a_manifest_behind_a_link_finds_its_recordings(tiny_manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "big" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "big" / "deep")
    found = narrow(load_dataset(tiny_manifest), tmp_path / "link").built.dataset
    assert all((tmp_path / "link" / each.path).is_file() for each in found.clips)


def test_a_rare_taxon_loses_its_label_and_a_recording_without_another_is_removed() -> None:
    dataset = archive(
        clip("1", ROBIN), clip("2", ROBIN, WREN), clip("3", ROBIN), clip("wren", WREN), clip("rain", kind="noise"),
        clip("labeled", WAGTAIL, kind="soundscape"), clip("unlabeled", kind="soundscape"),
        events={"2": (Event(ROBIN.code, 0, 1), Event(WREN.code, 0, 1))},
    )  # fmt: skip
    found = narrow(dataset, Path("/archive"), min_recordings=3)
    kept = found.built.dataset
    assert (kept.taxa, found.rare) == ((ROBIN,), (WAGTAIL, WREN))
    assert [(clip.path, clip.labels) for clip in kept.clips] == [
        ("1", (ROBIN.code,)), ("2", (ROBIN.code,)), ("3", (ROBIN.code,)), ("rain", ()), ("unlabeled", ()),
    ]  # fmt: skip
    assert [event.code for event in kept.events["2"]] == [ROBIN.code]
    assert [item.recording for item in found.built.refused] == ["wren", "labeled"]


def test_frequency_is_counted_without_the_removed_recordings() -> None:
    robins = clip("1", ROBIN), clip("2", ROBIN), clip("3", ROBIN, WAGTAIL)
    dataset = archive(*robins, *[clip(f"wren {n}", WREN) for n in range(3)])
    assert narrow(dataset, Path("/archive"), min_recordings=3, exclude=[WAGTAIL]).built.dataset.taxa == (WREN,)


def test_a_taxon_with_few_recordings_counts_for_its_class_only() -> None:
    dataset = archive(*[clip(str(n), ROBIN, WREN) for n in range(4)], clip("x", ROBIN, WAGTAIL))
    kept = keep_frequent(dataset, 4)
    assert kept.taxa == (ROBIN, WREN)
    assert kept.clips[-1].labels == (ROBIN.code,)


def test_a_subset_without_labeled_recordings_is_an_error() -> None:
    dataset = archive(clip("robin", ROBIN), clip("unlabeled", kind="soundscape"))
    with pytest.raises(BadInput, match="no labeled recording is left"):
        narrow(dataset, Path("/archive"), exclude=[ROBIN])


def test_taxa_are_read_from_a_table_a_manifest_and_a_folder(tiny_manifest: Path) -> None:
    folder = tiny_manifest.parent
    expected = load_taxa(folder / "taxa.csv")
    assert taxa_at(folder) == taxa_at(tiny_manifest) == taxa_at(folder / "taxa.csv") == expected


@pytest.fixture(scope="module")
def target(tiny_world: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a manifest of the taxa that training is for: two crickets, with other codes than in the archive."""
    crickets = [replace(t, code=f"my-{t.code}") for t in tiny_world.taxa if t.taxonomic_class == "Insecta"]
    theirs = {f"my-{code}" for code in ("buzcri", "chicri")}
    assert {taxon.code for taxon in crickets} == theirs
    clips = [
        replace(clip, path=str(tiny_world.folder / clip.path), labels=(f"my-{clip.labels[0]}",))
        for clip in tiny_world.choose(kind="focal")
        if f"my-{clip.labels[0]}" in theirs
    ]
    return save_dataset(Dataset(tmp_path_factory.mktemp("target"), tuple(crickets), tuple(clips)))


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in arguments])
    assert left.value.code == 0


def test_pretraining_excludes_the_taxa_of_the_later_training(
    tiny_manifest: Path, target: Path, tiny_recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("manifest", "narrow", tiny_manifest, "--exclude-taxa-of", target, "--min-recordings", 4, "--out", tmp_path)
    printed = capsys.readouterr()
    narrowed = load_dataset(tmp_path / "manifest.csv")
    assert "excluded 2 of 2 unwanted taxa: Vox stridens, Vox tinniens\n" in printed.err
    assert "it contains an excluded taxon" in printed.err
    assert f"{len(narrowed.clips)} recordings, {len(narrowed.taxa)} taxa" in printed.out
    assert not any("cri-" in clip.path for clip in narrowed.clips)

    run("train", tiny_recipe_file, tmp_path / "manifest.csv", "--out", tmp_path / "before", "--held-out", "")
    before = tmp_path / "before" / "model.pt"
    _, codes, model = load_checkpoint(before)
    assert list(codes) == narrowed.codes
    assert model.network.head.classify.out_channels == len(codes) < 10
    assert not {"buzcri", "chicri"} & set(codes)

    arguments = ["--out", tmp_path / "after", "--held-out", "", "--init-from", before]
    run("train", tiny_recipe_file, target, *arguments)
    assert load_checkpoint(tmp_path / "after" / "model.pt")[1] == ("my-buzcri", "my-chicri")
