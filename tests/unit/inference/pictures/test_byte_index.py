"""An index of bytes leads to the same samples as decoding from the start, or there is none."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dawn_chorus.domain.recording import ByteIndex
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.pictures.byte_index import build_index, read_by_index
from tests.unit.inference.audio_files import Samples, damage, real_sound, truncate
from tests.unit.inference.lent_files import facts_of, lent_file

TOLERANCE = 1e-4
"""Two decoders of MP3 round differently."""


def encode(path: Path, samples: Samples, rate_hz: int, codec: str, layout: str = "mono", **options: str) -> Path:
    """Write with FFmpeg, after resampling; `write_xing` is the muxer's, the others are the encoder's options."""
    container = {"libmp3lame": "mp3", "aac": "adts"}[codec]
    muxing: dict[str, str] = {name: options.pop(name) for name in ("write_xing", "id3v2_version") if name in options}
    with av.open(str(path), "w", format=container, options=muxing) as output:
        stream = output.add_stream(codec, rate=rate_hz, layout=layout, options=options)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = int(options.get("b", 64_000))
        output.metadata["title"] = "dawn" * 100
        resampler = av.AudioResampler(stream.format.name, layout, rate_hz)
        fifo = av.AudioFifo()
        planes = np.stack([samples, samples[::-1]]) if layout == "stereo" else samples[np.newaxis]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(planes), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = 44100, 0
        for converted in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(converted)
        stream.codec_context.open()
        size = stream.frame_size
        for number, part in enumerate(fifo.read_many(size, partial=True)):
            part.pts, part.time_base = number * size, Fraction(1, rate_hz)
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return path


@pytest.fixture
def sound(audio_dir: Path) -> Samples:
    samples, rate_hz = real_sound(audio_dir)
    assert rate_hz == 44100
    return np.tile(samples, 2)[: 27 * rate_hz]


def file_of(path: Path) -> FileBytes:
    return FileBytes(AudioFile.at(path))


def stretches(path: Path) -> Iterator[tuple[int, int, Samples]]:
    """Yield stretches of a file, as the usual reader reads them."""
    with open_source(path) as source:
        n_samples, rate_hz = source.length(), source.sample_rate_hz
        for first in (0, 1, rate_hz // 3, 10 * rate_hz - 5, 21 * rate_hz + 7):
            if first >= n_samples:
                return
            end = min(n_samples, first + rate_hz)
            yield first, end, np.concatenate([piece.samples for piece in source.read_pieces(first, end)])


def assert_leads(path: Path, index: ByteIndex) -> None:
    file = file_of(path)
    for first, end, usual in stretches(path):
        for known in (index, index.around(first, end)):
            piece = read_by_index(file, known, first, first + len(usual))
            assert piece is not None
            assert piece.first == first
            np.testing.assert_allclose(piece.samples, usual, atol=TOLERANCE, err_msg=str((first, end)))


MP3S = {
    "constant": (44100, "mono", {"b": "64000"}),
    "constant, 320 kbit/s, stereo": (48000, "stereo", {"b": "320000"}),
    "no bit reservoir": (44100, "mono", {"reservoir": "0"}),
    "variable": (44100, "stereo", {"qscale:a": "4", "flags": "+qscale", "global_quality": "472"}),
    "joint stereo": (32000, "stereo", {"joint_stereo": "1"}),
    "no header of its own": (44100, "mono", {"write_xing": "0"}),
    "old tags": (44100, "mono", {"id3v2_version": "3"}),
    "MPEG-2": (22050, "mono", {"b": "32000"}),
    "MPEG-2, stereo, no header of its own": (24000, "stereo", {"write_xing": "0"}),
    "MPEG-2.5": (8000, "mono", {"b": "16000"}),
}


@pytest.mark.parametrize("kind", MP3S)
def test_mp3_is_read_from_the_middle(tmp_path: Path, sound: Samples, kind: str) -> None:
    rate_hz, layout, options = MP3S[kind]
    path = encode(tmp_path / "sound.mp3", sound, rate_hz, "libmp3lame", layout, **options)
    index = build_index(file_of(path))
    assert index is not None
    assert index.frame_samples == (1152 if rate_hz >= 32000 else 576)
    assert len(index.positions) <= 5
    assert_leads(path, index)


def test_mp3_with_a_picture_before_the_sound_is_read_from_the_middle(tmp_path: Path, sound: Samples) -> None:
    path = encode(tmp_path / "sound.mp3", sound, 44100, "libmp3lame", id3v2_version="0")
    size = 300_000
    frame = b"APIC" + size.to_bytes(4, "big") + bytes(2) + b"\x00image/jpeg\x00\x03\x00\xff\xd8\xff\xfb\x90\xc4" * 2
    frame += bytes(size + 10 - len(frame))
    length = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\x00\x00" + length + frame + path.read_bytes() + b"TAG" + bytes(125))
    index = build_index(file_of(path))
    assert index is not None
    assert index.positions[0] > size
    assert_leads(path, index)


@pytest.mark.parametrize(("rate_hz", "layout"), [(44100, "mono"), (48000, "stereo"), (16000, "mono")])
def test_raw_aac_is_read_from_the_middle(tmp_path: Path, sound: Samples, rate_hz: int, layout: str) -> None:
    path = encode(tmp_path / "sound.aac", sound, rate_hz, "aac", layout, aac_pns="0")
    index = build_index(file_of(path))
    assert index is not None
    assert_leads(path, index)


def test_the_mp3s_of_others_are_read_from_the_middle(audio_dir: Path) -> None:
    paths = sorted(audio_dir.glob("*/*.mp3"))[::12]
    indexed = {path: build_index(file_of(path)) for path in paths}
    assert sum(index is not None for index in indexed.values()) > 0.8 * len(paths)
    for path, index in indexed.items():
        if index is not None:
            with open_source(path) as source:
                first = source.length() // 2
                end = min(source.length(), first + source.sample_rate_hz)
                usual = np.concatenate([piece.samples for piece in source.read_pieces(first, end)])
            piece = read_by_index(file_of(path), index, first, end)
            assert piece is not None
            np.testing.assert_allclose(piece.samples, usual, atol=TOLERANCE, err_msg=path.name)


def test_the_end_is_no_loss_though_only_frames_were_counted(tmp_path: Path, sound: Samples) -> None:
    path = encode(tmp_path / "sound.mp3", sound, 24000, "libmp3lame", "stereo", write_xing="0")
    known = facts_of(path)
    assert "index" in known
    with lent_file(path, known) as opened:
        stretch = opened.read(opened.n_samples - 24000, opened.n_samples)
    assert not stretch.lost
    assert np.abs(stretch.samples[:, :10_000]).max() > 0.001


def test_where_an_index_would_mislead_there_is_none(tmp_path: Path, sound: Samples) -> None:
    path = encode(tmp_path / "sound.mp3", sound, 44100, "libmp3lame")
    whole = path.read_bytes()
    damage(path, 0.5, 3000)
    assert build_index(file_of(path)) is None
    other = encode(tmp_path / "other.mp3", sound, 48000, "libmp3lame", write_xing="0").read_bytes()
    path.write_bytes(whole + other)
    assert build_index(file_of(path)) is None
    path.write_bytes(whole[: len(whole) // 2] + whole[len(whole) // 2 + 777 :])
    assert build_index(file_of(path)) is None


def test_a_cut_mp3_is_right_as_far_as_it_goes_or_has_no_index(tmp_path: Path, sound: Samples) -> None:
    path = truncate(encode(tmp_path / "sound.mp3", sound, 44100, "libmp3lame", write_xing="0"), 0.6)
    index = build_index(file_of(path))
    if index is not None:
        assert_leads(path, index)


def test_an_index_of_other_bytes_is_noticed(tmp_path: Path, sound: Samples) -> None:
    path = encode(tmp_path / "sound.mp3", sound, 44100, "libmp3lame")
    index = build_index(file_of(path))
    assert index is not None
    other = encode(tmp_path / "other.mp3", sound, 44100, "libmp3lame", b="96000")
    assert read_by_index(file_of(other), index, 15 * 44100, 16 * 44100) is None
