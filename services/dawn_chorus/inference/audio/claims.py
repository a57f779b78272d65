"""How far a claim is believed that no samples stand behind: a header's length, a gap between timestamps.

One rule for both: in proportion to what can be read. A broken transfer and a lost card leave a file that is shorter
than its header says, by a factor of some; a flipped bit, or somebody who wants to keep the workers busy, writes days.
"""

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
    if declared > BELIEVED_TIMES * available + BELIEVED_MORE_S * sample_rate_hz:
        return available
    return declared
