"""Wrong headers and damaged files: nothing that can be decoded is dropped, and what is lost is reported."""

import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawn_chorus.domain.errors import EmptyAudio
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.audio.probe import measure_duration_s, probe_audio
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio, load_from
from tests.unit.inference.audio_files import (
    SECONDS,
    Samples,
    damage,
    declare_data_bytes,
    declare_flac_samples,
    find_data_chunk,
    own_rate,
    real_sound,
    remux,
    truncate,
    write_as,
    write_sound,
)


@pytest.fixture(scope="module")
def sound(audio_dir: Path) -> Samples:
    return real_sound(audio_dir)[0]


RATE_HZ = 44100
AS_IS = WaveformFormat(RATE_HZ, "soxr_hq")
DURATION_S = float(SECONDS)


def load_whole(path: Path, duration_s: float = DURATION_S, rate_hz: int = RATE_HZ) -> LoadedAudio:
    return load_audio(path, 0.0, duration_s, [WaveformFormat(rate_hz, "soxr_hq")], duration_s=duration_s)


def only_waveform(audio: LoadedAudio) -> Samples:
    (waveform,) = audio.waveforms.values()
    return waveform


@pytest.mark.parametrize("declared", [0, 0x7FFFFFFF, 0xFFFFFFFF, 882_000, 100_001], ids=hex)
@pytest.mark.parametrize("coding", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_a_wav_that_declares_too_little_is_read_to_its_true_end(
    tmp_path: Path, sound: Samples, declared: int, coding: str
) -> None:
    path = write_sound(tmp_path / "lying.wav", sound, RATE_HZ, coding=coding)
    honest = own_rate(path, RATE_HZ, 0.0, DURATION_S, DURATION_S)
    declare_data_bytes(path, declared)
    if coding == "FLOAT":
        # libsndfile appends its own chunks to float files; after a wrong size they cannot be recognized as chunks
        wav = path.read_bytes()
        at, _ = find_data_chunk(wav)
        path.write_bytes(wav[: at + 4 + 4 * len(sound)])
    assert measure_duration_s(path) == DURATION_S
    assert probe_audio(path).duration_s == DURATION_S
    audio = load_whole(path)
    np.testing.assert_array_equal(only_waveform(audio), honest)
    assert audio.lost == ()
    np.testing.assert_array_equal(own_rate(path, RATE_HZ, 15.0, 16.0, DURATION_S), honest[15 * RATE_HZ : 16 * RATE_HZ])


def test_a_wav_that_declares_too_much_ends_where_it_ends(tmp_path: Path, sound: Samples) -> None:
    path = declare_data_bytes(write_sound(tmp_path / "lying.wav", sound, RATE_HZ), 4 * 2 * len(sound))
    assert probe_audio(path).duration_s == 80.0
    assert measure_duration_s(path) == DURATION_S
    audio = load_whole(path, 80.0)
    (lost,) = audio.lost
    assert (lost.start_s, lost.end_s) == (DURATION_S, 80.0)
    assert lost.reason == "the audio ends at 20.0 s, the header claims 80.0 s"
    np.testing.assert_array_equal(only_waveform(audio)[: len(sound)], sound)


@pytest.mark.parametrize("resampler", ["soxr_hq", "soxr_vhq", "kaiser_fast"])
def test_far_after_the_sound_there_is_silence_of_full_length(tmp_path: Path, sound: Samples, resampler: str) -> None:
    path = write_sound(tmp_path / "lying.wav", sound, RATE_HZ)
    wanted = [WaveformFormat(32000, resampler)]
    with open_source(path) as source:
        for start_s in (600.0, 900.0, 900.0):
            audio = load_from(source, start_s, start_s + 300.0, wanted, duration_s=1200.0)
            np.testing.assert_array_equal(only_waveform(audio), np.zeros(300 * 32000, np.float32))
            assert [(part.start_s, part.end_s) for part in audio.lost] == [(start_s, start_s + 300.0)]
        again = load_from(source, 0.0, DURATION_S, wanted, duration_s=1200.0)
    honest = load_audio(path, 0.0, DURATION_S, wanted, duration_s=DURATION_S)
    np.testing.assert_array_equal(only_waveform(again), only_waveform(honest))


def test_chunks_after_the_samples_are_not_decoded(tmp_path: Path, sound: Samples) -> None:
    path = write_sound(tmp_path / "tagged.wav", sound, RATE_HZ)
    note = b"LIST" + struct.pack("<I", 1000) + b"INFO" + bytes(range(32, 128)) * 11
    path.write_bytes(path.read_bytes() + note[:1008])
    assert measure_duration_s(path) == DURATION_S
    assert load_whole(path).lost == ()


def test_a_wav_header_with_tags_and_no_samples_is_empty(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "tags.wav", np.zeros(0, np.float32), RATE_HZ)
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", 4) + b"INFO")
    with pytest.raises(EmptyAudio):
        probe_audio(path)


@pytest.mark.parametrize("declared", [0, SECONDS * RATE_HZ // 2, SECONDS * RATE_HZ - 5000])
def test_a_flac_that_declares_too_little_is_read_to_its_true_end(tmp_path: Path, sound: Samples, declared: int) -> None:
    path = declare_flac_samples(write_sound(tmp_path / "lying.flac", sound, RATE_HZ), declared)
    assert probe_audio(path).duration_s == pytest.approx(declared / RATE_HZ if declared else DURATION_S, abs=1e-6)
    assert measure_duration_s(path) == DURATION_S
    audio = load_whole(path)
    np.testing.assert_allclose(only_waveform(audio), sound, atol=2e-5)
    assert audio.lost == ()
    late = own_rate(path, RATE_HZ, 15.0, 16.0, DURATION_S)
    np.testing.assert_allclose(late, sound[15 * RATE_HZ : 16 * RATE_HZ], atol=2e-5)


def test_a_flac_that_declares_too_much_ends_where_it_ends(tmp_path: Path, sound: Samples) -> None:
    path = declare_flac_samples(write_sound(tmp_path / "lying.flac", sound, RATE_HZ), 5 * len(sound))
    assert measure_duration_s(path) == DURATION_S
    audio = load_whole(path, 100.0)
    (lost,) = audio.lost
    assert (lost.start_s, lost.end_s) == (DURATION_S, 100.0)
    assert lost.reason == "the audio ends at 20.0 s, the header claims 100.0 s"
    np.testing.assert_allclose(only_waveform(audio)[: len(sound)], sound, atol=2e-5)


@pytest.mark.parametrize("name", ["pcm_16.wav", "pcm_24.aiff", "pcm_16.flac", "mp3.mp3", "rf64.wav"])
def test_a_truncated_file_is_read_up_to_the_break(tmp_path: Path, sound: Samples, name: str) -> None:
    path = write_as(name, tmp_path, sound, RATE_HZ)
    declared_s = probe_audio(path).duration_s
    intact = only_waveform(load_whole(path, declared_s))
    truncate(path, 0.6)
    assert probe_audio(path).duration_s == declared_s
    audio = load_whole(path, declared_s)
    (lost,) = audio.lost
    assert 0.3 * declared_s < lost.start_s < 0.9 * declared_s
    assert lost.end_s == declared_s
    assert lost.reason == f"the audio ends at {lost.start_s:.1f} s, the header claims {declared_s:.1f} s"
    end = round(lost.start_s * RATE_HZ)
    np.testing.assert_allclose(only_waveform(audio)[: end - 3000], intact[: end - 3000], atol=1e-5)
    assert not only_waveform(audio)[end:].any()
    behind = load_audio(path, declared_s - 1.0, declared_s, [AS_IS], duration_s=declared_s)
    assert [(stretch.start_s, stretch.end_s) for stretch in behind.lost] == [(declared_s - 1.0, declared_s)]


@pytest.mark.parametrize(("name", "longest_s"), [("pcm_16.flac", 0.4), ("vorbis.ogg", 2.0), ("opus.opus", 2.5)])
def test_what_follows_a_damaged_stretch_keeps_its_position(
    tmp_path: Path, sound: Samples, name: str, longest_s: float
) -> None:
    path = write_as(name, tmp_path, sound, RATE_HZ)
    facts = probe_audio(path)
    intact = only_waveform(load_whole(path, facts.duration_s, facts.sample_rate_hz))
    damage(path, 0.5, 3000)
    audio = load_whole(path, facts.duration_s, facts.sample_rate_hz)
    (lost,) = audio.lost
    assert 0 < lost.end_s - lost.start_s < longest_s
    assert "damaged" in lost.reason
    first, end = (round(edge_s * facts.sample_rate_hz) for edge_s in (lost.start_s, lost.end_s))
    waveform = only_waveform(audio)
    settled = end + facts.sample_rate_hz // 5  # Opus needs some packets to recover
    np.testing.assert_allclose(waveform[: first - 1000], intact[: first - 1000], atol=1e-5)
    assert not waveform[first:end].any()
    np.testing.assert_allclose(waveform[settled:], intact[settled:], atol=1e-4)


@pytest.mark.parametrize("name", ["pcm_16.flac", "vorbis.ogg", "opus.opus"])
def test_damage_is_lost_once_wherever_segments_are_cut(tmp_path: Path, sound: Samples, name: str) -> None:
    path = damage(write_as(name, tmp_path, sound, RATE_HZ), 0.5, 3000)
    facts = probe_audio(path)
    (whole,) = load_whole(path, facts.duration_s, facts.sample_rate_hz).lost
    middle_s = round((whole.start_s + whole.end_s) / 2, 3)
    wanted = WaveformFormat(facts.sample_rate_hz, "soxr_hq")
    edges_s = [0.0, 5.0, middle_s, 15.0, facts.duration_s]
    lost = [
        stretch
        for start_s, end_s in pairwise(edges_s)
        for stretch in load_audio(path, start_s, end_s, [wanted], duration_s=facts.duration_s).lost
    ]
    expected = [(whole.start_s, middle_s), (middle_s, whole.end_s)]
    np.testing.assert_allclose([(one.start_s, one.end_s) for one in lost], expected, atol=1e-3)


@pytest.mark.parametrize("name", ["pcm_16.flac", "vorbis.ogg", "opus.opus", "aac.m4a"])
def test_damage_is_the_same_to_a_reader_that_is_at_the_end(tmp_path: Path, sound: Samples, name: str) -> None:
    path = damage(damage(write_as(name, tmp_path, sound, RATE_HZ), 0.3, 500), 0.5, 500)
    with open_source(path) as source:
        end = source.declared_samples or source.count_samples()
        samples, lost = source.read(0, end)
        source.read(end, 2 * end)
        samples_again, lost_again = source.read(0, end)
    assert 0 < sum(stretch.end_s - stretch.start_s for stretch in lost) < 8.0
    assert lost_again == lost
    np.testing.assert_allclose(samples_again, samples, atol=1e-6)


def test_a_damaged_mp3_is_read_after_the_damage(tmp_path: Path, sound: Samples) -> None:
    path = damage(write_as("mp3.mp3", tmp_path, sound, RATE_HZ), 0.5, 3000)
    audio = load_whole(path)
    lost_s = sum(stretch.end_s - stretch.start_s for stretch in audio.lost)
    assert 0.0 < lost_s < 1.0
    assert np.abs(only_waveform(audio)[15 * RATE_HZ : 18 * RATE_HZ]).max() > 0.1


def test_an_mp3_that_libsndfile_ends_too_early_is_read_to_its_end(audio_dir: Path) -> None:
    path = audio_dir / "bird-guess" / "american_kestrel.mp3"
    assert soundfile.info(path).duration < 11
    facts = probe_audio(path)
    assert facts.duration_s == pytest.approx(18.53, abs=0.05)
    audio = load_whole(path, facts.duration_s, facts.sample_rate_hz)
    assert audio.lost == ()
    late = own_rate(path, facts.sample_rate_hz, 14.0, 18.0, facts.duration_s)
    assert np.abs(late).max() > 0.01
    whole = only_waveform(audio)[14 * facts.sample_rate_hz :][: len(late)]
    np.testing.assert_allclose(late, whole, atol=1e-6)


@pytest.mark.parametrize("name", ["aac.m4a", "adts.aac", "opus.webm", "wma.wma", "opus.opus", "vorbis.ogg", "mp3.mp3"])
def test_the_padding_of_an_encoder_is_not_lost_audio(tmp_path: Path, sound: Samples, name: str) -> None:
    path = write_as(name, tmp_path, sound, RATE_HZ)
    facts = probe_audio(path)
    assert measure_duration_s(path) == facts.duration_s
    assert load_whole(path, facts.duration_s, facts.sample_rate_hz).lost == ()


@pytest.mark.parametrize("name", ["pcm_16.flac", "vorbis.ogg", "mp3.mp3", "aac.m4a", "opus.opus", "wma.wma"])
@pytest.mark.parametrize("harm", [lambda path: truncate(path, 0.01), lambda path: damage(path, 0.0, 5000)])
def test_a_destroyed_header_is_either_refused_or_tolerated(
    tmp_path: Path, sound: Samples, name: str, harm: Callable[[Path], Path]
) -> None:
    path = harm(write_as(name, tmp_path, sound[: 5 * RATE_HZ], RATE_HZ))
    try:
        facts = probe_audio(path)
    except Exception as error:  # noqa: BLE001 - any error must be a domain error
        assert type(error).__module__ == "dawn_chorus.domain.errors"  # noqa: PT017
    else:
        assert facts.duration_s < 6.0


@pytest.mark.parametrize("name", ["pcm_16.flac", "alac.m4a", "vorbis.ogg", "mp3.mp3"])
def test_timestamps_that_matroska_rounds_are_no_gaps(tmp_path: Path, sound: Samples, name: str) -> None:
    path = write_as(name, tmp_path, sound, RATE_HZ)
    intact = only_waveform(load_whole(path))
    packed = remux(path, tmp_path / "packed.mka", "matroska")
    audio = load_whole(packed)
    assert audio.lost == ()
    if name in ("pcm_16.flac", "alac.m4a"):
        np.testing.assert_allclose(only_waveform(audio), intact, atol=2e-5)
        np.testing.assert_array_equal(
            own_rate(packed, RATE_HZ, 7.0, 9.0, DURATION_S), only_waveform(audio)[308700:396900]
        )
