"""What the first bytes of a file say of the whole: the same as the whole, or nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.errors import HeaderIncomplete, NotAudio, UndecodableAudio
from dawn_chorus.domain.recording import EarlyFacts
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.probe import probe_audio, probe_beginning
from tests.end_to_end.mutations import FORMATS
from tests.recorder_files import audiomoth_comment, chunk, guano, info, real_pcm, wav
from tests.unit.inference.audio_files import declare_data_bytes, real_sound, remux, stereo, write_sound

LENGTH_AT_END = {"vorbis.ogg", "opus.opus", "flac.ogg", "adts.aac"}
HEADER_AT_END = {"aac.m4a", "alac.m4a", "aac.mp4"}
MIB = 1 << 20


@contextmanager
def beginning_of(content: bytes, n_bytes: int, name: str = "upload") -> Iterator[AudioFile]:
    descriptor = os.memfd_create("beginning")
    try:
        here = os.write(descriptor, content[:n_bytes])
        yield AudioFile(name, here, (0, hash(content)), descriptor=descriptor)
    finally:
        os.close(descriptor)


def read_beginning(content: bytes, n_bytes: int = MIB, name: str = "upload") -> EarlyFacts:
    with beginning_of(content, n_bytes, name) as file:
        return probe_beginning(file, len(content))


@pytest.fixture(scope="module")
def files(audio_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    samples, rate_hz = real_sound(audio_dir)
    folder, sound = tmp_path_factory.mktemp("files"), stereo(np.tile(samples, 2))
    return {name: write(folder / name, sound, 48000 if "opus" in name else rate_hz) for name, write in FORMATS.items()}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_beginning_says_what_the_whole_says_or_nothing(files: dict[str, Path], name: str) -> None:
    content, whole = files[name].read_bytes(), probe_audio(files[name])
    n_bytes = min(MIB, len(content) // 2)
    if name in HEADER_AT_END:
        with pytest.raises(HeaderIncomplete):
            read_beginning(content, n_bytes, name)
        return
    facts = read_beginning(content, n_bytes, name)
    assert (facts.format, facts.sample_rate_hz, facts.channels) == (whole.format, whole.sample_rate_hz, whole.channels)
    assert facts.duration_s == (None if name in LENGTH_AT_END else whole.duration_s)


def test_m4a_made_for_streaming_has_its_header_in_front(files: dict[str, Path], tmp_path: Path) -> None:
    path = remux(files["aac.m4a"], tmp_path / "front.m4a", "ipod", movflags="faststart")
    content = path.read_bytes()
    assert read_beginning(content, len(content) // 2).duration_s == probe_audio(path).duration_s


def test_m4a_in_fragments_does_not_say_how_long_it_is(files: dict[str, Path], tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "1000000"}
    content = remux(files["aac.m4a"], tmp_path / "fragments.m4a", "mp4", **options).read_bytes()
    facts = read_beginning(content, len(content) // 2)
    assert (facts.format, facts.duration_s) == ("mp4/aac", None)


def test_webm_written_live_does_not_say_how_long_it_is(files: dict[str, Path]) -> None:
    content = files["opus.webm"].read_bytes()
    at = content.index(b"\x44\x89")
    live = content[:at] + b"\xec\x89" + content[at + 2 :]  # a void in place of the duration
    assert read_beginning(live, len(live) // 2).duration_s is None


def test_mp3_without_a_table_does_not_say_how_long_it_is(files: dict[str, Path]) -> None:
    content = files["mp3.mp3"].read_bytes()
    at = max(content.find(b"Xing"), content.find(b"Info"))
    assert 0 < at < 4096
    plain = content[:at] + bytes(200) + content[at + 200 :]
    facts = read_beginning(plain, len(plain) // 2)
    assert (facts.format, facts.duration_s) == ("mp3", None)


@pytest.mark.parametrize("declared", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_whose_size_was_never_filled_in_has_the_length_of_its_bytes(
    audio_dir: Path, tmp_path: Path, declared: int
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = declare_data_bytes(write_sound(tmp_path / "a.wav", samples, rate_hz), declared)
    assert read_beginning(path.read_bytes()).duration_s == probe_audio(path).duration_s


@pytest.mark.parametrize("share", [0.5, 1.5, 40.0])
def test_a_wav_that_declares_another_length_says_what_the_whole_says_or_nothing(
    audio_dir: Path, tmp_path: Path, share: float
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = write_sound(tmp_path / "a.wav", samples, rate_hz)
    declare_data_bytes(path, round(share * 2 * len(samples)) // 2 * 2)
    said = read_beginning(path.read_bytes()).duration_s
    assert said == (None if share < 1 else probe_audio(path).duration_s)


def test_words_behind_the_samples_are_not_sound(audio_dir: Path, tmp_path: Path) -> None:
    pcm = real_pcm(audio_dir, 20)
    content = wav(pcm, [info(audiomoth_comment("04:30:00 04/05/2024", "+2"))], [guano("Loc Position: 52.37 4.9")])
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    facts, whole = read_beginning(content), probe_audio(path)
    assert facts.duration_s == whole.duration_s
    assert facts.notes is not None
    assert whole.notes is not None
    assert facts.notes.clocks == whole.notes.clocks
    assert (facts.notes.latitude, whole.notes.latitude) == (None, 52.37)


def test_an_rf64_of_many_gigabytes_is_read_by_its_beginning(audio_dir: Path) -> None:
    pcm = real_pcm(audio_dir, 20)
    start = wav(pcm, rf64=True)
    n_bytes = 8 << 30
    header = start.replace(len(pcm).to_bytes(8, "little"), n_bytes.to_bytes(8, "little"))
    data_at = header.index(b"data") + 8
    with beginning_of(header, MIB) as file:
        facts = probe_beginning(file, data_at + n_bytes)
    assert facts.duration_s == round(n_bytes / 2 / 44_100, 6)


@pytest.mark.parametrize(("padding_bytes", "needed_bytes"), [(500_000, MIB), (2 * MIB, 3 * MIB)])
def test_padding_before_the_samples_may_be_long(
    audio_dir: Path, tmp_path: Path, padding_bytes: int, needed_bytes: int
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(real_pcm(audio_dir, 20), [chunk(b"JUNK", bytes(padding_bytes))]))
    content = path.read_bytes()
    if needed_bytes > MIB:
        with pytest.raises(HeaderIncomplete):
            read_beginning(content)
    assert read_beginning(content, needed_bytes).duration_s == probe_audio(path).duration_s


def test_a_long_picture_in_front_of_mp3_and_flac_is_waited_for(files: dict[str, Path]) -> None:
    size = 2 * MIB
    syncsafe = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    with pytest.raises(HeaderIncomplete):
        read_beginning(b"ID3\x04\x00\x00" + syncsafe + bytes(size) + files["mp3.mp3"].read_bytes())
    flac = files["pcm_16.flac"].read_bytes()
    picture = b"\x06" + size.to_bytes(3) + bytes(size)
    with pytest.raises(HeaderIncomplete):
        read_beginning(flac[:42] + picture + flac[42:])


@pytest.mark.parametrize(
    "content", [b"a field diary\n" * 200_000, b"\x89PNG\r\n\x1a\n" + bytes(2 * MIB), b"PK\x03\x04" + bytes(2 * MIB)]
)
def test_what_is_no_sound_is_refused_at_once(content: bytes) -> None:
    with pytest.raises(NotAudio):
        read_beginning(content)


def test_a_header_that_no_more_bytes_will_mend_is_refused_at_once(audio_dir: Path) -> None:
    content = wav(real_pcm(audio_dir, 20)).replace((44_100).to_bytes(4, "little"), (7).to_bytes(4, "little"), 1)
    with pytest.raises(UndecodableAudio, match="7 Hz") as refused:
        read_beginning(content)
    assert not isinstance(refused.value, HeaderIncomplete)


def test_matroska_with_flac_says_its_length(files: dict[str, Path], tmp_path: Path) -> None:
    path = remux(files["pcm_16.flac"], tmp_path / "a.mka", "matroska")
    assert read_beginning(path.read_bytes()).duration_s == probe_audio(path).duration_s
