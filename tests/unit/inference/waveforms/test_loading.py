"""A stretch of a recording: the right samples at the right position, silence elsewhere."""

import tracemalloc
from pathlib import Path

import av
import librosa
import numpy as np
import pytest
import soundfile

from dawn_chorus.domain.errors import EmptyAudio, NotAudio, PermanentError, UndecodableAudio
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.inference.audio.ffmpeg_reader import FfmpegReader
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.waveforms.loading import WaveformFormat, load_audio
from tests.unit.inference.audio_files import (
    LOSSLESS,
    SECONDS,
    WRITERS,
    Samples,
    own_rate,
    real_sound,
    stereo,
    write_as,
    write_sound,
)

BIRDNET = WaveformFormat(48000, "kaiser_fast")
PERCH = WaveformFormat(32000, "soxr_hq")


@pytest.mark.parametrize("name", ["bird-guess/black_tern.mp3", "scikit-maad/spinetail.wav"])
def test_one_decode_serves_every_rate_as_librosa_would_load_it(audio_dir: Path, name: str) -> None:
    path = audio_dir / name
    duration_s = soundfile.info(path).duration
    audio = load_audio(path, 0.0, duration_s, [BIRDNET, PERCH], duration_s=duration_s)
    for wanted, waveform in audio.waveforms.items():
        expected, _ = librosa.load(path, sr=wanted.sample_rate_hz, res_type=wanted.resampler)
        np.testing.assert_allclose(waveform, expected[: len(waveform)], atol=1e-6)
    assert audio.lost == ()
    assert set(audio.stage_s) == {"decode", "resample"}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_reads_the_same_in_stretches_as_in_one_go(audio_dir: Path, tmp_path: Path, name: str) -> None:
    sound, rate_hz = real_sound(audio_dir)
    path = write_as(name, tmp_path, sound, rate_hz)
    with open_source(path) as source:
        rate_hz = source.sample_rate_hz
        duration_s = (source.declared_samples or source.count_samples()) / rate_hz
    whole = own_rate(path, rate_hz, 0.0, duration_s, duration_s)
    for start_s, end_s in [(12.77, duration_s), (7.3, 9.1), (0.0, 7.3), (9.1, 12.77)]:
        stretch = own_rate(path, rate_hz, start_s, end_s, duration_s)
        np.testing.assert_allclose(stretch, whole[round(start_s * rate_hz) :][: len(stretch)], atol=1e-6)


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_is_read_again_from_a_reader_that_is_past_its_end(
    audio_dir: Path, tmp_path: Path, name: str
) -> None:
    sound, rate_hz = real_sound(audio_dir)
    with open_source(write_as(name, tmp_path, sound, rate_hz)) as source:
        end, far_after = (second * source.sample_rate_hz for second in (SECONDS - 4, SECONDS + 10))
        whole, _ = source.read(0, end)
        source.read(far_after, far_after + 1000)
        for first in (source.sample_rate_hz, 0, 7 * source.sample_rate_hz):
            samples, lost = source.read(first, end)
            assert lost == []
            np.testing.assert_allclose(samples, whole[first:], atol=1e-6)


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_sounds_like_the_original(audio_dir: Path, tmp_path: Path, name: str) -> None:
    sound, rate_hz = real_sound(audio_dir)
    path = write_as(name, tmp_path, sound, rate_hz)
    with open_source(path) as source:
        rate_hz = source.sample_rate_hz
    seconds = len(sound) / rate_hz
    decoded = own_rate(path, rate_hz, 0.0, seconds, seconds)
    expected = stereo(sound).mean(axis=1)
    if name.split(".", maxsplit=1)[0] in LOSSLESS:
        np.testing.assert_allclose(decoded, expected, atol=1e-5)
    else:
        assert best_correlation(decoded, expected, delay=2200) > 0.95


def best_correlation(decoded: Samples, expected: Samples, delay: int) -> float:
    """Return the correlation at the best delay; raw AAC and WMA do not declare their encoder's padding."""
    spectrum = np.fft.rfft(decoded, 2 * len(decoded)) * np.conj(np.fft.rfft(expected, 2 * len(expected)))
    products = np.roll(np.fft.irfft(spectrum), delay)[: 2 * delay + 1]
    return float(products.max() / (np.linalg.norm(decoded) * np.linalg.norm(expected)))


