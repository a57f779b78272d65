"""Claims that no samples stand behind: believed in proportion to what can be read."""

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from dawn_chorus.domain.analysis import plan_segments
from dawn_chorus.inference.audio.claims import believe_length
from dawn_chorus.inference.audio.probe import measure_duration_s, probe_audio
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio
from tests.unit.inference.audio_files import (
    Samples,
    declare_flac_samples,
    mend_checksums,
    ogg_pages,
    own_rate,
    real_sound,
    remux,
    truncate,
    write_as,
    write_sound,
)

RATE_HZ = 44100


@pytest.fixture(scope="module")
def sound(audio_dir: Path) -> Samples:
    return real_sound(audio_dir)[0]


def spread(path: Path, into: Path, container: str, gap_s: float, *, every: int = 1) -> Path:
    """Write the packets of a file with a gap after every `every` of them."""
    with av.open(str(path)) as source, av.open(str(into), "w", format=container) as output:
        track = source.streams.audio[0]
        copy = output.add_stream_from_template(track)
        number = 0
        for packet in source.demux(track):
            if packet.dts is None or packet.pts is None:
                continue
            late = round(Fraction(number // every) * Fraction(gap_s) / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts + late, packet.dts + late, copy
            output.mux(packet)
            number += 1
    return into


def load(path: Path) -> tuple[LoadedAudio, Samples]:
    facts = probe_audio(path)
    wanted = WaveformFormat(facts.sample_rate_hz, "soxr_hq")
    audio = load_audio(path, 0.0, facts.duration_s, [wanted], duration_s=facts.duration_s)
    return audio, audio.waveforms[wanted]


@pytest.mark.parametrize("gap_s", [3540, 50, 15])
@pytest.mark.parametrize(
    ("name", "container", "suffix"),
    [
        ("opus.opus", "matroska", ".mka"),
        ("opus.opus", "webm", ".webm"),
        ("opus.opus", "ogg", ".opus"),
        ("vorbis.ogg", "ogg", ".ogg"),
        ("vorbis.ogg", "matroska", ".mka"),
        ("aac.m4a", "mp4", ".m4a"),
        ("aac.m4a", "matroska", ".mka"),
        ("mp3.mp3", "matroska", ".mka"),
        ("pcm_16.flac", "matroska", ".mka"),
        ("alac.m4a", "matroska", ".mka"),
    ],
)
def test_packets_far_apart_are_no_hours(
    tmp_path: Path, sound: Samples, name: str, container: str, suffix: str, gap_s: float
) -> None:
    path = write_as(name, tmp_path, sound[: 2 * RATE_HZ], RATE_HZ)
    wide = spread(path, tmp_path / f"wide{suffix}", container, gap_s)
    facts = probe_audio(wide)
    assert facts.duration_s < 60
    assert measure_duration_s(wide) < 60
    _, whole = load(wide)
    first = len(whole) // 2
    half = own_rate(wide, facts.sample_rate_hz, first / facts.sample_rate_hz, facts.duration_s, facts.duration_s)
    np.testing.assert_allclose(half[:1000], whole[first : first + 1000], atol=1e-6)
    assert np.abs(whole).max() > 0.05


@pytest.mark.parametrize(
    ("name", "container"), [("opus.opus", "matroska"), ("aac.m4a", "matroska"), ("opus.opus", "ogg")]
)
def test_a_pause_in_proportion_to_what_was_heard_is_believed(
    tmp_path: Path, sound: Samples, name: str, container: str
) -> None:
    path = write_as(name, tmp_path, sound, RATE_HZ)
    length_s = probe_audio(path).duration_s
    paused = spread(path, tmp_path / "paused.mka", container, 15.0, every=500)
    assert probe_audio(paused).duration_s == pytest.approx(length_s + 15, abs=0.2)
    audio, _ = load(paused)
    assert sum(lost.end_s - lost.start_s for lost in audio.lost) == pytest.approx(15, abs=0.2)


@pytest.mark.parametrize("name", ["opus.webm", "opus.opus", "vorbis.ogg"])
def test_what_follows_a_large_damage_near_the_start_keeps_its_place(tmp_path: Path, sound: Samples, name: str) -> None:
    path = write_as(name, tmp_path, np.tile(sound, 4), RATE_HZ)
    facts = probe_audio(path)
    _, intact = load(path)
    content = bytearray(path.read_bytes())
    begin, end = len(content) // 25, len(content) // 2
    content[begin:end] = np.random.default_rng(3).bytes(end - begin)
    path.write_bytes(content)
    assert probe_audio(path).duration_s == pytest.approx(facts.duration_s, abs=0.1)
    audio, whole = load(path)
    assert sum(lost.end_s - lost.start_s for lost in audio.lost) > 20
    loudness = [np.abs(one[-10 * RATE_HZ :]).reshape(-1, RATE_HZ // 20).mean(axis=1) for one in (whole, intact)]
    assert np.corrcoef(*loudness)[0, 1] > 0.95


@pytest.mark.parametrize(
    ("name", "rate_hz", "late_s"),
    [
        ("vorbis.ogg", RATE_HZ, 40),
        ("vorbis.ogg", RATE_HZ, 10_800),
        ("opus.opus", 48000, 40),
        ("opus.opus", 48000, 10_800),
        ("flac.ogg", RATE_HZ, 10_800),
    ],
)
def test_a_stream_that_was_joined_late_begins_at_its_first_sample(
    tmp_path: Path, sound: Samples, name: str, rate_hz: int, late_s: int
) -> None:
    if name == "flac.ogg":
        path = remux(write_as("pcm_16.flac", tmp_path, sound, RATE_HZ), tmp_path / name, "ogg")
    else:
        path = write_as(name, tmp_path, sound, RATE_HZ)
    ogg = bytearray(path.read_bytes())
    length_s = probe_audio(path).duration_s
    _, whole = load(path)
    for start, _ in ogg_pages(bytes(ogg)):
        granule = int.from_bytes(ogg[start + 6 : start + 14], "little")
        if 0 < granule < 1 << 63:
            ogg[start + 6 : start + 14] = (granule + late_s * rate_hz).to_bytes(8, "little")
    late = tmp_path / f"late{path.suffix}"
    late.write_bytes(ogg)
    mend_checksums(late)
    assert probe_audio(late).duration_s == pytest.approx(length_s, abs=0.1)
    audio, joined = load(late)
    assert audio.lost == ()
    n = min(len(whole), len(joined)) - rate_hz
    loudness = [np.abs(one[:n][: n // 2205 * 2205]).reshape(-1, 2205).mean(axis=1) for one in (whole, joined)]
    assert np.corrcoef(*loudness)[0, 1] > 0.95
    half = own_rate(late, rate_hz, 10.0, 12.0, probe_audio(late).duration_s)
    np.testing.assert_allclose(half, joined[10 * rate_hz : 12 * rate_hz], atol=1e-6)


def flip_flac(path: Path) -> Path:
    return declare_flac_samples(path, 7 * RATE_HZ + (1 << 28))


def flip_wav(path: Path) -> Path:
    wav = bytearray(path.read_bytes())
    wav[wav.index(b"data") + 7] ^= 0x40
    path.write_bytes(wav)
    return path


def flip_mp3(path: Path) -> Path:
    mp3 = bytearray(path.read_bytes())
    at = max(mp3.find(b"Xing"), mp3.find(b"Info")) + 8
    mp3[at + 1] ^= 0x40  # the number of frames
    path.write_bytes(mp3)
    return path


def flip_matroska(path: Path) -> Path:
    """Change the exponent of the duration, a number of milliseconds in double precision."""
    mka = bytearray(path.read_bytes())
    at = mka.index(b"\x44\x89\x88") + 3
    (milliseconds,) = struct.unpack(">d", mka[at : at + 8])
    mka[at : at + 8] = struct.pack(">d", milliseconds * 2**20)
    path.write_bytes(mka)
    return path


@pytest.mark.parametrize(
    ("name", "flip"),
    [("pcm_16.flac", flip_flac), ("pcm_16.wav", flip_wav), ("mp3.mp3", flip_mp3), ("packed.mka", flip_matroska)],
)
def test_one_flipped_bit_makes_no_hours_of_seconds(
    tmp_path: Path, sound: Samples, name: str, flip: Callable[[Path], Path]
) -> None:
    if name == "packed.mka":
        path = remux(write_as("aac.m4a", tmp_path, sound[: 7 * RATE_HZ], RATE_HZ), tmp_path / name, "matroska")
    else:
        path = write_as(name, tmp_path, sound[: 7 * RATE_HZ], RATE_HZ)
    before = path.read_bytes()
    flip(path)
    assert path.read_bytes() != before
    assert probe_audio(path).duration_s == pytest.approx(7.0, abs=0.1)
    audio, whole = load(path)
    assert audio.lost == ()
    assert np.abs(whole).max() > 0.05


def test_an_hour_of_silence_in_few_bytes_is_an_hour(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "silence.flac", np.zeros(3600 * 8000, np.float32), 8000)
    assert path.stat().st_size < 200_000
    assert probe_audio(path).duration_s == measure_duration_s(path) == 3600.0


@pytest.mark.parametrize(
    ("declared_s", "available_s", "believed_s"),
    [
        (12.0, 12.0, 12.0),
        (12.009, 12.0, 12.0),
        (12.01, 12.0, 12.01),
        (80.0, 20.0, 80.0),
        (11.0, 12.0, 11.0),
        (130.0, 7.0, 130.0),
        (131.0, 7.0, 7.0),
        (6000.0, 7.0, 7.0),
        (24 * 3600.0, 7200.0, 7200.0),
    ],
)
def test_a_length_is_believed_in_proportion(declared_s: float, available_s: float, believed_s: float) -> None:
    assert believe_length(round(declared_s * 1000), round(available_s * 1000), 1000) == round(believed_s * 1000)


def warnings_of(path: Path, wanted: WaveformFormat) -> list[str]:
    """Return the codes of the last of the segments that a file is planned in; the others have none."""
    duration_s = measure_duration_s(path)
    segments = plan_segments(duration_s, 5.0)
    found = [
        [
            warning.code
            for warning in load_audio(
                path, segment.start_s, segment.end_s, [wanted], duration_s=duration_s, measured=segment
            ).warnings
        ]
        for segment in segments
    ]
    assert not any(found[:-1])
    return found[-1]


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_16"), ("a.flac", "PCM_16"), ("a.aiff", "PCM_16")])
@pytest.mark.parametrize(("left", "codes"), [(1.0, []), (0.5, []), (0.02, ["length_doubted"])])
def test_a_length_that_is_not_believed_is_told(
    tmp_path: Path, name: str, subtype: str, left: float, codes: list[str]
) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 400 * 8000).astype(np.float32)
    path = tmp_path / name
    soundfile.write(path, noise, 8000, subtype=subtype)
    if left < 1:
        truncate(path, left)
    assert warnings_of(path, WaveformFormat(8000, "soxr_hq")) == codes
