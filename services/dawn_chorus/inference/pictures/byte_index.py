"""Where in an MP3 or a raw AAC which frame begins: neither format says, and decoders read such files from the start.

A file is demuxed once, without decoding. Then any stretch is one range of it: its frames, and some before them, for a
frame of MP3 uses bytes of earlier ones.
"""

from collections.abc import Iterator
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from dawn_chorus.domain.recording import LEAD_FRAMES, ByteIndex
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.ffmpeg_reader import as_float, demux_packets, open_track
from dawn_chorus.inference.audio.opening import choose_source
from dawn_chorus.inference.audio.reader import Piece, Samples
from dawn_chorus.inference.audio.source import SLACK_S

STEP_S, MOST_ENTRIES = 10.0, 20_000
CODECS = {"mp3": "mp3float", "aac": "aac"}
"""The decoder of each container; both parse raw frames."""
CHECKED_S, TOLERANCE = 1.0, 1e-3
"""An index is only kept if the recording's beginning, read by it, is what the usual reader reads."""


def build_index(file: FileBytes) -> ByteIndex | None:
    """Return the index of an MP3 or raw AAC; None where frames are damaged or differ, so that it would mislead.

    Raises NotAudio or UndecodableAudio, and TransientError if the file could not be read.
    """
    with file.file.checked():
        return _build_checked(file)


def _build_checked(file: FileBytes) -> ByteIndex | None:
    container, stream = open_track(file)
    with container:
        codec, rate_hz = CODECS.get(container.format.name), stream.codec_context.sample_rate
        starts, end = _frame_starts(demux_packets(container, stream))
        start_time = stream.start_time or 0
        skipped = round(start_time * stream.time_base * rate_hz) if stream.time_base else 0
    frame_samples = stream.codec_context.frame_size
    if codec is None or not starts or not frame_samples:
        return None
    step = max(1, round(STEP_S * rate_hz / frame_samples), -(-len(starts) // MOST_ENTRIES))
    index = ByteIndex(codec, frame_samples, skipped, len(starts), step, (*starts[::step], end))
    return index if _agrees(file, index) else None


def _frame_starts(packets: "Iterator[av.packet.Packet[av.audio.stream.AudioStream]]") -> tuple[list[int], int]:
    """Return where the frames begin, and the end of the last; nothing unless they touch and are of one kind."""
    starts: list[int] = []
    end, kind = -1, b""
    for packet in packets:
        if not packet.size:
            continue
        head = memoryview(packet)[:4]
        # Version, layer or profile, sample rate, and for MP3 the channels; what varies from frame to frame is masked.
        now = bytes((head[1] & 0xFE, head[2] & 0x0C, head[3] & 0xC0 if head[3] & 0xC0 == 0xC0 else 0))
        if packet.pos is None or (starts and (packet.pos != end or now != kind)):
            return [], -1
        starts.append(packet.pos)
        end, kind = packet.pos + packet.size, now
    return starts, end


def _agrees(file: FileBytes, index: ByteIndex) -> bool:
    source = choose_source(file.file)
    try:
        length = source.length()
        rate_hz = source.sample_rate_hz
        end = min(length, round(CHECKED_S * rate_hz))
        usual = np.concatenate([piece.samples for piece in source.read_pieces(0, end)])
        by_index = read_by_index(file, index, 0, end)
    finally:
        source.close()
    if by_index is None or usual.shape != by_index.samples.shape:
        return False
    is_as_long = abs(index.n_samples - length) <= SLACK_S * rate_hz  # without a header of its own, that is estimated
    return is_as_long and bool(np.allclose(usual, by_index.samples, atol=TOLERANCE))


def read_by_index(file: FileBytes, index: ByteIndex, first: int, end: int) -> Piece | None:
    """Return samples [first, end) of a recording, of which there may be fewer; None if the index does not fit it."""
    frame, end_frame = index.first_frame(first), index.end_frame(end)
    entry, end_entry = index.entries(first, end)
    at, end_at = entry - index.first_entry, end_entry - index.first_entry
    if at < 0 or frame >= end_frame or end_at >= len(index.positions):
        return None
    with file.cut((index.positions[at], index.positions[end_at])).open() as opened:
        content = opened.read()
    before = entry * index.step
    frames = min(index.frames, end_entry * index.step) - before
    decoded = _decode(content, index, frames, (frame - before, end_frame - before))
    if decoded is None:
        return None
    return Piece(frame * index.frame_samples - index.skipped, decoded).cut(first, end)


def _decode(content: bytes, index: ByteIndex, frames: int, wanted: tuple[int, int]) -> Samples | None:
    """Return the samples of some of the frames that the bytes consist of, (n_samples, n_channels)."""
    decoder = cast("AudioCodecContext", AudioCodecContext.create(index.codec, "r"))
    packets = [packet for part in (content, None) for packet in decoder.parse(part) if packet.size]
    if len(packets) != frames:
        return None
    decoded: list[Samples] = []
    for number in range(*wanted):
        try:
            made = decoder.decode(packets[number])
        except av.FFmpegError:
            made = []
        if len(made) != 1 or made[0].samples != index.frame_samples:
            if number - wanted[0] >= LEAD_FRAMES - 2:
                return None
            made = []
        decoded.append(as_float(made[0]) if made else np.zeros((index.frame_samples, 0), np.float32))
    channels = decoded[-1].shape[1]
    if any(part.shape[1] not in (0, channels) for part in decoded):
        return None
    return np.concatenate([_with_channels(part, channels) for part in decoded])


def _with_channels(part: Samples, channels: int) -> Samples:
    return part if part.shape[1] else np.zeros((len(part), channels), np.float32)
