"""Small files that are made to take long: to read their header, to decode them, or to hold them in memory."""

import io
import struct
from collections.abc import Iterator

import numpy as np
import soundfile

NOISE = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield a name and the bytes of a bomb of each kind."""
    flac, opus, vorbis = (
        _written(NOISE[:1000], 8000, "FLAC", "PCM_16"),
        _written(NOISE[:960], 48000, "OGG", "OPUS"),
        _written(NOISE[:1000], 8000, "OGG", "VORBIS"),
    )
    yield "channels.wav", _wav(8000, 8000, channels=1024)
    yield "odd_rate.wav", _wav(655_357 * 8, 655_357)
    yield "high_rate.wav", _wav(4_999_999, 4_999_999)
    yield "joined.wav", _wav(4, 8000) * 20_000
    yield "chunks.wav", _wav(8000, 8000)[:12] + (b"JUNK" + bytes(4)) * 200_000 + _wav(8000, 8000)[12:]
    yield "beginnings.wav", b"RIFF" + bytes(4) + b"WAVE" * 1 + (b"RIFF" + bytes(4) + b"WAVE") * 50_000
    yield "hours.wav", _claim(_wav(8000, 8000), 0x7FFFFFF0)
    yield "silence.flac", _written(np.zeros(8000 * 1800, np.int16), 8000, "FLAC", "PCM_16")
    yield "joined.flac", flac * 3000
    yield "beginnings.flac", flac + b"fLaC\0\0\0\x22" * 200_000
    yield "pictures.flac", b"fLaC\0" + flac[5:42] + (b"\x06\xff\xff\xff" + bytes((1 << 24) - 1)) * 2 + flac[42:]
    yield "links.opus", opus * 3000
    yield "links.ogg", vorbis * 1000
    yield "granules.opus", opus[:-1200] + opus[-1200:].replace(b"OggS\0\4", b"OggS\0\4" + b"\xff" * 7)
    yield "pages.ogg", vorbis + b"OggS" * 300_000
    yield "frames.aac", bytes([0xFF, 0xF1, 0x6C, 0x40, 0x00, 0xFF, 0xFC]) * 200_000
    yield "frames.mp3", (b"\xff\xe3\x18\xc4" + bytes(68)) * 50_000
    yield "tag.mp3", b"ID3\x03\0\0" + bytes([0x7F] * 4) + bytes(1 << 24)
    yield "nested.m4a", _atom(b"ftyp", b"M4A \0\0\0\0") + _nested(1000)
    yield "atoms.m4a", _atom(b"ftyp", b"M4A \0\0\0\0") + _atom(b"free", b"") * 300_000
    yield "elements.webm", b"\x1aE\xdf\xa3\x84webm\x18S\x80g\x01" + b"\xff" * 7 + b"\xec\x80" * 300_000


def _written(samples: np.ndarray, rate_hz: int, container: str, coding: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, coding, format=container)
    return file.getvalue()


def _wav(n_samples: int, rate_hz: int, *, channels: int = 1) -> bytes:
    """Return silence in 8 bits."""
    layout = struct.pack("<IHHIIHH", 16, 1, channels, rate_hz, rate_hz * channels, channels, 8)
    samples = b"\x80" * (n_samples * channels)
    return (
        b"".join(
            [
                b"RIFF",
                struct.pack("<I", 36 + len(samples)),
                b"WAVEfmt ",
                layout,
                b"data",
                struct.pack("<I", len(samples)),
            ]
        )
        + samples
    )


def _claim(wav: bytes, n_bytes: int) -> bytes:
    return wav[:40] + struct.pack("<I", n_bytes) + wav[44:]


def _atom(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def _nested(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = _atom(b"moov", body)
    return body
