"""Says which recordings have a clock and yet no time."""

from collections.abc import Sequence

from dawn_chorus.cli.output import print_note


def report_without_time(recordings: Sequence[tuple[str, str]]) -> None:
    """Print how many recordings are without a time, and why the first is; given as name and reason of each."""
    if recordings:
        name, reason = recordings[0]
        which = name if len(recordings) == 1 else f"{len(recordings):,} recordings, such as {name}"
        print_note(f"without a time: {which}: {reason}")
