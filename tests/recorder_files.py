"""WAV files as recorders write them: real sound, with the chunks that hold clock, place and battery."""

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 44_100
COMMENT = (
    "Recorded at {clock} (UTC{zone}) by AudioMoth 24F319055FDF2902 at medium gain while battery was 4.1V "
    "and temperature was 11.8C."
)


def real_pcm(audio_dir: Path, seconds: float = 6.0, *, shift_s: float = 0.0) -> bytes:
    """Return 16-bit samples of a loud song; `shift_s` rolls them, so that files differ."""
    samples, rate_hz = soundfile.read(audio_dir / "scikit-maad" / "spinetail.wav", dtype="int16")
    assert rate_hz == RATE_HZ
    return bytes(np.roll(samples, round(shift_s * RATE_HZ))[: round(seconds * RATE_HZ)].tobytes())


def chunk(name: bytes, body: bytes, *, padded: bool = True) -> bytes:
    return name + struct.pack("<I", len(body)) + body + (b"\0" if padded and len(body) % 2 else b"")


def info(comment: str | bytes, artist: str | None = "AudioMoth 24F319055FDF2902", *, padded: bool = True) -> bytes:
    """Return the chunk LIST that holds AudioMoth's comment."""
    text = comment.encode() if isinstance(comment, str) else comment
    entries = chunk(b"ICMT", text, padded=padded) + (chunk(b"IART", artist.encode()) if artist else b"")
    return chunk(b"LIST", b"INFO" + entries, padded=padded)


def guano(*lines: str) -> bytes:
    return chunk(b"guan", "\n".join(["GUANO|Version: 1.0", *lines]).encode())


def bext(date: str, time: str, originator: str = "ZOOM F3") -> bytes:
    body = bytes(256) + originator.encode().ljust(32, b"\0") + bytes(32) + date.encode() + time.encode()
    return chunk(b"bext", body.ljust(602, b"\0"))


def wav(pcm: bytes, before: Iterable[bytes] = (), after: Iterable[bytes] = (), *, rf64: bool = False) -> bytes:
    """Return a WAV file with chunks before and after its samples."""
    layout = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16))
    sizes = chunk(b"ds64", struct.pack("<QQQI", 0, len(pcm), len(pcm) // 2, 0)) if rf64 else b""
    data = (b"data" + b"\xff" * 4 + pcm) if rf64 else chunk(b"data", pcm)
    body = b"WAVE" + sizes + layout + b"".join(before) + data + b"".join(after)
    return (b"RF64" + b"\xff" * 4 if rf64 else b"RIFF" + struct.pack("<I", len(body))) + body


def audiomoth_comment(clock: str, zone: str = "") -> str:
    """Return the comment of firmware 1.8: `clock` as `04:30:00 04/05/2024`, `zone` as `+5:45`."""
    return COMMENT.format(clock=clock, zone=zone)


def with_tone(pcm: bytes, tone_hz: int, onset_s: float, offset_s: float) -> bytes:
    """Return the samples with a loud sine in them, for packs that hear sines."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float64) * 0.01
    time_s = np.arange(len(samples)) / RATE_HZ
    on = (time_s >= onset_s) & (time_s < offset_s)
    return bytes((samples + on * 6000 * np.sin(2 * np.pi * tone_hz * time_s)).astype(np.int16).tobytes())


def write_card(folder: Path, pcm: bytes, *, files: int = 24) -> Path:
    """Write the card of three recorders, a file each half hour from midnight on 4 May 2024.

    `MOTH` has AudioMoth's comment, `GUANO` a Song Meter's GUANO with its place, `NAMES` nothing but names. Their sounds
    are the same to the millisecond, their bytes are not.
    """
    for number in range(files):
        hour, minute = divmod(number * 30, 60)
        sound = pcm[2 * number :] + pcm[: 2 * number]
        clock = f"{hour:02}:{minute:02}:00"
        moth = wav(sound, [info(audiomoth_comment(f"{clock} 04/05/2024", "+2"))])
        meter = wav(sound, after=[guano(f"Timestamp: 2024-05-04T{clock}+02:00", "Loc Position: 52.37 4.9")])
        name = f"20240504_{hour:02}{minute:02}00.wav"
        for recorder, content in (("MOTH", moth), ("GUANO", meter), ("NAMES", wav(sound))):
            path = folder / recorder / (f"AM{number:03}.WAV" if recorder == "MOTH" else f"SM4_{name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder
