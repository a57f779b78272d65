"""The study on embeddings, end to end with invented voices: four taxa that sing one tone each."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from onnx import helper
from typer.testing import CliRunner

from models.workshop.app import app
from models.workshop.errors import BadInput
from models.workshop.studies.embeddings import bank, study
from models.workshop.studies.embeddings.bank import BankOptions, load_banks
from models.workshop.studies.embeddings.embedder import Embedder
from models.workshop.studies.embeddings.heads import Loss
from models.workshop.studies.embeddings.lines import BOUNDS, CHAINS
from models.workshop.studies.embeddings.students import Settings, Training
from models.workshop.studies.embeddings.study import run_embedding_study
from models.workshop.studies.embeddings.voices import read_pools
from models.workshop.studies.embeddings.world import WorldSize, WorldSounds, draw_roles
from tests.pack_files import make_graph, write_model, write_taxa
from tests.packs import TONE_MANIFEST, TONE_RATE_HZ, write_tone_pack

TONES_HZ = {"Ant": 500, "Bee": 1000, "Cow": 2000, "Dab": 4000}
SMALL = WorldSize(taxa=2, focal_per_taxon=3, unlabeled=16, test=16)
LENGTH = 5 * TONE_RATE_HZ


def tone(hz: float, seconds: float = 6.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * TONE_RATE_HZ)) / TONE_RATE_HZ).astype(np.float32)


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three individuals of each taxon, four noises, and a second cut of one of them."""
    folder = tmp_path_factory.mktemp("audio")
    rng = np.random.default_rng(0)
    rows = [(f"{name}{n}", name, "CC0-1.0", f"freesound {n}") for name in TONES_HZ for n in range(3)]
    rows += [(f"rain{n}", "Rain", "CC0-1.0", f"freesound {10 + n}") for n in range(4)]
    rows += [("rain4", "Rain", "CC0-1.0", "freesound 10"), ("Ant9", "Ant", "CC BY-ND 4.0", "freesound 9")]
    lines = ["file,label,group,label_kind,source,licence,note"]
    for number, (stem, label, license_name, note) in enumerate(rows):
        sound = rng.normal(0, 0.1, LENGTH) if label == "Rain" else tone(TONES_HZ[label] * (1 + number / 1000))
        soundfile.write(folder / f"{stem}.flac", sound, TONE_RATE_HZ)
        lines.append(f"{stem}.flac,{label},other,weak,test,{license_name},{note}")
    (folder / "index.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pack whose embedding is the level of eight bands."""
    folder = tmp_path_factory.mktemp("pack")
    write_taxa(folder, [("ant", "Ant", "Ant", "Tone")])
    phase = 2 * np.pi * np.outer(300 * 1.5 ** np.arange(8), np.arange(400) / TONE_RATE_HZ)
    constants = {"channel": np.array([1]), "kernels": np.sin(phase)[:, None].astype(np.float32)}
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "channel"], ["sound"]),
        helper.make_node("Conv", ["sound", "kernels"], ["bands"], strides=[97]),
        helper.make_node("Abs", ["bands"], ["levels"]),
        helper.make_node("GlobalAveragePool", ["levels"], ["pooled"]),
        helper.make_node("ReduceMean", ["pooled"], ["clip_logits"], axes=[2], keepdims=0),
    ]
    graph = make_graph(nodes, ("waveform", ["N", LENGTH]), constants, ["clip_logits"])
    sha256 = write_model(folder / "tones.onnx", graph)
    (folder / "pack.toml").write_text(TONE_MANIFEST.format(name="bands", sha256=sha256))
    return folder


@pytest.fixture(scope="module")
def options(audio: Path, pack: Path) -> BankOptions:
    return BankOptions(audio, pack, n_choosing=2, n_reported=3, size=SMALL)


@pytest.fixture(scope="module")
def finished(options: BankOptions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work_dir = tmp_path_factory.mktemp("study")
    run_embedding_study(work_dir, options)
    return work_dir


def test_pools_share_no_taxon_and_count_cuts_of_one_recording_once(audio: Path) -> None:
    choosing, reported = read_pools(audio)
    assert (sorted(choosing.voices), sorted(reported.voices)) == (["ant", "cow"], ["bee", "dab"])
    assert [path.name for path in choosing.voices["ant"]] == ["Ant0.flac", "Ant1.flac", "Ant2.flac"]
    assert [path.name for path in choosing.backgrounds] == ["rain0.flac", "rain2.flac"]
    assert [path.name for path in reported.backgrounds] == ["rain1.flac", "rain3.flac"]


def test_too_few_recordings_are_refused(audio: Path, tmp_path: Path) -> None:
    lines = (audio / "index.csv").read_text().splitlines()
    (tmp_path / "index.csv").write_text("\n".join(line for line in lines if not line.startswith("Dab")))
    with pytest.raises(BadInput, match="four taxa with 3 recordings"):
        read_pools(tmp_path)


def test_no_recording_has_two_roles(audio: Path) -> None:
    pool = read_pools(audio)[0]
    for seed in range(5):
        roles = draw_roles(pool, 2, np.random.default_rng(seed))
        voices = [path for role in (roles.focal, roles.unlabeled, roles.test) for paths in role for path in paths]
        assert sorted(voices) == sorted(path for paths in pool.voices.values() for path in paths)
        assert not set(roles.training_backgrounds) & set(roles.test_backgrounds)


def test_settings_are_chosen_on_taxa_that_are_not_reported(
    finished: Path, options: BankOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def choose(worlds: bank.Bank, loss: Loss) -> Settings:
        seen.append(set(worlds.taxa.ravel()))
        return Settings(loss, students=dict.fromkeys((*BOUNDS, *CHAINS), Training(1.0, 0.5)))

    monkeypatch.setattr(study, "choose_settings", choose)
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    text = run_embedding_study(tmp_path, options)
    assert seen == [{"ant", "cow"}] * 2
    assert all(f"\n| {taxon} | 3 |" in text for taxon in ("bee", "dab"))


def test_labels_say_who_sings() -> None:
    sounds = WorldSounds(SMALL, LENGTH, lambda path: tone(int(path.name)), np.random.default_rng(0))
    voices = [[Path("1000")], [Path("2000")]]
    waves, truth = sounds.soundscapes(voices, [Path("400")], 40)
    heard = np.abs(np.fft.rfft(waves, axis=1))[:, [5000, 10000]] > 10
    assert heard.astype(int).tolist() == truth.tolist()
    assert {0, 1, 2} == set(truth.sum(axis=1))
    mixed, taxon, soundscape = sounds.mixtures(voices, waves)
    heard = np.abs(np.fft.rfft(mixed, axis=1))[:, [5000, 10000]] > 5
    assert heard.astype(int).tolist() == np.maximum(np.eye(2)[taxon], truth[soundscape]).tolist()
    assert np.bincount(soundscape).tolist() == [2] * 40


def test_a_pack_without_an_embedding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no embedding"):
        Embedder(write_tone_pack(tmp_path / "tones"))


def test_tables_report_what_each_world_measured(finished: Path) -> None:
    text = (finished / "embedding_study.md").read_text()
    with (finished / "embedding_study.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["loss"] == "bce"]
    values = {
        line: np.array([float(row["macro_auroc"]) for row in rows if row["line"] == line])
        for line in ("baseline", "oracle", "round 4, powers")
    }
    assert {len(found) for found in values.values()} == {3}
    for line in ("oracle", "round 4, powers"):
        change = values[line] - values["baseline"]
        cells = f"{change.mean():+.3f} ± {change.std(ddof=1):.3f} | {(change > 0).mean():.0%}".replace("-", "−")
        assert f"| {line} | {cells} |" in text
    assert (finished / "embedding_study.png").stat().st_size > 10_000


def test_worlds_are_embedded_once_and_a_missing_one_is_made_again(
    finished: Path, options: BankOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = next(finished.glob("worlds-*/reported-001.npz"))
    before = dict(np.load(lost))
    lost.unlink()
    embedded: list[int] = []
    embed = Embedder.embed

    def count(self: Embedder, waves: list[np.ndarray]) -> np.ndarray:
        embedded.append(len(waves))
        return embed(self, waves)

    monkeypatch.setattr(Embedder, "embed", count)
    load_banks(finished, options)
    assert embedded == [6, 6, 16, 32, 16]
    again = dict(np.load(lost))
    assert all(np.array_equal(before[name], again[name]) for name in before)


def test_the_command_says_what_recordings_it_needs(pack: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["embedding-study", str(tmp_path), "--work", str(tmp_path / "work"), "--birdnet", str(pack)]
    )
    assert isinstance(result.exception, BadInput)
    assert "index.csv: no such file" in str(result.exception)
