"""Recordings that differ in their bytes and not in their sound: what comes of each is known before the faults begin."""

import hashlib
import io
import struct
from dataclasses import dataclass
from uuid import uuid4

import soundfile

from tests.end_to_end.recordings import RATE_HZ, make_tone

_LENGTHS_S = (6.0, 13.0, 21.5, 34.0, 55.0)
_TONES_HZ = (500.0, 1000.0, 2000.0, 4000.0)


@dataclass(frozen=True)
class Sound:
    """A recording's content: one of a few sounds, and a note that nobody else has."""

    number: int
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def _base(number: int) -> bytes:
    length_s = _LENGTHS_S[number]
    samples = make_tone(length_s, tone_hz=_TONES_HZ[number % 4], onset_s=1.0 + number / 2, offset_s=0.8 * length_s)
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


_BASES = tuple(_base(number) for number in range(len(_LENGTHS_S)))
N_SOUNDS = len(_BASES)


def make_sound(number: int) -> Sound:
    """Return a sound with a note after it, in a chunk of its own that readers skip."""
    note = uuid4().bytes
    grown = bytearray(_BASES[number] + b"note" + struct.pack("<I", len(note)) + note)
    grown[4:8] = struct.pack("<I", len(grown) - 8)
    return Sound(number, bytes(grown))


def spoil(sound: Sound) -> bytes:
    """Return bytes that are no recording, and that nobody else has."""
    return b"Dear diary, today I heard a robin. " + sound.content[-16:].hex().encode()
