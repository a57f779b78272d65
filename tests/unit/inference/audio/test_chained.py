"""Several recordings in one file, one after another: every one is read, each at its place in one time line."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.beginnings import BEGINNINGS, search_beginning
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.ogg_pages import find_links
from dawn_chorus.inference.audio.containers.wav_header import read_wav_header
from dawn_chorus.inference.audio.probe import measure_duration_s, probe_audio
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio
from tests.unit.inference.audio_files import (
    WRITERS,
    Samples,
    damage,
    declare_data_bytes,
    mend_checksums,
    ogg_pages,
    own_rate,
    real_sound,
    remux,
    stereo,
    truncate,
    write_as,
    write_sound,
    write_with_ffmpeg,
)

RATE_HZ = 44100


@pytest.fixture(scope="module")
def sound(audio_dir: Path) -> Samples:
    return real_sound(audio_dir)[0]


def write_opus(path: Path, samples: Samples, rate_hz: int) -> Path:
    return write_sound(path, samples, rate_hz, "OGG", "OPUS")


def write_flac_in_ogg(path: Path, samples: Samples, rate_hz: int) -> Path:
    return remux(write_sound(path.with_suffix(".flac"), samples, rate_hz), path, "ogg")


Writer = Callable[[Path, Samples, int], Path]
OGG: dict[str, Writer] = {"vorbis": write_sound, "opus": write_opus, "flac": write_flac_in_ogg}
OGG_RATE_HZ = {"vorbis": 44100, "opus": 48000, "flac": 44100}


def join(path: Path, *files: Path, between: bytes = b"") -> Path:
    path.write_bytes(between.join(file.read_bytes() for file in files))
    return path


def load(path: Path, start_s: float, end_s: float) -> tuple[LoadedAudio, Samples]:
    facts = probe_audio(path)
    wanted = WaveformFormat(facts.sample_rate_hz, "soxr_hq")
    audio = load_audio(path, start_s, end_s, [wanted], duration_s=facts.duration_s)
    return audio, audio.waveforms[wanted]


def alone(path: Path) -> Samples:
    return load(path, 0.0, probe_audio(path).duration_s)[1]


def assert_reads_the_same_anywhere(path: Path, *, resampled: bool = False) -> None:
    """Assert that stretches are read as in one go, and that the length is the same however one asks for it."""
    facts = probe_audio(path)
    assert measure_duration_s(path) == facts.duration_s
    whole_audio, whole = load(path, 0.0, facts.duration_s)
    edges_s = [round(facts.duration_s * share, 3) for share in (0, 0.13, 0.3, 0.47, 0.55, 0.8, 0.97)]
    edges_s.append(facts.duration_s)
    for start_s, end_s in list(pairwise(edges_s))[::-1]:
        stretch = own_rate(path, facts.sample_rate_hz, start_s, end_s, facts.duration_s)
        first = round(start_s * facts.sample_rate_hz)
        # A part of a lower rate is resampled, which depends on where a stretch begins, by less than 16 bits can tell.
        np.testing.assert_allclose(stretch, whole[first : first + len(stretch)], rtol=0, atol=1e-6 if resampled else 0)
    assert not load(path, facts.duration_s - 1, facts.duration_s + 1)[0].goes_on
    assert whole_audio.lost == ()


@pytest.mark.parametrize("codec", OGG)
def test_every_link_of_a_chained_ogg_is_read(tmp_path: Path, sound: Samples, codec: str) -> None:
    rate_hz = OGG_RATE_HZ[codec]
    links = [
        OGG[codec](tmp_path / f"{number}.ogg", sound[first : first + n_samples], rate_hz)
        for number, (first, n_samples) in enumerate([(0, 200_000), (100_000, 123_457), (300_000, 150_001)])
    ]
    chain = join(tmp_path / "chained.ogg", *links)
    expected = np.concatenate([alone(link) for link in links])
    facts = probe_audio(chain)
    assert facts.duration_s == pytest.approx(len(expected) / rate_hz, abs=1e-6)
    assert facts.format == f"ogg/{codec}"
    assert_reads_the_same_anywhere(chain)
    np.testing.assert_array_equal(alone(chain), expected)


@pytest.mark.parametrize("codec", OGG)
def test_a_chain_of_one_file_twice_is_twice_as_long(tmp_path: Path, sound: Samples, codec: str) -> None:
    once = OGG[codec](tmp_path / "once.ogg", sound[:150_000], OGG_RATE_HZ[codec])
    chain = join(tmp_path / "twice.ogg", once, once)
    np.testing.assert_array_equal(alone(chain), np.tile(alone(once), 2))
    assert_reads_the_same_anywhere(chain)


@pytest.mark.parametrize(("first_hz", "second_hz"), [(16000, 48000), (48000, 22050), (44100, 11025), (8000, 44100)])
@pytest.mark.parametrize("codec", ["vorbis", "flac"])
def test_links_of_other_rates_stand_at_their_place(tmp_path: Path, codec: str, first_hz: int, second_hz: int) -> None:
    tones = []
    for rate_hz, tone_hz in ((first_hz, 1000), (second_hz, 3000)):
        seconds = np.arange(4 * rate_hz) / rate_hz
        beat = (seconds % 1 < 0.25) * np.sin(2 * np.pi * tone_hz * seconds)
        tones.append((0.5 * beat).astype(np.float32))
    links = [
        OGG[codec](tmp_path / f"{number}.ogg", tone, rate_hz)
        for number, (tone, rate_hz) in enumerate(zip(tones, (first_hz, second_hz), strict=True))
    ]
    chain = join(tmp_path / "rates.ogg", *links)
    facts = probe_audio(chain)
    assert facts.sample_rate_hz == max(first_hz, second_hz)
    assert facts.duration_s == 8.0
    whole = alone(chain)
    assert_reads_the_same_anywhere(chain, resampled=True)
    for first_s, tone_hz in ((0, 1000), (4, 3000)):
        part = whole[first_s * facts.sample_rate_hz : (first_s + 4) * facts.sample_rate_hz]
        seconds = np.arange(len(part)) / facts.sample_rate_hz
        expected = 0.5 * (seconds % 1 < 0.25) * np.sin(2 * np.pi * tone_hz * seconds)
        inside = (seconds % 1 > 0.02) & (seconds % 1 < 0.23)
        assert np.corrcoef(part[inside], expected[inside])[0, 1] > 0.995
        assert np.sqrt(np.mean((part - expected)[inside] ** 2)) < 0.03
        assert np.abs(part[(seconds % 1 > 0.35) & (seconds % 1 < 0.9)]).max() < 0.05


@pytest.mark.parametrize("resampler", ["soxr_hq", "soxr_vhq", "kaiser_fast"])
@pytest.mark.parametrize(("first_hz", "second_hz"), [(24000, 48000), (48000, 16000), (22050, 44100), (44100, 32000)])
@pytest.mark.parametrize("codec", ["vorbis", "flac"])
def test_a_link_sounds_to_a_network_as_it_does_alone(
    tmp_path: Path, sound: Samples, codec: str, first_hz: int, second_hz: int, resampler: str
) -> None:
    """Resampled from its own rate, once, by the pack's resampler, wherever segments are cut."""
    wanted = WaveformFormat(32000, resampler)
    links = [
        OGG[codec](tmp_path / f"{rate_hz}.ogg", sound[: 6 * rate_hz], rate_hz) for rate_hz in (first_hz, second_hz)
    ]
    chain = join(tmp_path / "rates.ogg", *links)
    for number, (link, rate_hz) in enumerate(zip(links, (first_hz, second_hz), strict=True)):
        expected = load_audio(link, 0.0, 6.0, [wanted], duration_s=6.0).waveforms[wanted]
        for start_s, end_s in ((0.0, 6.0), (1.7, 4.3)):
            stretch = load_audio(chain, 6.0 * number + start_s, 6.0 * number + end_s, [wanted], duration_s=12.0)
            heard, alone_there = stretch.waveforms[wanted], expected[round(start_s * 32000) : round(end_s * 32000)]
            if rate_hz < max(first_hz, second_hz):
                np.testing.assert_allclose(heard, alone_there, atol=1e-6)
            inside = slice(3200, -3200)
            np.testing.assert_allclose(heard[inside], alone_there[inside], atol=1e-5)


