"""Real sound, written in every format that the service reads."""

import struct
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from dawn_chorus.inference.waveforms.loading import WaveformFormat, load_audio

Samples = NDArray[np.float32]

SECONDS = 20


def real_sound(audio_dir: Path) -> tuple[Samples, int]:
    """Return (n_samples,) of a loud song, and its sample rate."""
    samples, rate_hz = soundfile.read(audio_dir / "scikit-maad" / "spinetail.wav", dtype="float32")
    return np.tile(samples, 2)[: SECONDS * rate_hz], rate_hz


def stereo(samples: Samples) -> Samples:
    """Return (n_samples, 2); the channels differ in level and time."""
    return np.stack([samples, 0.5 * np.roll(samples, 1000)], axis=1)


def write_sound(path: Path, samples: Samples, rate_hz: int, container: str = "", coding: str = "") -> Path:
    """Write with libsndfile, in blocks: it overflows its stack on a very long Ogg Vorbis file."""
    container = container or path.suffix[1:].upper()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(path, "w", rate_hz, channels, coding or None, format=container) as sound:
        for start in range(0, len(samples), 65536):
            sound.write(samples[start : start + 65536])
    return path


def write_with_ffmpeg(path: Path, samples: Samples, rate_hz: int, container: str, coding: str) -> Path:
    """Write stereo with FFmpeg."""
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(coding, rate=rate_hz, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 128_000
        resampler = av.AudioResampler(stream.format.name, "stereo", rate_hz)
        fifo = av.AudioFifo()
        for start in range(0, len(samples), 65536):
            planes = np.ascontiguousarray(samples[start : start + 65536].T)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = rate_hz, start
            for converted in resampler.resample(frame):
                fifo.write(converted)
        stream.codec_context.open()
        for number, frame in enumerate(fifo.read_many(stream.frame_size or 4096, partial=True)):
            frame.pts, frame.time_base = number * (stream.frame_size or 4096), Fraction(1, rate_hz)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def remux(path: Path, into: Path, container: str, **options: str) -> Path:
    """Write the packets of a file into another container, undecoded."""
    with av.open(str(path)) as source, av.open(str(into), "w", format=container, options=options) as output:
        track = source.streams.audio[0]
        copy = output.add_stream_from_template(track)
        for packet in source.demux(track):
            if packet.dts is not None:
                packet.stream = copy
                output.mux(packet)
    return into


Writer = Callable[[Path, Samples, int], Path]

WRITERS: dict[str, Writer] = {
    "pcm_16.wav": write_sound,
    "pcm_u8.wav": partial(write_sound, coding="PCM_U8"),
    "pcm_24.wav": partial(write_sound, coding="PCM_24"),
    "pcm_32.wav": partial(write_sound, coding="PCM_32"),
    "float.wav": partial(write_sound, coding="FLOAT"),
    "double.wav": partial(write_sound, coding="DOUBLE"),
    "ima_adpcm.wav": partial(write_sound, coding="IMA_ADPCM"),
    "rf64.wav": partial(write_sound, container="RF64"),
    "pcm_16.flac": write_sound,
    "pcm_24.flac": partial(write_sound, coding="PCM_24"),
    "pcm_24.aiff": partial(write_sound, coding="PCM_24"),
    "pcm_16.caf": write_sound,
    "vorbis.ogg": write_sound,
    "opus.opus": partial(write_sound, container="OGG", coding="OPUS"),
    "mp3.mp3": write_sound,
    "aac.m4a": partial(write_with_ffmpeg, container="ipod", coding="aac"),
    "alac.m4a": partial(write_with_ffmpeg, container="ipod", coding="alac"),
    "adts.aac": partial(write_with_ffmpeg, container="adts", coding="aac"),
    "opus.webm": partial(write_with_ffmpeg, container="webm", coding="libopus"),
    "wma.wma": partial(write_with_ffmpeg, container="asf", coding="wmav2"),
}
LOSSLESS = {"pcm_16", "pcm_24", "pcm_32", "float", "double", "rf64", "alac"}


def write_as(name: str, folder: Path, samples: Samples, rate_hz: int) -> Path:
    """Write stereo in the format of that name; Opus, which has no 44.1 kHz, is written faster, at 48 kHz."""
    return WRITERS[name](folder / name, stereo(samples), 48000 if name.startswith("opus") else rate_hz)


def own_rate(path: Path, rate_hz: int, start_s: float, end_s: float, duration_s: float) -> Samples:
    """Return the stretch without resampling."""
    wanted = WaveformFormat(rate_hz, "soxr_hq")
    return load_audio(path, start_s, end_s, [wanted], duration_s=duration_s).waveforms[wanted]


def find_data_chunk(wav: bytes) -> tuple[int, int]:
    """Return the position of the data chunk's size, and the size."""
    at = wav.index(b"data") + 4
    return at, struct.unpack("<I", wav[at : at + 4])[0]


def declare_data_bytes(path: Path, size: int) -> Path:
    """Write another data size into the header of a WAV."""
    wav = bytearray(path.read_bytes())
    at, _ = find_data_chunk(bytes(wav))
    wav[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(wav)
    return path


def declare_flac_samples(path: Path, n_samples: int) -> Path:
    """Write another number of samples into the header of a FLAC."""
    flac = bytearray(path.read_bytes())
    fields = int.from_bytes(flac[18:26], "big")
    flac[18:26] = ((fields >> 36 << 36) | n_samples).to_bytes(8, "big")
    path.write_bytes(flac)
    return path


def truncate(path: Path, share: float) -> Path:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def damage(path: Path, share: float, n_bytes: int) -> Path:
    """Overwrite `n_bytes` with noise, from `share` of the file on."""
    whole = bytearray(path.read_bytes())
    at = int(len(whole) * share)
    whole[at : at + n_bytes] = np.random.default_rng(7).bytes(n_bytes)
    path.write_bytes(whole)
    return path


def ogg_pages(ogg: bytes) -> list[tuple[int, int]]:
    """Return [start, end) of the pages of an intact Ogg file."""
    pages, at = [], 0
    while at < len(ogg):
        segments = ogg[at + 26]
        end = at + 27 + segments + sum(ogg[at + 27 : at + 27 + segments])
        pages.append((at, end))
        at = end
    return pages


def mend_checksums(path: Path) -> Path:
    """Write the right checksum into every page of an Ogg file that was changed by hand."""
    ogg = bytearray(path.read_bytes())
    for start, end in ogg_pages(bytes(ogg)):
        ogg[start + 22 : start + 26] = bytes(4)
        checksum = 0
        for byte in ogg[start:end]:
            checksum = (checksum << 8 & 0xFFFFFFFF) ^ OGG_CRC[checksum >> 24 ^ byte]
        ogg[start + 22 : start + 26] = checksum.to_bytes(4, "little")
    path.write_bytes(ogg)
    return path


def _ogg_crc(number: int) -> int:
    value = number << 24
    for _ in range(8):
        value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value


OGG_CRC = [_ogg_crc(number) for number in range(256)]
