"""A magpie that BirdNET hears, before microphones that were wired wrongly or broke."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.end_to_end.microphones import Samples, analyze_all, codes, found, write

MAGPIE = "pica-pica"
LENGTH_S = 9.0
KINDS = [("wav", 2), ("flac", 2), ("mp3", 2), ("m4a", 2), ("wav", 4), ("flac", 4)]


@pytest.fixture(scope="module")
def magpie(audio_dir: Path) -> tuple[Samples, int]:
    samples, rate_hz = soundfile.read(audio_dir / "birdnet" / "Pica_pica_30s.wav", dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples[: round(LENGTH_S * rate_hz), 0]), rate_hz


def broken_microphones(like: Samples, rate_hz: int) -> dict[str, Samples]:
    seconds = np.arange(len(like)) / rate_hz
    return {
        "silence": np.zeros_like(like),
        "noise": np.random.default_rng(1).normal(0, 0.2, len(like)).astype(np.float32),
        "hum": (0.3 * np.sin(2 * np.pi * 50 * seconds)).astype(np.float32),
    }


@pytest.mark.slow
def test_inverted_wiring_hides_a_magpie_from_the_mix_only(
    tmp_path: Path, magpie: tuple[Samples, int], birdnet_packs: Path
) -> None:
    song, rate_hz = magpie
    for suffix, n in KINDS:
        write(tmp_path / f"inverted-{n}.{suffix}", *[song, -song] * (n // 2), rate_hz=rate_hz)
    documents, _ = analyze_all(tmp_path, birdnet_packs / "birdnet", "mix")
    assert len(documents) == len(KINDS)
    for name, document in documents.items():
        assert codes(document) == ["channels_cancel"], name
        assert MAGPIE not in dict(found(document)), name
    for channels, heard in (("each", {1, 2, 3, 4}), ("2", {2})):
        documents, _ = analyze_all(tmp_path, birdnet_packs / "birdnet", channels)
        for name, document in documents.items():
            assert codes(document) == ["channels_cancel"], name
            assert {channel for code, channel in found(document) if code == MAGPIE} & heard, name
            assert max(row["confidence"] for row in document["detections"] if row["code"] == MAGPIE) > 0.9, name


@pytest.mark.slow
def test_a_broken_microphone_is_told_and_each_hears_the_magpie_in_the_others(
    tmp_path: Path, magpie: tuple[Samples, int], birdnet_packs: Path
) -> None:
    song, rate_hz = magpie
    for fault, broken in broken_microphones(song, rate_hz).items():
        for suffix, n in KINDS:
            write(tmp_path / f"{fault}-{n}.{suffix}", broken, *[song] * (n - 1), rate_hz=rate_hz)
    for channels, heard in (("each", {2, 3, 4}), ("2", {2})):
        documents, _ = analyze_all(tmp_path, birdnet_packs / "birdnet", channels)
        assert len(documents) == 3 * len(KINDS)
        for name, document in documents.items():
            assert codes(document) == ["channels_differ"], name
            in_channels = {channel for code, channel in found(document) if code == MAGPIE}
            assert in_channels, name
            assert in_channels <= heard, name