def test_links_of_other_channel_counts_and_codecs_are_read(tmp_path: Path, sound: Samples) -> None:
    both = np.stack([sound, np.zeros_like(sound)], axis=1)[: 3 * RATE_HZ]
    links = [
        write_sound(tmp_path / "mono.ogg", sound[: 3 * RATE_HZ], RATE_HZ),
        write_sound(tmp_path / "stereo.ogg", both, RATE_HZ),
        write_flac_in_ogg(tmp_path / "flac.ogg", both, RATE_HZ),
        write_opus(tmp_path / "opus.ogg", sound[: 3 * 48000], 48000),
    ]
    chain = join(tmp_path / "mixed.ogg", *links)
    facts = probe_audio(chain)
    assert (facts.sample_rate_hz, facts.channels, facts.duration_s) == (48000, 2, 12.0)
    assert_reads_the_same_anywhere(chain, resampled=True)
    whole = alone(chain)
    mono, stereo, flac, opus = (np.sqrt(np.mean(part**2)) for part in np.split(whole, 4))
    assert stereo == pytest.approx(mono / 2, rel=0.05)
    assert flac == pytest.approx(mono / 2, rel=0.05)
    assert opus == pytest.approx(mono, rel=0.1)


@pytest.mark.parametrize("codec", OGG)
def test_a_hundred_links_and_a_tiny_first_one(tmp_path: Path, sound: Samples, codec: str) -> None:
    rate_hz = OGG_RATE_HZ[codec]
    tiny = OGG[codec](tmp_path / "tiny.ogg", sound[:100], rate_hz)
    short = OGG[codec](tmp_path / "short.ogg", sound[40_000:57_000], rate_hz)
    empty = join(tmp_path / "headers.ogg", short)
    pages = ogg_pages(empty.read_bytes())
    empty.write_bytes(empty.read_bytes()[: pages[1][1]])
    chain = join(tmp_path / "many.ogg", tiny, *[short] * 50, empty, *[short] * 49)
    expected = np.concatenate([alone(tiny), np.tile(alone(short), 99)])
    np.testing.assert_array_equal(alone(chain), expected)
    assert_reads_the_same_anywhere(chain)


