"""Tags in any encoding, cut anywhere: they are nobody's business, the sound is read."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from dawn_chorus.inference.audio.probe import measure_duration_s, probe_audio
from dawn_chorus.inference.waveforms.loading import WaveformFormat, load_audio
from tests.unit.inference.audio_files import find_data_chunk, mend_checksums, real_sound, write_as

TITLE = b"Moenchsgrasmueck"
LATIN_1 = b"M\xf6nchsgrasm\xfccke!"
CUT = b"Moenchsgrasmue\xc3!"


def with_tags(path: Path) -> Path:
    """Write the file again, with tags."""
    tagged = path.with_name("tagged" + path.suffix)
    form = {".m4a": "ipod", ".mka": "matroska", ".ogg": "ogg", ".opus": "ogg", ".webm": "webm"}
    with av.open(str(path)) as source, av.open(str(tagged), "w", format=form.get(path.suffix)) as output:
        track = source.streams.audio[0]
        copy = output.add_stream_from_template(track)
        for name in ("title", "artist", "comment"):
            output.metadata[name] = TITLE.decode()
            copy.metadata[name] = TITLE.decode()
        for packet in source.demux(track):
            if packet.dts is not None:
                packet.stream = copy
                output.mux(packet)
    return tagged


def id3v1(path: Path) -> Path:
    path.write_bytes(path.read_bytes() + b"TAG" + 3 * TITLE.ljust(30, b"\0") + b"2024" + bytes(30) + b"\xff")
    return path


def id3v2(path: Path) -> Path:
    text = b"\x03" + TITLE  # 3: says that it is UTF-8
    frame = b"TIT2" + len(text).to_bytes(4, "big") + b"\0\0" + text
    path.write_bytes(b"ID3\x04\0\0" + len(frame).to_bytes(4, "big") + frame + path.read_bytes())
    return path


def wav_info(path: Path) -> Path:
    wav = path.read_bytes()
    at, _ = find_data_chunk(wav)
    info = b"INFOIART" + len(TITLE).to_bytes(4, "little") + TITLE
    path.write_bytes(wav[: at - 4] + b"LIST" + len(info).to_bytes(4, "little") + info + wav[at - 4 :])
    return path


@pytest.mark.parametrize("tag", [LATIN_1, CUT], ids=["latin-1", "cut"])
@pytest.mark.parametrize(
    ("name", "write_tags"),
    [
        ("mp3.mp3", id3v1),
        ("mp3.mp3", id3v2),
        ("mp3.mp3", with_tags),
        ("pcm_16.wav", wav_info),
        ("ima_adpcm.wav", wav_info),
        ("rf64.wav", wav_info),
        ("aac.m4a", with_tags),
        ("alac.m4a", with_tags),
        ("pcm_16.flac", with_tags),
        ("opus.webm", with_tags),
        ("opus.opus", with_tags),
        ("adts.aac", id3v1),
        ("adts.aac", id3v2),
        ("wma.wma", with_tags),
    ],
)
def test_tags_in_no_valid_encoding_do_not_matter(
    audio_dir: Path, tmp_path: Path, name: str, write_tags: Callable[[Path], Path], tag: bytes
) -> None:
    path = write_tags(write_as(name, tmp_path, *real_sound(audio_dir)))
    wrong = path.with_name("wrong" + path.suffix)
    wrong.write_bytes(path.read_bytes().replace(TITLE, tag))
    if path.suffix == ".opus":
        mend_checksums(wrong)
    facts = probe_audio(path)
    assert name == "wma.wma" or tag in wrong.read_bytes()
    assert probe_audio(wrong) == facts
    assert measure_duration_s(wrong) == measure_duration_s(path)
    wanted = WaveformFormat(facts.sample_rate_hz, "soxr_hq")
    right, read = (load_audio(one, 0.0, 20.0, [wanted], duration_s=facts.duration_s) for one in (path, wrong))
    assert read.lost == right.lost
    np.testing.assert_array_equal(read.waveforms[wanted], right.waveforms[wanted])
    assert np.abs(read.waveforms[wanted]).max() > 0.1