def test_an_mp3_whose_frames_depend_on_many_before_them_seeks_exactly(audio_dir: Path) -> None:
    path = audio_dir / "britekit" / "CommonYellowthroat.mp3"
    expected, rate_hz = soundfile.read(path, dtype="float32")
    duration_s = len(expected) / rate_hz
    for start_s in np.arange(0.1, 5.0, 0.35):
        stretch = own_rate(path, rate_hz, start_s, start_s + 0.5, duration_s)
        np.testing.assert_allclose(stretch, expected[round(start_s * rate_hz) :][: len(stretch)], atol=1e-6)


def test_float_samples_keep_their_last_bit(tmp_path: Path) -> None:
    sound = (np.random.default_rng(1).normal(0, 1e-4, 9600)).astype(np.float32)
    path = write_sound(tmp_path / "quiet.wav", sound, 48000, coding="FLOAT")
    np.testing.assert_array_equal(own_rate(path, 48000, 0.0, 0.2, 0.2), sound)


def test_a_192_khz_stereo_float_wav_comes_out_at_48_khz(audio_dir: Path, tmp_path: Path) -> None:
    sound, _ = real_sound(audio_dir)
    path = write_sound(tmp_path / "bats.wav", stereo(sound), 192000, coding="FLOAT")
    waveform = load_audio(path, 1.0, 3.0, [BIRDNET], duration_s=len(sound) / 192000).waveforms[BIRDNET]
    expected = librosa.resample(stereo(sound).mean(axis=1), orig_sr=192000, target_sr=48000, res_type="kaiser_fast")
    np.testing.assert_allclose(waveform, expected[48000:144000], atol=1e-6)


def test_many_channels_are_averaged(tmp_path: Path) -> None:
    levels = np.array([0.1, 0.2, 0.3, 0.4, 0.5], np.float32)
    path = write_sound(tmp_path / "array.wav", np.tile(levels, (4800, 1)), 48000, coding="FLOAT")
    np.testing.assert_allclose(own_rate(path, 48000, 0.0, 0.1, 0.1), 0.3, atol=1e-6)


def test_an_8_khz_mp3_is_read(audio_dir: Path, tmp_path: Path) -> None:
    sound, _ = real_sound(audio_dir)
    path = write_sound(tmp_path / "radio.mp3", sound[:80_000], 8000)
    audio = load_audio(path, 0.0, 10.0, [BIRDNET], duration_s=10.0)
    assert audio.lost == ()
    assert np.abs(audio.waveforms[BIRDNET][-48000:]).max() > 0.01


def test_outside_the_recording_there_is_silence(audio_dir: Path) -> None:
    path = audio_dir / "scikit-maad" / "spinetail.wav"
    duration_s = soundfile.info(path).duration
    audio = load_audio(path, -2.5, duration_s + 3.0, [BIRDNET, PERCH], duration_s=duration_s)
    for wanted, waveform in audio.waveforms.items():
        rate_hz = wanted.sample_rate_hz
        assert len(waveform) == round((duration_s + 3.0) * rate_hz) - round(-2.5 * rate_hz)
        assert not waveform[: round(2.5 * rate_hz)].any()
        assert not waveform[round((2.5 + duration_s) * rate_hz) + 1 :].any()
        assert np.abs(waveform).max() > 0.1
    assert audio.lost == ()


def test_samples_that_are_not_numbers_are_lost_and_affect_nothing_else(audio_dir: Path, tmp_path: Path) -> None:
    sound, rate_hz = real_sound(audio_dir)
    spoiled = sound.copy()
    spoiled[rate_hz : rate_hz + 441] = np.nan
    spoiled[5 * rate_hz] = np.inf
    spoiled[6 * rate_hz] = 3e38
    path = write_sound(tmp_path / "nan.wav", spoiled, rate_hz, coding="FLOAT")
    audio = load_audio(path, 0.0, 10.0, [BIRDNET], duration_s=SECONDS)
    assert [(lost.start_s, lost.end_s) for lost in audio.lost] == [(1.0, 1.01), (5.0, 5.000023), (6.0, 6.000023)]
    assert "finite" in audio.lost[0].reason
    waveform = audio.waveforms[BIRDNET]
    expected = librosa.resample(sound, orig_sr=rate_hz, target_sr=48000, res_type="kaiser_fast")[: len(waveform)]
    away = np.ones(len(waveform), bool)
    for at_s in (1.0, 5.0, 6.0):
        away[round((at_s - 0.02) * 48000) : round((at_s + 0.03) * 48000)] = False
    np.testing.assert_allclose(waveform[away], expected[away], atol=1e-6)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "day.wav", np.zeros(48000, np.float32), 48000)
    with path.open("r+b") as file:
        file.truncate(1 << 30)  # a sparse file: hours of silence that the header does not declare
    tracemalloc.start()
    audio = load_audio(path, 9000.0, 9010.0, [BIRDNET], duration_s=11_000.0)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(audio.waveforms[BIRDNET]) == 480_000
    assert peak_bytes < 20_000_000