@pytest.mark.parametrize("codec", OGG)
def test_a_link_whose_header_is_destroyed_is_lost_with_its_stretch(tmp_path: Path, sound: Samples, codec: str) -> None:
    rate_hz = OGG_RATE_HZ[codec]
    links = [OGG[codec](tmp_path / f"{n}.ogg", sound[: (n + 3) * rate_hz], rate_hz) for n in range(3)]
    pages = ogg_pages(links[1].read_bytes())
    broken = bytearray(links[1].read_bytes())
    for start, end in pages[:2]:
        broken[start + 28 : end] = bytes(end - start - 28)
    links[1].write_bytes(broken)
    chain = join(tmp_path / "broken.ogg", *links)
    facts = probe_audio(chain)
    assert facts.duration_s == pytest.approx(3 + 4 + 5, abs=1.2)
    audio, whole = load(chain, 0.0, facts.duration_s)
    (lost,) = audio.lost
    assert lost.start_s == pytest.approx(3.0, abs=0.02)
    assert lost.end_s == pytest.approx(facts.duration_s - 5.0, abs=0.02)
    assert "part 2 of 3" in lost.reason
    assert chain.name not in lost.reason, "the service keeps files under other names"
    np.testing.assert_array_equal(whole[-5 * rate_hz :], alone(links[2])[-5 * rate_hz :])


@pytest.mark.parametrize("codec", OGG)
def test_damage_in_a_link_is_lost_and_moves_nothing(tmp_path: Path, sound: Samples, codec: str) -> None:
    rate_hz = OGG_RATE_HZ[codec]
    links = [OGG[codec](tmp_path / f"{n}.ogg", sound[: 5 * rate_hz], rate_hz) for n in range(3)]
    intact = [alone(link) for link in links]
    damage(links[1], 0.5, 500)
    chain = join(tmp_path / "damaged.ogg", *links)
    audio, whole = load(chain, 0.0, probe_audio(chain).duration_s)
    (lost,) = audio.lost
    assert 5.5 < lost.start_s < lost.end_s < 9.5
    np.testing.assert_array_equal(whole[: len(intact[0])], intact[0])
    np.testing.assert_array_equal(whole[-len(intact[2]) :], intact[2])


@pytest.mark.parametrize("share", [0.35, 0.6, 0.9])
@pytest.mark.parametrize("second_s", [5.0, 0.3])
@pytest.mark.parametrize("codec", OGG)
def test_a_link_cut_off_within_a_page_costs_no_other_link(
    tmp_path: Path, sound: Samples, codec: str, second_s: float, share: float
) -> None:
    """As a stream dump is when the line broke and came back: the next link begins where a page should go on."""
    rate_hz = OGG_RATE_HZ[codec]
    first = OGG[codec](tmp_path / "first.ogg", sound[: 5 * rate_hz], rate_hz)
    second = OGG[codec](tmp_path / "second.ogg", sound[: round(second_s * rate_hz)], rate_hz)
    truncate(first, share)
    chain = join(tmp_path / "dump.ogg", first, second, second)
    again = alone(second)
    whole = alone(chain)
    np.testing.assert_array_equal(whole[-2 * len(again) :], np.tile(again, 2))
    assert 0.1 * rate_hz < len(whole) - 2 * len(again) <= 5 * rate_hz
    assert load(chain, 0.0, probe_audio(chain).duration_s)[0].lost == ()


RAW = ("mp3.mp3", "adts.aac")
"""Frames without a container: their decoders read on, and look for the next frame."""


@pytest.mark.parametrize(
    ("name", "between"),
    [*((name, b"") for name in WRITERS), *((name, bytes(100)) for name in WRITERS if name not in RAW)],
)
def test_a_second_recording_behind_the_first_is_read(tmp_path: Path, sound: Samples, name: str, between: bytes) -> None:
    (tmp_path / "b").mkdir()
    first = write_as(name, tmp_path, sound[: 6 * RATE_HZ], RATE_HZ)
    second = write_as(name, tmp_path / "b", sound[8 * RATE_HZ :], RATE_HZ)
    both = join(tmp_path / f"both{first.suffix}", first, second, between=between)
    parts = [alone(path) for path in (first, second)]
    whole = alone(both)
    rate_hz = probe_audio(both).sample_rate_hz
    assert len(whole) == pytest.approx(len(parts[0]) + len(parts[1]), abs=0.1 * rate_hz)
    if name not in RAW:
        np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert np.abs(whole[-5 * rate_hz :]).max() > 0.05
    assert_reads_the_same_anywhere(both)


OTHERS = ["pcm_16.wav", "pcm_16.flac", "pcm_24.aiff", "vorbis.ogg", "aac.m4a", "opus.webm"]


@pytest.mark.parametrize(("one", "other"), [*pairwise(OTHERS), *pairwise(OTHERS[::-1])])
def test_recordings_of_two_formats_in_one_file_are_read(tmp_path: Path, sound: Samples, one: str, other: str) -> None:
    first = write_as(one, tmp_path, sound[: 5 * RATE_HZ], RATE_HZ)
    second = write_as(other, tmp_path, sound[9 * RATE_HZ : 15 * RATE_HZ], RATE_HZ)
    both = join(tmp_path / f"both{first.suffix}", first, second)
    seconds = [probe_audio(path).duration_s for path in (first, second)]
    assert probe_audio(both).duration_s == pytest.approx(sum(seconds), abs=1e-4)
    assert_reads_the_same_anywhere(both, resampled=True)


@pytest.mark.parametrize("codec", OGG)
def test_recordings_of_other_formats_between_links_of_ogg_are_read(tmp_path: Path, sound: Samples, codec: str) -> None:
    rate_hz = OGG_RATE_HZ[codec]
    link = OGG[codec](tmp_path / "link.ogg", sound[: 3 * rate_hz], rate_hz)
    flac = write_sound(tmp_path / "one.flac", sound[: 2 * rate_hz], rate_hz)
    wav = write_sound(tmp_path / "one.wav", sound[: 2 * rate_hz], rate_hz)
    mixed = join(tmp_path / "mixed.ogg", link, flac, wav, link, link, wav, link, flac)
    parts = [alone(part) for part in (link, flac, wav, link, link, wav, link, flac)]
    np.testing.assert_array_equal(alone(mixed), np.concatenate(parts))
    assert_reads_the_same_anywhere(mixed)


@pytest.mark.parametrize("name", ["pcm_16.wav", "pcm_16.flac", "pcm_24.aiff", "pcm_16.caf"])
def test_what_is_missing_of_the_first_recording_is_lost_before_the_second(
    tmp_path: Path, sound: Samples, name: str
) -> None:
    (tmp_path / "b").mkdir()
    first = truncate(write_as(name, tmp_path, sound[: 6 * RATE_HZ], RATE_HZ), 0.5)
    second = write_as(name, tmp_path / "b", sound[: 6 * RATE_HZ], RATE_HZ)
    both = join(tmp_path / f"both{first.suffix}", first, second)
    facts = probe_audio(both)
    audio, whole = load(both, 0.0, facts.duration_s)
    heard_s = facts.duration_s - sum(lost.end_s - lost.start_s for lost in audio.lost)
    assert heard_s == pytest.approx(9.0, abs=0.3)
    np.testing.assert_array_equal(whole[-RATE_HZ:], alone(second)[-RATE_HZ:])


