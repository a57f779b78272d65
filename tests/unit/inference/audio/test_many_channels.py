"""More channels than eight, in formats that keep each channel in a plane of its own."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.plane import AudioPlane

from dawn_chorus.inference.audio.probe import measure_duration_s, probe_audio
from dawn_chorus.inference.waveforms.loading import WaveformFormat, load_audio
from tests.unit.inference.audio_files import Samples, remux, write_sound

RATE_HZ = 16000
LAYOUTS = {2: "stereo", 6: "5.1", 8: "7.1", 16: "hexadecagonal", 24: "22.2"}


def tones(channels: int) -> Samples:
    """Return (n_samples, n_channels): one tone, the channels at levels whose mean is 0.25."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(4 * RATE_HZ) / RATE_HZ)
    return (tone[:, None] * np.linspace(0.1, 0.4, channels)).astype(np.float32)


def write_wavpack(path: Path, sound: Samples) -> Path:
    """Write planes by hand: PyAV writes at most seven."""
    channels = sound.shape[1]
    with av.open(str(path), "w") as output:
        stream = output.add_stream("wavpack", rate=RATE_HZ, layout=LAYOUTS[channels])
        assert isinstance(stream, av.AudioStream)
        stream.format = av.AudioFormat("s16p")
        stream.codec_context.open()
        size = stream.frame_size or 4096
        for start in range(0, len(sound), size):
            part = sound[start : start + size]
            frame = av.AudioFrame(format="s16p", layout=LAYOUTS[channels], samples=len(part))
            for number in range(channels):
                AudioPlane(frame, number).update((part[:, number] * 32767).astype("<i2").tobytes())
            frame.sample_rate, frame.pts = RATE_HZ, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def write_vorbis_in_matroska(path: Path, sound: Samples) -> Path:
    return remux(write_sound(path.with_suffix(".ogg"), sound, RATE_HZ), path, "matroska")


def write_aac(path: Path, sound: Samples) -> Path:
    with av.open(str(path), "w", format="ipod") as output:
        stream = output.add_stream("aac", rate=RATE_HZ, layout="7.1")
        assert isinstance(stream, av.AudioStream)
        for start in range(0, len(sound) - 1023, 1024):
            frame = av.AudioFrame(format="fltp", layout="7.1", samples=1024)
            for number in range(sound.shape[1]):
                AudioPlane(frame, number).update(sound[start : start + 1024, number].tobytes())
            frame.sample_rate, frame.pts = RATE_HZ, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "channels", "write"),
    [
        ("w.wv", 2, write_wavpack),
        ("w.wv", 8, write_wavpack),
        ("w.wv", 16, write_wavpack),
        ("w.wv", 24, write_wavpack),
        ("v.mka", 6, write_vorbis_in_matroska),
        ("v.mka", 16, write_vorbis_in_matroska),
        ("v.mka", 255, write_vorbis_in_matroska),
        ("a.m4a", 8, write_aac),
        ("v.ogg", 16, lambda path, sound: write_sound(path, sound, RATE_HZ)),
        ("w.wav", 16, lambda path, sound: write_sound(path, sound, RATE_HZ)),
        ("c.caf", 16, lambda path, sound: write_sound(path, sound, RATE_HZ)),
        ("f.aiff", 16, lambda path, sound: write_sound(path, sound, RATE_HZ)),
    ],
)
def test_many_channels_are_read_and_averaged(
    tmp_path: Path, name: str, channels: int, write: Callable[[Path, Samples], Path]
) -> None:
    path = write(tmp_path / name, tones(channels))
    facts = probe_audio(path)
    assert facts.channels == channels
    assert facts.duration_s == pytest.approx(4.0, abs=0.05)
    assert measure_duration_s(path) == pytest.approx(4.0, abs=0.05)
    wanted = WaveformFormat(RATE_HZ, "soxr_hq")
    waveform = load_audio(path, 1.0, 3.0, [wanted], duration_s=facts.duration_s).waveforms[wanted]
    assert np.sqrt(2 * np.mean(waveform**2)) == pytest.approx(0.25, rel=0.15)  # AAC cuts the bass channel
    assert np.abs(np.fft.rfft(waveform)).argmax() == 2000