def test_stretch_after_stretch_a_file_without_exact_seeking_is_decoded_once(
    audio_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, rate_hz = real_sound(audio_dir)
    path = write_as("aac.m4a", tmp_path, sound, rate_hz)
    whole = own_rate(path, rate_hz, 0.0, SECONDS, SECONDS)
    starts: list[FfmpegReader] = []
    start = FfmpegReader._start

    def count_start(reader: FfmpegReader) -> None:
        starts.append(reader)
        start(reader)

    monkeypatch.setattr(FfmpegReader, "_start", count_start)
    with open_source(path) as source:
        for first_s in range(0, SECONDS, 4):
            first, end = max(0, first_s - 3) * rate_hz, min(SECONDS, first_s + 7) * rate_hz
            samples, lost = source.read(first, end)
            np.testing.assert_array_equal(samples, whole[first:end])
            assert lost == []
    assert len(starts) == 1


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("text.wav", b"a field diary, not a recording\n" * 1000, NotAudio),
        ("archive.wav", b"PK\x03\x04" + bytes(100_000), NotAudio),
        ("zeros.flac", bytes(100_000), NotAudio),
        ("playlist.mp3", b"#EXTM3U\n#EXTINF:10,\n/etc/hostname\n#EXT-X-ENDLIST\n", NotAudio),
        ("empty.wav", b"", EmptyAudio),
        ("stump.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", UndecodableAudio),
        ("stump.m4a", b"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00M4A isomiso2\x00\x00\x00\x08free", UndecodableAudio),
        ("stump.webm", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01", UndecodableAudio),
        ("stump.wma", b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\x00\xaa\x00b\xcel", UndecodableAudio),
    ],
)
def test_a_file_that_is_not_audio_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, error: type[Exception]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error, match=name.split(".", maxsplit=1)[0]):
        load_audio(path, 0.0, 1.0, [BIRDNET], duration_s=1.0)


def test_a_wav_without_samples_is_empty(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "silence.wav", np.zeros(0, np.float32), 48000)
    with pytest.raises(EmptyAudio, match="silence"):
        load_audio(path, 0.0, 1.0, [BIRDNET], duration_s=1.0)


def test_a_wav_of_an_unknown_coding_is_refused_as_such(audio_dir: Path, tmp_path: Path) -> None:
    path = write_as("pcm_16.wav", tmp_path, *real_sound(audio_dir))
    with path.open("r+b") as file:
        file.seek(20)  # the coding, in the format chunk
        file.write(b"\x0f\x27")
    with pytest.raises(UndecodableAudio, match="coded in a way that no decoder here knows"):
        load_audio(path, 0.0, 1.0, [BIRDNET], duration_s=1.0)


def test_a_film_without_sound_has_no_sound_track(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10, width=64, height=64, pix_fmt="yuv420p")
        output.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        output.mux(stream.encode(None))
    with pytest.raises(NotAudio, match=r"silent\.mp4 has no sound track"):
        load_audio(path, 0.0, 1.0, [BIRDNET], duration_s=1.0)


def test_a_long_loss_is_reported_once(audio_dir: Path, tmp_path: Path) -> None:
    sound, rate_hz = real_sound(audio_dir)
    path = write_sound(tmp_path / "nan.wav", np.full_like(sound, np.nan), rate_hz, coding="FLOAT")
    assert [
        (lost.start_s, lost.end_s) for lost in load_audio(path, 0, SECONDS, [BIRDNET], duration_s=SECONDS).lost
    ] == [(0.0, SECONDS)]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"no such file.*gone\.wav"):
        load_audio(tmp_path / "gone.wav", 0.0, 1.0, [BIRDNET], duration_s=1.0)


def test_a_stretch_beyond_the_recordings_end_is_silent_and_lost_only_up_to_the_declared_end(audio_dir: Path) -> None:
    path = audio_dir / "scikit-maad" / "spinetail.wav"
    actual_s = soundfile.info(path).duration
    audio = load_audio(path, 30.0, 40.0, [BIRDNET], duration_s=35.0)
    assert not audio.waveforms[BIRDNET].any()
    reason = f"the audio ends at {actual_s:.1f} s, the header claims 35.0 s"
    assert audio.lost == (LostStretch(30.0, 35.0, reason),)