@pytest.mark.parametrize("name", ["pcm_16.flac", "pcm_24.aiff", "aac.m4a", "opus.webm", "pcm_16.wav"])
def test_a_second_recording_that_cannot_be_read_is_named(tmp_path: Path, sound: Samples, name: str) -> None:
    first = write_as(name, tmp_path, sound[: 6 * RATE_HZ], RATE_HZ)
    hopeless = tmp_path / "hopeless.flac"
    write_sound(hopeless, sound[: 6 * RATE_HZ], RATE_HZ)
    content = hopeless.read_bytes()
    hopeless.write_bytes(content[:42] + bytes([0x55]) * 200_000)
    both = join(tmp_path / f"both{first.suffix}", first, hopeless)
    facts = probe_audio(both)
    first_s = probe_audio(first).duration_s
    assert facts.duration_s > first_s + 0.5
    audio, _ = load(both, 0.0, facts.duration_s)
    (lost,) = audio.lost
    assert lost.start_s == pytest.approx(first_s, abs=1e-4)
    assert lost.end_s == facts.duration_s
    assert "part 2 of 2 of the file cannot be read" in lost.reason


def test_a_wav_whose_format_changes_is_read_in_both_formats(tmp_path: Path, sound: Samples) -> None:
    slow, fast = (write_sound(tmp_path / f"{hz}.wav", sound[: 2 * hz], hz) for hz in (16000, 48000))
    changing = tmp_path / "changing.wav"
    changing.write_bytes(slow.read_bytes() + fast.read_bytes()[12:])
    assert probe_audio(changing).duration_s == 4.0
    assert_reads_the_same_anywhere(changing, resampled=True)
    np.testing.assert_array_equal(alone(changing)[2 * 48000 :], alone(fast))


def test_one_channel_of_a_chain_is_read(tmp_path: Path, sound: Samples) -> None:
    both = np.stack([sound, 0.5 * sound], axis=1)[: 3 * RATE_HZ]
    link = write_flac_in_ogg(tmp_path / "link.ogg", both, RATE_HZ)
    chain = join(tmp_path / "chain.ogg", link, link)
    wanted = WaveformFormat(RATE_HZ, "soxr_hq")
    left, right = (
        load_audio(chain, 0.0, 6.0, [wanted], duration_s=6.0, channel=channel).waveforms[wanted] for channel in (1, 2)
    )
    np.testing.assert_allclose(right, left / 2, atol=1e-4)


def test_trailing_tags_are_no_second_recording(tmp_path: Path, sound: Samples) -> None:
    path = write_sound(tmp_path / "tagged.flac", sound[: 3 * RATE_HZ], RATE_HZ)
    before = soundfile.info(path).duration
    path.write_bytes(path.read_bytes() + b"TAG" + b"RIFF of the marsh, fLaC copy".ljust(125, b"\0"))
    assert probe_audio(path).duration_s == measure_duration_s(path) == before


