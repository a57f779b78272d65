"""How far a claim is believed that no samples stand behind: a header's length, a gap between timestamps.

One rule for both: in proportion to what can be read. A broken transfer and a lost card leave a file that is shorter
than its header says, by a factor of some; a flipped bit, or somebody who wants to keep the workers busy, writes days.
"""

from av.audio.stream import AudioStream
from av.packet import Packet

ROUNDING_S = 0.01
"""A length that differs by less is rounding."""
BELIEVED_TIMES = 10
"""A header may claim so many times what there is, …"""
BELIEVED_MORE_S = 60.0
"""… and so much more."""


def believe_length(declared: int, available: int, sample_rate_hz: int) -> int:
    """Return the length of a file in samples, of what its header declares and what can be read.

    A claim that is much too large is a wrong header, not a loss.
    """
    excess = declared - available
    if 0 < excess < ROUNDING_S * sample_rate_hz:
        return available
    return available if is_doubted(declared / sample_rate_hz, available / sample_rate_hz) else declared


def is_doubted(declared_s: float, available_s: float) -> bool:
    """Return whether a header claims too much to be believed, in seconds of what it declares and what can be read."""
    return declared_s > BELIEVED_TIMES * available_s + BELIEVED_MORE_S


GAP_S = 10.0
"""Gaps of a file that are believed before anything is heard, in all."""
SLACK_S = 0.05
"""Timestamps are rounded; what lies further ahead is a gap."""
LONGEST_PACKET_S, USUAL_PACKET = 2.0, 4096
"""Of packets that do not say how long they are, in seconds; and the usual number of samples."""


class PacketClock:
    """Takes back gaps between the timestamps of a file's packets that are too long to be believed.

    Believed are, in all, `GAP_S`, as much as was heard so far, and twice as much as the bytes that were skipped would
    hold. Damage loses bytes; a file of some kilobytes that claims days has none to lose.
    """

    def __init__(self, sample_rate_hz: int, longest_packet: int) -> None:
        """Set how many samples a packet of this codec holds at most; some containers stretch it up to the next one."""
        self._packet_s, self._longest_s = USUAL_PACKET / sample_rate_hz, longest_packet / sample_rate_hz
        self._shift = self._heard = self._bytes = self._gaps = 0
        self._end: int | None = None
        self._is_length_known = True
        self._position, self._since = -1, 0
        """The last packet's place in the file, and the bytes of the packets that have this place."""

    def correct(self, packet: "Packet[AudioStream]") -> None:
        """Set the packet's timestamps and length to what is believed; packets come in the order of the file."""
        if packet.pts is None or not packet.time_base or not packet.size:
            return
        stamp, skipped = packet.pts - self._shift, self._skipped(packet)
        ahead = 0 if self._end is None else stamp - self._end
        ahead_s = float(ahead * packet.time_base)
        if not self._is_length_known and 0 < ahead_s <= LONGEST_PACKET_S:
            self._heard += ahead
        elif ahead_s > SLACK_S:
            believed = GAP_S / packet.time_base + self._heard + 2 * skipped * self._heard / max(1, self._bytes)
            if self._gaps + ahead <= believed:
                self._gaps += ahead
            else:
                self._shift, stamp = self._shift + ahead, stamp - ahead
        packet.pts = stamp
        packet.dts = None if packet.dts is None else packet.dts - self._shift
        self._is_length_known = bool(packet.duration)
        length_s = min(float((packet.duration or 0) * packet.time_base) or self._packet_s, self._longest_s)
        packet.duration = round(length_s / packet.time_base)
        self._end = max(self._end or 0, stamp + packet.duration)
        self._heard += packet.duration
        self._bytes += packet.size

    def _skipped(self, packet: "Packet[AudioStream]") -> int:
        """Return the bytes of the file between the last packet and this one, and note its place."""
        if packet.pos is None or packet.pos < 0 or packet.pos == self._position:
            self._since += packet.size
            return 0
        skipped = max(0, packet.pos - self._position - self._since) if self._position >= 0 else 0
        self._position, self._since = packet.pos, packet.size
        return skipped
