"""Audio files of every format, and what a failing card, a cut line or somebody hostile makes of them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from tests.unit.inference.audio_files import WRITERS, Writer, real_sound, stereo, write_sound, write_with_ffmpeg

SECONDS = 6
HEADER_BYTES = 256
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
FORMATS: dict[str, Writer] = WRITERS | {
    "pcm_16.w64": partial(write_sound, container="W64"),
    "pcm_16.au": write_sound,
    "flac.ogg": partial(write_with_ffmpeg, container="ogg", coding="flac"),
    "aac.mp4": partial(write_with_ffmpeg, container="mp4", coding="aac"),
    "flac.mka": partial(write_with_ffmpeg, container="matroska", coding="flac"),
}


def write_originals(folder: Path, audio_dir: Path) -> dict[str, bytes]:
    """Return some seconds of a loud song, by the name of the format that it is written in."""
    samples, rate_hz = real_sound(audio_dir)
    sound = stereo(samples)[: SECONDS * rate_hz]
    written = {
        name: writer(folder / name, sound, 48000 if "opus" in name else rate_hz) for name, writer in FORMATS.items()
    }
    return {name: path.read_bytes() for name, path in written.items()}


def flip_bytes(content: bytes, _other: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 8, 64, 1024))):
        changed[random.randrange(len(changed))] ^= random.randrange(1, 256)
    return bytes(changed)


def flip_header_bits(content: bytes, _other: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.randint(1, 6)):
        changed[random.randrange(min(HEADER_BYTES, len(changed)))] ^= 1 << random.randrange(8)
    return bytes(changed)


def write_extreme(content: bytes, _other: bytes, random: Random) -> bytes:
    """Put a number at its limits where a header may have a field, in either order of bytes."""
    changed, width = bytearray(content), random.choice((1, 2, 4, 8))
    at = random.randrange(min(HEADER_BYTES, len(changed)) - width)
    number = random.choice([each for each in EXTREMES if each < 2 ** (8 * width)])
    changed[at : at + width] = number.to_bytes(width, random.choice(("little", "big")))
    return bytes(changed)


def cut_off(content: bytes, _other: bytes, random: Random) -> bytes:
    return content[: random.choice((random.randrange(len(content)), random.randrange(HEADER_BYTES)))]


def drop_chunk(content: bytes, _other: bytes, random: Random) -> bytes:
    start, end = _stretch(content, random)
    return content[:start] + content[end:]


def duplicate_chunk(content: bytes, _other: bytes, random: Random) -> bytes:
    start, end = _stretch(content, random)
    return content[:end] + content[start:end] * random.choice((1, 3)) + content[end:]


def swap_halves(content: bytes, _other: bytes, random: Random) -> bytes:
    start, end = _stretch(content, random)
    middle = random.randint(start, end)
    return content[:start] + content[middle:end] + content[start:middle] + content[end:]


def blank_chunk(content: bytes, _other: bytes, random: Random) -> bytes:
    start, end = _stretch(content, random)
    return content[:start] + bytes([random.choice((0, 255))]) * (end - start) + content[end:]


def splice(content: bytes, other: bytes, random: Random) -> bytes:
    """Begin as one file and go on as another."""
    return content[: random.randrange(1, len(content))] + other[random.randrange(len(other)) :]


def append_other(content: bytes, other: bytes, _random: Random) -> bytes:
    return content + other


Mutation = Callable[[bytes, bytes, Random], bytes]
MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes, flip_header_bits, write_extreme, cut_off, drop_chunk, duplicate_chunk, swap_halves, blank_chunk, splice,
    append_other,
)  # fmt: skip


def mutate(originals: dict[str, bytes], number: int, seed: int) -> tuple[str, bytes]:
    """Return the name and the bytes of one mutated file; formats and mutations take turns, the seed does the rest."""
    random = Random(f"{seed}/{number}")
    names = sorted(originals)
    name = names[number % len(names)]
    mutation = MUTATIONS[(number // len(names) + number) % len(MUTATIONS)]
    content = mutation(originals[name], originals[random.choice(names)], random)
    return f"{seed}-{number}-{mutation.__name__}-{name}", content


def _stretch(content: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(content))
    return start, min(len(content), start + random.choice((1, 16, 512, 4096, 65536)))