def test_more_recordings_than_are_read_are_named(
    tmp_path: Path, sound: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dawn_chorus.inference.audio.parts.MAX_PARTS", 3)
    link = write_sound(tmp_path / "link.ogg", sound[:RATE_HZ], RATE_HZ)
    chain = join(tmp_path / "chain.ogg", *[link] * 5)
    assert probe_audio(chain).duration_s == pytest.approx(5.0, abs=0.1)
    (lost,) = load(chain, 0.0, probe_audio(chain).duration_s)[0].lost
    assert (lost.start_s, lost.reason.rpartition(": ")[2]) == (3.0, "only 3 recordings of a file are read")


def test_a_short_part_of_an_absurd_rate_does_not_multiply_the_others(tmp_path: Path, sound: Samples) -> None:
    slow = write_sound(tmp_path / "slow.wav", sound[: 3 * 8000], 8000)
    fast = write_sound(tmp_path / "fast.wav", sound[:50_000], 5_000_000)
    both = join(tmp_path / "both.wav", slow, fast)
    assert probe_audio(both).sample_rate_hz == 8000
    (lost,) = load(both, 0.0, probe_audio(both).duration_s)[0].lost
    assert "too high to be joined with others" in lost.reason


TAGS = b"APETAGEX" + b"a picture of the marsh, fLaC copy " * 600


def write_wavpack(path: Path, samples: Samples) -> Path:
    return write_with_ffmpeg(path.with_suffix(".wv"), stereo(samples), RATE_HZ, "wv", "wavpack")


def write_flac_in_matroska(path: Path, samples: Samples) -> Path:
    return remux(write_sound(path.with_suffix(".flac"), samples, RATE_HZ), path.with_suffix(".mka"), "matroska")


@pytest.mark.parametrize("behind", [TAGS, bytes(20_000)], ids=["tags", "zeros"])
@pytest.mark.parametrize("write", [write_wavpack, write_flac_in_matroska])
def test_what_looks_like_a_beginning_within_a_recording_is_none(
    tmp_path: Path, sound: Samples, write: Callable[[Path, Samples], Path], behind: bytes
) -> None:
    path = write(tmp_path / "one", sound[: 6 * RATE_HZ])
    before = alone(path)
    path.write_bytes(path.read_bytes() + behind)
    assert probe_audio(path).duration_s == 6.0
    audio, after = load(path, 0.0, 6.0)
    np.testing.assert_array_equal(after, before)
    assert audio.lost == ()


def test_four_bytes_of_a_beginning_within_sound_are_none(tmp_path: Path, sound: Samples) -> None:
    path = write_sound(tmp_path / "one.flac", sound[: 6 * RATE_HZ], RATE_HZ)
    flac = bytearray(path.read_bytes())
    flac[len(flac) // 2 : len(flac) // 2 + 5] = b"\x1aE\xdf\xa3\x42"
    path.write_bytes(flac + TAGS)
    assert probe_audio(path).duration_s == 6.0
    assert sum(lost.end_s - lost.start_s for lost in load(path, 0.0, 6.0)[0].lost) < 0.5


def test_two_wavpack_files_are_two_recordings(tmp_path: Path, sound: Samples) -> None:
    one = write_wavpack(tmp_path / "one", sound[: 6 * RATE_HZ])
    both = join(tmp_path / "both.wv", one, one, between=TAGS)
    np.testing.assert_array_equal(alone(both), np.tile(alone(one), 2))


def test_a_search_for_beginnings_finds_what_their_pattern_finds(tmp_path: Path, sound: Samples) -> None:
    noise = np.random.default_rng(5).bytes(300)
    for name in WRITERS:
        begins = write_as(name, tmp_path, sound[:20_000], RATE_HZ).read_bytes()[:64]
        for before in range(5):
            block = b"fLaC wvpk" + noise[:before] + begins
            found = BEGINNINGS.search(block)
            assert search_beginning(block) == (None if found is None else found.start())
    for size in range(9):
        assert search_beginning(noise[:size]) is None


def test_parts_that_end_between_two_samples_lose_none(tmp_path: Path, sound: Samples) -> None:
    low = write_sound(tmp_path / "low.flac", sound[: 2 * 32000 + 3], 32000)
    high = write_sound(tmp_path / "high.flac", sound[: 2 * 48000 + 1], 48000)
    both = join(tmp_path / "both.flac", low, high, low, high, high)
    assert_reads_the_same_anywhere(both, resampled=True)


def test_a_position_before_the_start_begins_no_link(tmp_path: Path, sound: Samples) -> None:
    path = write_sound(tmp_path / "one.ogg", sound[: 6 * RATE_HZ], RATE_HZ)
    ogg = bytearray(path.read_bytes())
    start, _ = next((start, end) for start, end in ogg_pages(bytes(ogg)) if any(ogg[start + 6 : start + 14]))
    ogg[start + 6 : start + 14] = (-896).to_bytes(8, "little", signed=True)
    path.write_bytes(ogg)
    assert len(find_links(FileBytes(AudioFile.at(mend_checksums(path))))) == 1


def test_a_wav_of_a_wrong_size_is_searched_once(
    tmp_path: Path, sound: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = declare_data_bytes(write_sound(tmp_path / "torn.wav", sound, RATE_HZ), 10_000_000)
    before = read_wav_header(FileBytes(AudioFile.at(path)))
    monkeypatch.setattr("dawn_chorus.inference.audio.containers.wav_header.find_riff", None)
    assert before is not None
    assert read_wav_header(FileBytes(AudioFile.at(path))) == before
